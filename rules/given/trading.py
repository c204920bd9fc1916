"""Rule 9: when a store trades, and each of its services; holidays, stocktakes, refits and peak days included."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

import msgspec

from rules.given import hours
from rules.given.cmdb import Event, Store
from rules.given.hours import Hours, Spans

_NO_EVENT = Event("peak", "2000-01-01", "2000-01-01")
_LONGEST = 731  # days of an event: a year that is mistyped must not fill the memory

Calendars = dict[str, dict[str, str]]


class Trading(NamedTuple):
    """`services` are those with hours of their own; the others have the store's. `peaks` are local dates."""

    store: Hours
    services: dict[str, Hours]
    peaks: frozenset[date]

    def of(self, service: str) -> Hours:
        return self.services.get(service, self.store)

    def all(self) -> tuple[Hours, ...]:
        return (self.store, *self.services.values())

    def day(self, at: float) -> date:
        """The local date."""
        return datetime.fromtimestamp(at, self.store.zone).date()

    def midnight(self, at: float) -> float:
        """When the next local day begins."""
        tomorrow = self.day(at) + timedelta(days=1)
        return datetime.combine(tomorrow, datetime.min.time(), self.store.zone).timestamp()


def of(store: Store, calendars: Calendars) -> Trading:
    """Raises ValueError, with the key that is wrong.

    The store's own exceptions win over its events, these over holidays. A service with hours of its own follows these,
    and the events that name it.
    """
    zone = hours.zone_of(store)
    events = [(event, _days(event, f"events[{at}]"), f"events[{at}].hours") for at, event in enumerate(store.events)]
    usual, holidays = hours.told(zone, store.hours, "hours"), _holidays(store, calendars)

    def with_events(known: Hours, service: str, dated: dict[date, Spans]) -> Hours:
        for event, days, path in events:
            if service in event.services or (not event.services and service not in store.service_hours):
                dated = dated | _instead(event, days, path)
        return known._replace(exceptions=dated | known.exceptions)

    named = dict.fromkeys(service for event in store.events for service in event.services)
    services = {one: with_events(usual, one, holidays) for one in named}
    for one, told in store.service_hours.items():
        services[one] = with_events(hours.told(zone, told, f"service_hours.{one}"), one, {})
    peaks = frozenset(day for event, days, _ in events if event.kind == "peak" for day in days)
    return Trading(with_events(usual, "", holidays), services, peaks)


def mistakes(store: Store, calendars: Calendars) -> Iterator[tuple[str, str]]:
    """(key, text) of everything that is wrong with it: each statement is looked at alone."""
    seen: set[str] = set()
    for statement in _alone(store):
        try:
            of(statement, calendars)
        except ValueError as error:
            key, _, text = str(error).partition(": ")
            if key not in seen:
                yield key, text
            seen.add(key)


def _alone(store: Store) -> Iterator[Store]:
    bare = msgspec.structs.replace(store, hours={}, service_hours={}, calendar="", events=[])
    yield bare
    yield msgspec.structs.replace(bare, calendar=store.calendar)
    for key, value in store.hours.items():
        yield msgspec.structs.replace(bare, hours={key: value})
    for service, told in store.service_hours.items():
        for key, value in told.items():
            yield msgspec.structs.replace(bare, service_hours={service: {key: value}})
    for at in range(len(store.events)):  # the others are left out, their places are kept
        kept = [event if one == at else _NO_EVENT for one, event in enumerate(store.events)]
        yield msgspec.structs.replace(bare, events=kept)


def _holidays(store: Store, calendars: Calendars) -> dict[date, Spans]:
    if not store.calendar:
        return {}
    if store.calendar not in calendars:
        raise ValueError(f"calendar: found {store.calendar!r}, which is none of `calendars`")
    return hours.dated(calendars[store.calendar], f"calendar.{store.calendar}")


def _days(event: Event, path: str) -> list[date]:
    first, last = _date(event.since, f"{path}.from"), _date(event.until, f"{path}.until")
    if last < first:
        raise ValueError(f"{path}.until: {event.until} is before {event.since}")
    if (last - first).days > _LONGEST:
        raise ValueError(f"{path}.until: an event of more than two years; close the store instead")
    return [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]


def _date(text: str, path: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{path}: found {text!r}, expected a date such as 2026-11-27") from error


def _instead(event: Event, days: list[date], path: str) -> dict[date, Spans]:
    written = event.hours or ("" if event.kind == "peak" else "closed")
    return dict.fromkeys(days, hours.spans(written, path)) if written else {}
