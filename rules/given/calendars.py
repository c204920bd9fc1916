"""Rule 18: business calendars: which days, and which hours of them, count for a target in business days.

They are policy data. A store's calendar is the one that the CMDB names for it, else the one that lists its region,
else `default`. All is wall time of the store, so a change of the clock moves no deadline off its time of day.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from itertools import count, islice
from typing import Annotated, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from rules.given import wall
from rules.given.cmdb import Store
from rules.given.wall import DAYS, Day

DEFAULT = "default"
_DAYS_KEPT = 1_000
Date = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}\Z")]


class Calendar(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """`hours` are the same on each of `days`; a holiday is no business day. `regions` are those that go by it."""

    days: tuple[Day, ...] = DAYS[:5]
    hours: str = "00:00-24:00"
    holidays: Annotated[list[Date], msgspec.Meta(max_length=2_000)] = []
    regions: list[str] = []

    @cached_property
    def span(self) -> tuple[int, int]:
        """Minutes after midnight at which work begins and ends. Raises ValueError."""
        start, _, end = self.hours.partition("-")
        opens, closes = wall.minutes(start), wall.minutes(end)
        if opens >= closes:
            raise ValueError(f"found {self.hours!r}, expected hours of one day such as 09:00-17:00")
        return opens, closes

    def has(self, day: date) -> bool:
        """Whether it is a business day."""
        return day.weekday() in self._weekdays and not (self._off and day.isoformat() in self._off)

    @cached_property
    def _weekdays(self) -> frozenset[int]:
        return frozenset(DAYS.index(day) for day in self.days)

    @cached_property
    def _off(self) -> frozenset[str]:
        return frozenset(self.holidays)


class Work(NamedTuple):
    """A calendar in a time zone."""

    calendar: Calendar
    zone: ZoneInfo


class Span(NamedTuple):
    """One business day, from its first instant of work to its end."""

    start: float
    end: float


def of(calendars: Mapping[str, Calendar], store: Store | None, region: str) -> Calendar:
    named = calendars.get(store.business_calendar) if store is not None else None
    ours = next((one for one in calendars.values() if region in one.regions), None) if region else None
    return named or ours or calendars.get(DEFAULT) or Calendar()


def business_days_later(work: Work, since: float, days: int) -> float:
    """The same wall time so many business days later. Outside working hours they count from when work begins next,
    and end when the last of them does.
    """
    spans = _spans(work, since)
    today = next(spans)
    if since <= today.start:
        return today.end if days == 1 else next(islice(spans, days - 2, None)).end
    due = today if days == 0 else next(islice(spans, days - 1, None))
    local, day = datetime.fromtimestamp(since, work.zone), wall.day_of(work.zone, due.start)
    return datetime.combine(day, local.time(), work.zone).timestamp()


def worked(work: Work, since: float, until: float) -> float:
    """Seconds of working time between two instants."""
    total = 0.0
    for span in _spans(work, since):
        if span.start >= until:
            break
        total += min(span.end, until) - max(span.start, since)
    return total


def shifted(work: Work, at: float, seconds: float) -> float:
    """When so many more seconds have been worked since `at`."""
    left = seconds
    for span in _spans(work, at):
        begun = max(span.start, at)
        if left <= span.end - begun:
            return begun + left if left else at
        left -= span.end - begun
    raise AssertionError("business days never end")


def mistakes(calendars: Mapping[str, Calendar]) -> Iterator[tuple[str, str]]:
    """(path, text) of what the shape cannot say."""
    regions: dict[str, str] = {}
    for name, calendar in calendars.items():
        if not calendar.days:
            yield f"business_calendars.{name}.days", "a calendar needs at least one day of the week"
        try:
            _ = calendar.span
        except ValueError as error:
            yield f"business_calendars.{name}.hours", str(error)
        for at, day in enumerate(calendar.holidays):
            if not _is_date(day):
                yield f"business_calendars.{name}.holidays[{at}]", f"found {day!r}, which is no date"
        for region in calendar.regions:
            other = regions.setdefault(region, name)
            if other != name:
                yield f"business_calendars.{name}.regions", f"{region} goes by the calendar {other} already"


def _spans(work: Work, at: float) -> Iterator[Span]:
    """The business days that end after `at`, in order, for ever."""
    calendar, zone = work
    opens, closes = calendar.span
    today = wall.day_of(zone, at)
    for ahead in count(-1):
        day = today + timedelta(days=ahead)
        if calendar.has(day):
            span = _of_day(zone, day, opens, closes)
            if span.end > at:
                yield span


@lru_cache(_DAYS_KEPT)
def _of_day(zone: ZoneInfo, day: date, opens: int, closes: int) -> Span:
    return Span(wall.first(zone, day, opens), wall.last(zone, day, closes))


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
