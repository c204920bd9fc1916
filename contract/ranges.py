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


def oldest(have: Ranges, most: int) -> Ranges:
    """At most `most` ranges, newest left out first: what an ack has room for."""
    return have[:most]
