"""Wall time: what the clock on a store's wall shows, as people write it, and the instant at which it shows that."""

import re
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\Z|24:00\Z")


def minutes(text: str) -> int:
    """`07:30` → 450 after midnight; `24:00` is the day's end. Raises ValueError."""
    match = _TIME.match(text)
    if match is None:
        raise ValueError(f"found {text[:20]!r}, expected a time of day such as 02:00")
    return 1440 if match[1] is None else 60 * int(match[1]) + int(match[2])


def first(zone: ZoneInfo, day: date, after_midnight: int) -> float:
    """When the clock shows it first. What it skips in spring is as long after midnight as if it had not."""
    return _local(day, after_midnight).replace(tzinfo=zone).timestamp()


def last(zone: ZoneInfo, day: date, after_midnight: int) -> float:
    """When the clock shows it last: in autumn an hour of the night comes twice."""
    local = _local(day, after_midnight).replace(tzinfo=zone)
    return max(local.timestamp(), local.replace(fold=1).timestamp())


def day_of(zone: ZoneInfo, at: float) -> date:
    return datetime.fromtimestamp(at, zone).date()


def _local(day: date, after_midnight: int) -> datetime:
    return datetime.combine(day + timedelta(days=after_midnight // 1440), time()) + timedelta(
        minutes=after_midnight % 1440
    )
