"""Trading hours: weekly, dated exceptions, several spans a day, past midnight, 24 h. Rule 9. Wall time of the store."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rules.cmdb import Store

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)\Z")
_HORIZON = 15  # days looked ahead for an opening; a store closed for longer is asked again then

UTC_ZONE = ZoneInfo("UTC")

Spans = tuple[tuple[int, int], ...]  # minutes after local midnight; an end beyond 1440 is the next day's


class Hours(NamedTuple):
    """`week` is None where hours are unknown, and unknown means open: what is unknown must not hide an outage."""

    zone: ZoneInfo
    week: tuple[Spans, ...] | None
    exceptions: dict[date, Spans]


def of(store: Store) -> Hours:
    """Raises ValueError, with the key that is wrong, for hours or a time zone that mean nothing."""
    try:
        zone = ZoneInfo(store.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"timezone: no time zone {store.timezone!r}") from error
    if not store.hours:
        return Hours(zone, None, {})
    week: list[Spans] = [()] * 7
    exceptions: dict[date, Spans] = {}
    for key, value in store.hours.items():
        if key == "exceptions":
            exceptions = _exceptions(value)
        elif isinstance(value, str):
            for day in _days(key):
                week[day] = _spans(value, f"hours.{key}")
        else:
            raise ValueError(f"hours.{key}: expected hours such as 08:00-20:00, 24h or closed")
    return Hours(zone, tuple(week), exceptions)


def is_open(hours: Hours, at: float) -> bool:
    if hours.week is None:
        return True
    today = datetime.fromtimestamp(at, hours.zone).date()
    spans = (*_of_day(hours, today - timedelta(days=1)), *_of_day(hours, today))
    return any(start <= at < end for start, end in spans)


def next_opening(hours: Hours, at: float) -> float | None:
    """The first instant after `at` at which the store, closed until then, opens; None when none is near."""
    if hours.week is None:
        return None
    first = datetime.fromtimestamp(at, hours.zone).date()
    for ahead in range(_HORIZON):
        for start, _ in _of_day(hours, first + timedelta(days=ahead)):
            if start > at and not is_open(hours, start - 1):
                return start
    return None


def _of_day(hours: Hours, day: date) -> list[tuple[float, float]]:
    week = hours.week or (((0, 1440),),) * 7
    spans = hours.exceptions.get(day, week[day.weekday()])
    return [(_instant(hours.zone, day, start), _instant(hours.zone, day, end)) for start, end in spans]


def _instant(zone: ZoneInfo, day: date, minutes: int) -> float:
    day += timedelta(days=minutes // 1440)
    minutes %= 1440
    return datetime.combine(day, time(minutes // 60, minutes % 60), zone).astimezone(UTC).timestamp()


def _exceptions(value: object) -> dict[date, Spans]:
    if not isinstance(value, dict):
        raise ValueError("hours.exceptions: expected dates, each with its hours")
    found = {}
    for day, spans in value.items():
        try:
            found[date.fromisoformat(day)] = _spans(spans, f"hours.exceptions.{day}")
        except (ValueError, TypeError) as error:
            text = str(error) if str(error).startswith("hours.") else f"hours.exceptions: {day!r} is not a date"
            raise ValueError(text) from error
    return found


def _days(key: str) -> list[int]:
    first, _, last = key.partition("-")
    if first not in _DAYS or (last and last not in _DAYS):
        raise ValueError(f"hours.{key}: expected a day such as mon, a span such as mon-sat, or exceptions")
    start, end = _DAYS.index(first), _DAYS.index(last or first)
    return [(start + ahead) % 7 for ahead in range((end - start) % 7 + 1)]


def _spans(text: str, path: str) -> Spans:
    if text == "closed":
        return ()
    if text == "24h":
        return ((0, 1440),)
    return tuple(_span(part.strip(), path) for part in text.split(","))


def _span(text: str, path: str) -> tuple[int, int]:
    match = _SPAN.match(text)
    if match is None:
        raise ValueError(f"{path}: found {text!r}, expected hours such as 08:00-20:00, 24h or closed")
    start, end = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
    if start >= 1440 or end > 1440 or int(match[2]) > 59 or int(match[4]) > 59:
        raise ValueError(f"{path}: found {text!r}, which is not a time of day")
    return start, end if end > start else end + 1440
