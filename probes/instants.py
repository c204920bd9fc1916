"""Instants as systems write them, as seconds since 1970. Pure."""

from datetime import datetime
from typing import Literal

from probes.hours import zone

Written = Literal["rfc3339", "seconds", "milliseconds", "age"]


def instant(found: object, written: Written, timezone: str, now: float) -> float:
    """`found` as it is in a document, or as text. Raises ValueError, which says what was expected.

    >>> instant("2026-03-01T08:00:00+01:00", "rfc3339", "UTC", 0)
    1772348400.0
    >>> instant(90, "age", "UTC", 1000)
    910.0
    """
    if written == "rfc3339":
        return _read(str(found).strip(), timezone)
    value = _number(found, written)
    return {"seconds": value, "milliseconds": value / 1000, "age": now - value}[written]


def _read(text: str, timezone: str) -> float:
    """A time without an offset is in `timezone`."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"found {text[:60]!r}, expected an instant such as 2026-03-01T08:00:00Z") from error
    try:
        return (read if read.tzinfo else read.replace(tzinfo=zone(timezone))).timestamp()
    except OverflowError as error:
        raise ValueError(f"found {text[:60]!r}, which no calendar here holds") from error


def _number(found: object, written: str) -> float:
    try:
        value = float("nan") if isinstance(found, bool) else float(str(found))
    except ValueError:
        value = float("nan")
    if not abs(value) < 1e15:  # false for what is not a number, too
        raise ValueError(f"found {str(found)[:60]!r}, expected a number ({written})")
    return value
