"""Rule 25: windows that cover the same thing at the same time: the work of one will meet that of the other."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

from rules.planned.recurrence import Occurrence, following
from rules.planned.window import Window

_AHEAD = 62 * 86_400.0  # seconds from the later beginning in which windows that repeat are compared


class Overlap(NamedTuple):
    """Two windows that meet from `since` to `until`, for the first time, on `names`."""

    first: Window
    second: Window
    since: float
    until: float
    names: tuple[str, ...]


def overlapping(windows: Sequence[Window]) -> list[Overlap]:
    """Every pair that meets; those with nothing in common are not compared."""
    homes: dict[str, dict[str, Window]] = {}
    for window in windows:
        for name in window.names:
            homes.setdefault(name.partition("/")[0], {})[window.id] = window
    pairs = {(a.id, b.id): (a, b) for group in homes.values() for a, b in combinations(group.values(), 2)}
    found = (meeting(a, b) for a, b in pairs.values())
    return [one for one in found if one is not None]


def meeting(first: Window, second: Window) -> Overlap | None:
    """Where two windows meet first; None when they never do, or hold back different categories."""
    names = _common(first, second)
    apart = first.expected and second.expected and not set(first.expected) & set(second.expected)
    if not names or apart:
        return None
    start = max(first.since, second.since)
    mine, yours = _spans(first, start), _spans(second, start)
    a, b = next(mine, None), next(yours, None)
    while a is not None and b is not None:
        since, until = max(a.since, b.since), min(a.until, b.until)
        if since < until:
            return Overlap(first, second, since, until, names)
        a, b = (next(mine, None), b) if a.until <= b.until else (a, next(yours, None))
    return None


def _common(first: Window, second: Window) -> tuple[str, ...]:
    """What both name, by itself or with the store that it is in."""
    named = {*first.names} & {*second.names}
    for one, other in ((first, second), (second, first)):
        named |= {ref for ref in one.cis if ref.partition("/")[0] in other.stores}
    return tuple(sorted(named))


def _spans(window: Window, start: float) -> Iterator[Occurrence]:
    """Its occurrences that end after `start`, in order, in the time that is compared."""
    if window.repeats is None:
        yield Occurrence(window.since, window.until)
        return
    at = start
    while at < start + _AHEAD and (found := following(window.repeats, at)) is not None:
        yield found
        at = found.until
