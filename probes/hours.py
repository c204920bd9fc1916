"""When something is expected to happen: days of the week and a span of the day, in a time zone. Pure."""

import re
from collections.abc import Collection
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)", re.ASCII)


def zone(name: str) -> ZoneInfo:
    """Raises ValueError for a name that is no time zone here."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"found timezone {name[:60]!r}, expected a name such as Europe/London") from error


def span(text: str) -> tuple[time, timedelta]:
    """`06:00-22:00` as when it opens and for how long; past midnight where the end is not later.

    >>> span("22:00-04:00")
    (datetime.time(22, 0), datetime.timedelta(seconds=21600))
    """
    match = _SPAN.fullmatch(text)
    if match is None or (match[3] == "24" and match[4] != "00"):
        raise ValueError(f"found hours {text[:40]!r}, expected a span such as 06:00-22:00")
    opens, closes = (int(match[at]) * 60 + int(match[at + 1]) for at in (1, 3))
    return time(opens // 60, opens % 60), timedelta(minutes=(closes - opens) % 1440 or 1440)


def opened(at: float, hours: str, days: Collection[str], timezone: str) -> float | None:
    """When the span that `at` is in began; None outside of all. Instants in seconds since 1970.

    >>> opened(90_000, "00:00-24:00", ["fri"], "UTC")
    86400.0
    """
    local = zone(timezone)
    begins, length = span(hours)
    today = datetime.fromtimestamp(at, local).date()
    for day in (today, today - timedelta(days=1)):
        if DAYS[day.weekday()] not in days:
            continue
        start = datetime.combine(day, begins, local)
        # Wall-clock arithmetic, so that a span ends at the hour it says on the days when clocks change too.
        end = (datetime.combine(day, begins) + length).replace(tzinfo=local)
        if start.timestamp() <= at < end.timestamp():
            return start.timestamp()
    return None
