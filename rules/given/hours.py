"""Trading hours: weekly, dated, several spans a day, past midnight, 24 h. Rule 9. Wall time of the store."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rules.given.cmdb import Store, Told

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)\Z")
_HORIZON = 15  # days looked ahead for an opening or a closing

_WHOLE_DAY = ((0, 1440),)
_ALWAYS = (_WHOLE_DAY,) * 7

UTC_ZONE = ZoneInfo("UTC")

Spans = tuple[tuple[int, int], ...]  # minutes after local midnight; an end beyond 1440 is the next day's


class Hours(NamedTuple):
    """`week` is None where hours are unknown, and unknown means open: what is unknown must not hide an outage."""

    zone: ZoneInfo
    week: tuple[Spans, ...] | None
    exceptions: dict[date, Spans]


def of(store: Store) -> Hours:
    """The store's own. Raises ValueError, with the key that is wrong, for what means nothing."""
    return told(zone_of(store), store.hours, "hours")


def zone_of(store: Store) -> ZoneInfo:
    """Raises ValueError."""
    try:
        return ZoneInfo(store.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"timezone: no time zone {store.timezone!r}") from error


def told(zone: ZoneInfo, told: Told, path: str) -> Hours:
    """As the CMDB tells them at `path`. Raises ValueError, with the key that is wrong."""
    if not told:
        return Hours(zone, None, {})
    week: list[Spans] = [()] * 7
    exceptions: dict[date, Spans] = {}
    for key, value in told.items():
        if key == "exceptions":
            exceptions = dated(value, f"{path}.exceptions")
        elif isinstance(value, str):
            for day in _days(key, path):
                week[day] = spans(value, f"{path}.{key}")
        else:
            raise ValueError(f"{path}.{key}: expected hours such as 08:00-20:00, 24h or closed")
    return Hours(zone, tuple(week), exceptions)


def is_open(hours: Hours, at: float) -> bool:
    if _is_always_open(hours):
        return True
    today = datetime.fromtimestamp(at, hours.zone).date()
    spans = (*_of_day(hours, today - timedelta(days=1)), *_of_day(hours, today))
    return any(start <= at < end for start, end in spans)


def next_opening(hours: Hours, at: float) -> float | None:
    """The first instant after `at` at which the store, closed until then, opens; None when none is near."""
    if _is_always_open(hours):
        return None
    first = datetime.fromtimestamp(at, hours.zone).date()
    for ahead in range(_HORIZON):
        for start, _ in _of_day(hours, first + timedelta(days=ahead)):
            if start > at and not is_open(hours, start - 1):
                return start
    return None


def next_closing(hours: Hours, at: float) -> float | None:
    """The first instant after `at` at which the store, open until then, closes; None when none is near."""
    if _is_always_open(hours):
        return None
    first = datetime.fromtimestamp(at, hours.zone).date()
    for ahead in range(-1, _HORIZON):
        for _, end in _of_day(hours, first + timedelta(days=ahead)):
            if end > at and not is_open(hours, end):
                return end
    return None


def _is_always_open(hours: Hours) -> bool:
    return not hours.exceptions and (hours.week is None or hours.week == _ALWAYS)


def _of_day(hours: Hours, day: date) -> list[tuple[float, float]]:
    week = hours.week or _ALWAYS
    spans = hours.exceptions.get(day, week[day.weekday()])
    return [(_instant(hours.zone, day, start), _instant(hours.zone, day, end)) for start, end in spans]


def _instant(zone: ZoneInfo, day: date, minutes: int) -> float:
    day += timedelta(days=minutes // 1440)
    minutes %= 1440
    return datetime.combine(day, time(minutes // 60, minutes % 60), zone).astimezone(UTC).timestamp()


def dated(value: object, path: str) -> dict[date, Spans]:
    """Dates to what is open then. Raises ValueError."""
    if not isinstance(value, dict):
        raise ValueError(f"{path}: expected dates, each with its hours")
    found = {}
    for day, written in value.items():
        try:
            found[date.fromisoformat(day)] = spans(written, f"{path}.{day}")
        except (ValueError, TypeError) as error:
            text = str(error) if str(error).startswith(path) else f"{path}: {day!r} is not a date"
            raise ValueError(text) from error
    return found


def _days(key: str, path: str) -> list[int]:
    first, _, last = key.partition("-")
    if first not in _DAYS or (last and last not in _DAYS):
        raise ValueError(f"{path}.{key}: expected a day such as mon, a span such as mon-sat, or exceptions")
    start, end = _DAYS.index(first), _DAYS.index(last or first)
    return [(start + ahead) % 7 for ahead in range((end - start) % 7 + 1)]


def spans(text: str, path: str) -> Spans:
    if text == "closed":
        return ()
    if text == "24h":
        return _WHOLE_DAY
    return tuple(_span(part.strip(), path) for part in text.split(","))


def _span(text: str, path: str) -> tuple[int, int]:
    match = _SPAN.match(text)
    if match is None:
        raise ValueError(f"{path}: found {text!r}, expected hours such as 08:00-20:00, 24h or closed")
    start, end = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
    if start >= 1440 or end > 1440 or int(match[2]) > 59 or int(match[4]) > 59:
        raise ValueError(f"{path}: found {text!r}, which is not a time of day")
    return start, end if end > start else end + 1440
