"""Rule 25: a window that comes again, every night, every week or every so-manieth weekday of a month.

Its times are wall time of one time zone, so it stays at its hour when the clocks change. What the clock skips in spring
begins right after it; an hour that comes twice in autumn is of the window both times.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from rules.given import wall
from rules.given.wall import DAYS, Day

WEEKS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last"}
_HORIZON = 400  # days in which whatever recurs has come again, also the fifth Sunday of a month


class Recurrence(msgspec.Struct, frozen=True, kw_only=True):
    """`start` and `end` are such as `02:00`; an end that is not after the start is the next day's.

    `days`: none is every day. `weeks`: the first to fifth (1 to 5) or last (-1) such day of a month; none is every
    one. It comes from the instant `begins` on, and until `ends`, None: until somebody ends it.
    """

    start: str
    end: str
    zone: str
    begins: float
    days: tuple[Day, ...] = ()
    weeks: tuple[int, ...] = ()
    ends: float | None = None


class Occurrence(NamedTuple):
    since: float
    until: float


def read(told: Mapping[str, Any], zone: str, begins: float, ends: float | None) -> Recurrence:
    """From a command's `repeats`: `days`, `weeks`, `from`, `to`. Raises ValueError, in words for a person."""
    unknown = [key for key in told if key not in ("days", "weeks", "from", "to", "timezone")]
    if unknown:
        raise ValueError(f"repeats: unknown {str(unknown[0])[:20]!r}; there are days, weeks, from, to, timezone")
    start, end = str(told.get("from", "")), str(told.get("to", ""))
    if wall.minutes(start) % 1440 == wall.minutes(end) % 1440:
        raise ValueError("repeats: from and to are the same time of day; a window that recurs is shorter than a day")
    days = _listed(told, "days")
    strange = [day for day in days if day not in DAYS]
    if strange:
        raise ValueError(f"repeats: found {str(strange[0])[:20]!r}, expected days such as {', '.join(DAYS)}")
    weeks = _listed(told, "weeks")
    odd = [week for week in weeks if not isinstance(week, int) or isinstance(week, bool) or week not in WEEKS]
    if odd:
        raise ValueError(f"repeats: found week {str(odd[0])[:20]!r}, expected 1 to 5, or -1 for the last of a month")
    if weeks and not days:
        raise ValueError("repeats: weeks of a month need days")
    _zone(zone)
    return Recurrence(
        start=start,
        end=end,
        zone=zone,
        begins=begins,
        days=tuple(day for day in DAYS if day in days),
        weeks=tuple(week for week in WEEKS if week in weeks),
        ends=ends,
    )


def following(known: Recurrence, at: float) -> Occurrence | None:
    """The first occurrence that ends after `at`: the one that runs then, or the next; None when it is over."""
    for found in _from(known, at):
        if found.until > at:
            return found
    return None


def words(known: Recurrence) -> str:
    """`every first sun 02:00-04:00 Europe/London`"""
    weeks, days = (", ".join(WEEKS[week] for week in known.weeks), ", ".join(known.days))
    return " ".join(filter(None, ["every", weeks, days or "day", f"{known.start}-{known.end}", known.zone]))


def _from(known: Recurrence, at: float) -> Iterator[Occurrence]:
    """In order, from about `at` on, and for as long as it recurs."""
    zone = _zone(known.zone)
    start, end = wall.minutes(known.start) % 1440, wall.minutes(known.end)
    end += 1440 if end <= start else 0
    first = wall.day_of(zone, max(at, known.begins)) - timedelta(days=2)
    for ahead in range(_HORIZON):
        day = first + timedelta(days=ahead)
        if not _is_one(known, day):
            continue
        since, until = wall.first(zone, day, start), wall.last(zone, day, end)
        if until <= since:
            until = since + 60.0 * (end - start)
        if known.ends is not None and since >= known.ends:
            return
        if until > known.begins:
            yield Occurrence(max(since, known.begins), until if known.ends is None else min(until, known.ends))


def _is_one(known: Recurrence, day: date) -> bool:
    if known.days and DAYS[day.weekday()] not in known.days:
        return False
    if not known.weeks:
        return True
    is_last = (day + timedelta(days=7)).month != day.month
    return (day.day - 1) // 7 + 1 in known.weeks or (is_last and -1 in known.weeks)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"repeats: no time zone {name[:40]!r}") from error


def _listed(told: Mapping[str, Any], key: str) -> list[Any]:
    found = told.get(key) or []
    if not isinstance(found, list | tuple):
        raise ValueError(f"repeats: {key} is a list")
    return list(found)
