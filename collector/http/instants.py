"""Instants at the face: RFC 3339 outside, float seconds since 1970 UTC inside."""

from datetime import UTC, datetime, timedelta
from typing import overload

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@overload
def shown(at: float) -> datetime: ...
@overload
def shown(at: None) -> None: ...
def shown(at: float | None) -> datetime | None:
    """To the millisecond, as msgspec then writes it: `2026-11-21T23:45:57.250000Z`."""
    return None if at is None else _EPOCH + timedelta(milliseconds=round(at * 1000))


def seconds(text: str) -> float:
    """The instant that `text` names. Raises ValueError for anything but an RFC 3339 date and time with its offset."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text[:40]!r} is not an RFC 3339 time such as 2026-11-21T23:45:57Z") from None
    if at.tzinfo is None:
        raise ValueError(f"{text[:40]!r} has no offset: end it with Z, or with +01:00 (written %2B01:00 in an address)")
    return (at - _EPOCH).total_seconds()
