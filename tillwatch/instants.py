"""Instants at the face of the command line: RFC 3339 in and out, or how long ago; float seconds since 1970 inside."""

import re
from datetime import UTC, datetime

from contract.units import duration

_AGO = re.compile(r"(.+?)\s+ago\Z")


def instant(text: str, now: float) -> float:
    """`2026-11-27T09:00:00Z` or `10m ago` as seconds. Raises ValueError with what was expected."""
    ago = _AGO.match(text.strip())
    if ago:
        return now - duration(ago[1])
    try:
        when = datetime.fromisoformat(text.strip())
    except ValueError:
        when = None
    if when is None or when.tzinfo is None:
        raise ValueError(f"found {text!r}, expected an instant such as 2026-11-27T09:00:00Z or 10m ago")
    return when.timestamp()


def rfc3339(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def clock(text: str | None) -> str:
    """An RFC 3339 instant of the API as a person in front of a terminal reads it: local, to the second."""
    if not text:
        return "-"
    try:
        return datetime.fromisoformat(text).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        return text
