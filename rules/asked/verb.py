"""What every command has in common: why it cannot be done, and doing it. And what people may write in one."""

from collections.abc import Callable
from typing import Any, NamedTuple

from rules.draft import Draft
from rules.entries import Command
from rules.said import lines, one_line

REFUSED = "command refused"
DONE = "command"
_LARGEST = 1e12  # what is beyond is no instant and no span that anybody means


class Verb(NamedTuple):
    """`refusal` says why it cannot be done, empty when it can; `obey` does it, and is asked only then."""

    refusal: Callable[[Draft, Command], str]
    obey: Callable[[Draft, Command], None]


def text(arguments: dict[str, Any], name: str) -> str:
    """A person's words, made harmless; several lines only of `text`. Empty when there are none."""
    value = arguments.get(name)
    if not isinstance(value, str):
        return ""
    return lines(value) if name == "text" else one_line(value)


def number(arguments: dict[str, Any], name: str) -> float | None:
    """An instant or a span; None when there is none that can be meant."""
    value = arguments.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) <= _LARGEST:
        return None
    return float(value)
