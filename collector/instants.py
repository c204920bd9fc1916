"""Instants as people read them on a terminal."""

from datetime import UTC, datetime


def text_of_instant(at: float) -> str:
    """RFC 3339 in UTC, to the second."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
