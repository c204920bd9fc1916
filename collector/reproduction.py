"""Runs a journal again and compares what the rules decide with what the database holds, row by row and byte for byte.

A checkpoint says what was known at its position. So the journal is run in segments, each from its checkpoint, side by
side, and each has to end in the very rows that the next one began with: what holds for every segment holds for the
whole. What retention has forgotten is excused: incidents that the run closed, with all that was kept of them.
"""

from itertools import chain
from typing import NamedTuple

from collector import recording
from collector.database import opened
from collector.database.hash_chain import ChainBroken
from collector.recording import Segment, Tell
from collector.segment_run import Difference, Left, SegmentRun, differing
from collector.side_by_side import one_by_one, side_by_side

LEAST = 50_000  # entries of a segment: to begin and to end one costs as much as some thousand of them


class Reproduction(NamedTuple):
    """How many of each were compared. `releases` are those that decided, in order. Rows are those of every segment."""

    entries: int
    segments: int
    rows: int
    incidents: int
    lines: int
    effects: int
    releases: list[str]
    differences: list[Difference]


def reproduced(url: str, jobs: int, tell: Tell, least: int = LEAST) -> Reproduction:
    """The journal of the database at `url`, at most `jobs` segments at a time, each in a process of its own.

    Raises ChainBroken, DatabaseError, CheckpointError when a segment cannot be begun, and BrokenProcessPool when one's
    process is killed.
    """
    database = opened(url)
    try:
        with database.reading() as connection:
            segments = recording.segments(connection, least)
        if min(jobs, len(segments)) > 1:
            return _whole(segments, side_by_side(url, segments, jobs, tell))
        return _whole(segments, one_by_one(database, segments, tell))
    finally:
        database.close()


def _whole(segments: list[Segment], runs: list[SegmentRun]) -> Reproduction:
    for one in runs:
        if one.broken is not None:
            raise ChainBroken(one.broken)
    left: dict[str, Left] = {}
    for one in runs:
        left |= one.left
    begun, recorded = segments[0].begun, runs[-1].recorded
    made = {key: one.body for key, one in left.items() if key in recorded or not one.is_closed}
    kept = {key: body for key, body in recorded.items() if key in made or begun == 0}
    return Reproduction(
        sum(one.entries for one in runs),
        len(runs),
        sum(one.rows for one in runs),
        len(recorded),
        sum(one.lines for one in runs),
        sum(one.effects for one in runs),
        list(dict.fromkeys(chain.from_iterable(one.releases for one in runs))),
        [*chain.from_iterable(one.differences for one in runs), *differing("incidents", kept, made)],
    )
