"""Rule 25: windows that come again: what is asked of one, which span it has now, and which it has next."""

from collections.abc import Sequence
from typing import Any

import msgspec

from rules.asked.verb import number
from rules.draft import Draft
from rules.planned import recurrence
from rules.planned.recurrence import Occurrence, Recurrence
from rules.planned.window import Kind, Window


def refusal(draft: Draft, kind: Kind, told: dict[str, Any], names: Sequence[str]) -> str:
    """Why there can be no such window; empty when there can."""
    if kind == "silence":
        return "a silence does not repeat; it is quiet that a person wants now"
    if number(told, "minutes") is not None:
        return "a window that repeats ends at a time of day, or for good at until; it has no minutes"
    try:
        asked = _read(draft, told, names)
    except ValueError as error:
        return str(error)
    known = draft.policy.windows
    if asked.begins - draft.now > known.ahead:
        return f"a window begins at most {known.ahead / 86_400:g} days from now"
    if recurrence.following(asked, draft.now) is None:
        return "such a window never comes"
    return ""


def asked(draft: Draft, told: dict[str, Any], names: Sequence[str]) -> Recurrence | None:
    """How the window of a command that was not refused repeats; None: it does not."""
    return None if told.get("repeats") is None else _read(draft, told, names)


def span(known: Recurrence, now: float) -> Occurrence:
    """That of the occurrence that runs now, or comes next."""
    return recurrence.following(known, now) or Occurrence(now, now)


def after(window: Window, now: float) -> Window | None:
    """The window as it is from now on, its last occurrence being over; None: it does not come again."""
    found = None if window.repeats is None else recurrence.following(window.repeats, now)
    return None if found is None else msgspec.structs.replace(window, since=found.since, until=found.until)


def as_of(window: Window, at: float) -> Window:
    """The window as it was then: one that repeats had the span of another occurrence."""
    return after(window, at - window.grace) or window


def _read(draft: Draft, told: dict[str, Any], names: Sequence[str]) -> Recurrence:
    """Raises ValueError, in words for a person."""
    given, begins, until = told["repeats"], number(told, "from"), number(told, "until")
    if not isinstance(given, dict):
        raise ValueError("repeats: expected from and to, such as 02:00 and 04:00, with days and weeks")
    named = given.get("timezone")
    zone = named if isinstance(named, str) and named else _zone(draft, names)
    return recurrence.read(given, zone, max(draft.now, begins or draft.now), until)


def _zone(draft: Draft, names: Sequence[str]) -> str:
    """That of the stores which are named. Raises ValueError where there are several; shared items have UTC."""
    homes = dict.fromkeys(name.partition("/")[0] for name in names)
    zones = dict.fromkeys(draft.estate.stores[home].timezone for home in homes if home in draft.estate.stores)
    if len(zones) > 1:
        raise ValueError(f"the stores have several time zones; make one window for each: {', '.join(zones)}")
    return next(iter(zones), "UTC")
