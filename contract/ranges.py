"""Sets of sequence numbers as merged, ascending, inclusive ranges: what a collector has of an agent's epoch."""

from bisect import bisect_right
from collections.abc import Iterable

Ranges = tuple[tuple[int, int], ...]


def merged(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """The same numbers in the fewest ranges, ascending."""
    out: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if out and first <= out[-1][1] + 1:
            out[-1] = (out[-1][0], max(out[-1][1], last))
        else:
            out.append((first, last))
    return tuple(out)


def added(have: Ranges, seqs: Iterable[int]) -> Ranges:
    return merged([*have, *((seq, seq) for seq in seqs)])


def contains(have: Ranges, seq: int) -> bool:
    at = bisect_right(have, (seq, 2**63)) - 1
    return at >= 0 and have[at][0] <= seq <= have[at][1]


def missing(have: Ranges, last: int) -> Ranges:
    """What of 1..`last` is not in `have`."""
    out, expected = [], 1
    for first, end in have:
        if first > last:
            break
        if first > expected:
            out.append((expected, first - 1))
        expected = end + 1
    if expected <= last:
        out.append((expected, last))
    return tuple(out)


def without(ranges: Ranges, other: Ranges) -> Ranges:
    """The numbers of `ranges` that are not in `other`."""
    out = ranges
    for first, last in other:
        parts = [((start, min(end, first - 1)), (max(start, last + 1), end)) for start, end in out]
        out = tuple(part for pair in parts for part in pair if part[0] <= part[1])
    return out


def holes_before(have: Ranges, seqs: Iterable[int]) -> Ranges:
    """Of the holes in `have` those that end just before any of `seqs`, all of which are in `have`."""
    new, out, expected = set(seqs), [], 1
    for first, last in have:
        if first > expected and first in new:
            out.append((expected, first - 1))
        expected = last + 1
    return tuple(out)


def oldest(have: Ranges, most: int) -> Ranges:
    """At most `most` ranges, newest left out first: what an ack has room for."""
    return have[:most]
