"""Instants are RFC 3339 or relative at the command line and seconds inside."""

import pytest

from tillwatch.instants import instant, rfc3339


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:10:00Z", 600.0),
        ("1970-01-01T01:10:00+01:00", 600.0),
        ("10m ago", 400.0),
        ("1h ago", -2600.0),
        ("1.5s ago", 998.5),
    ],
)
def test_an_instant_is_read(text: str, seconds: float) -> None:
    assert instant(text, 1000.0) == seconds


@pytest.mark.parametrize("text", ["", "yesterday", "1970-01-01T00:10:00", "10 parsecs ago", "ago"])
def test_what_is_no_instant_is_refused_with_what_was_expected(text: str) -> None:
    """A local time without its offset is refused too: it would be a guess."""
    with pytest.raises(ValueError, match=r"expected an? (instant|duration)"):
        instant(text, 1000.0)


def test_an_instant_is_written_in_utc() -> None:
    assert rfc3339(600.0) == "1970-01-01T00:10:00Z"
