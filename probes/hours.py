"""When something is expected to happen: days of the week and a span of the day, in a time zone. Pure."""

import re
from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)", re.ASCII)


def zone(name: str) -> tzinfo:
    """Raises ValueError for a name that is no time zone here. UTC needs no database, which slim hosts lack."""
    if name == "UTC":
        return UTC
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

    Spans that follow each other without a pause are one, of at most a week.

    >>> opened(90_000, "00:00-24:00", ["thu", "fri"], "UTC"), opened(90_000, "06:00-08:00", DAYS, "UTC")
    (0.0, None)
    """
    local = zone(timezone)
    today = datetime.fromtimestamp(at, local).date()
    began, reached = None, at
    for back in range(8):
        day = today - timedelta(days=back)
        if DAYS[day.weekday()] not in days:
            continue
        start, end = _ends(day, hours, local)
        if start <= reached and (reached < end or (began is not None and reached == end)):
            began = reached = start
    return began


def _ends(day: date, hours: str, local: tzinfo) -> tuple[float, float]:
    """Of the span that begins on `day`, by the clock on the wall: also on the days when clocks change."""
    begins, length = span(hours)
    start = datetime.combine(day, begins)
    return start.replace(tzinfo=local).timestamp(), (start + length).replace(tzinfo=local).timestamp()
