"""What a check of the installation found."""

from typing import Literal, NamedTuple

Level = Literal["ok", "warning", "failed"]


class Finding(NamedTuple):
    """`text` says what is so, `advice` the one thing to do; what is ok needs none."""

    level: Level
    text: str
    advice: str = ""


class Named(NamedTuple):
    """A finding and the check that it is of."""

    check: str
    finding: Finding


def ok(text: str) -> Finding:
    return Finding("ok", text)


def warning(text: str, advice: str) -> Finding:
    return Finding("warning", text, advice)


def failed(text: str, advice: str) -> Finding:
    return Finding("failed", text, advice)
