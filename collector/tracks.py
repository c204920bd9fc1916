"""What the ingest remembers of each agent: its lives, what of them is committed, and the digest of its beliefs. Pure.

A track is the memory of rows in the database (collector/database/cursors.py) and is written back with every commit
that changes it; after a failed commit it is read again, never patched.
"""

from collections.abc import Iterable, Sequence

import msgspec

from collector.database.cursors import AgentRow, CursorRow
from contract import digest
from contract.ranges import Ranges, contains, merged, missing
from contract.records import Gap, Record, Transition
from contract.rejection import Rejected
from contract.reports import EpochSpan

MOST_LIVES = 128
MOST_HOLES = 4096


class Life(msgspec.Struct, gc=False):
    """One epoch: its ordinal among the agent's lives and the sequence numbers that we have."""

    generation: int
    previous: str | None
    ranges: Ranges = ()


class Track(msgspec.Struct, kw_only=True):
    """`epoch` is the current life, None before the first hello. Steady instants: `asked` for a hello, `acked`, `heard`
    in the current life, `asked_again` for records. `lacked`: what the last pulse showed that we do not have, although
    the agent holds it for acknowledged. The other fields are those of AgentRow.
    """

    agent: str
    store: str
    part: int
    epoch: str | None = None
    generations: int = 0
    digest: int | None = None
    floor: int = 0
    pulse: float = 15.0
    offset: float = 0.0
    fork_epoch: str | None = None
    fork_at: float | None = None
    version: str | None = None
    config: str | None = None
    lives: dict[str, Life] = {}
    asked: float = float("-inf")
    lacked: Ranges = ()
    asked_again: float = float("-inf")
    acked: float = float("-inf")


def new_records(life: Life, records: Sequence[Record]) -> list[Record]:
    """Those of `records` that are not committed yet, in log order, each once. Raises Rejected for an impossible gap."""
    fresh: dict[int, Record] = {}
    for record in records:
        if isinstance(record, Gap) and record.first > record.last:
            raise Rejected("invalid", f"a gap from {record.first} to {record.last}")
        if not contains(life.ranges, record.seq):
            fresh.setdefault(record.seq, record)
    return [fresh[seq] for seq in sorted(fresh)]


def with_records(life: Life, fresh: Iterable[Record]) -> Ranges:
    """The ranges once `fresh` is committed; what a gap declares lost counts as had."""
    pairs = [(record.seq, record.seq) for record in fresh]
    pairs += [(record.first, record.last) for record in fresh if isinstance(record, Gap)]
    ranges = merged([*life.ranges, *pairs])
    if len(ranges) > MOST_HOLES:
        raise Rejected("invalid", f"more than {MOST_HOLES} holes in one epoch")
    return ranges


def take(track: Track, epoch: str, ranges: Ranges) -> None:
    """Counts `ranges` as had."""
    track.lives[epoch].ranges = ranges


def believe(track: Track, fresh: Sequence[Record]) -> None:
    """Live records beyond the snapshot move the digest, in whatever order they come.

    Backlog does not: it decides no current state, so what only it told must still be asked for.
    """
    if track.digest is None:
        return
    for record in fresh:
        if isinstance(record, Transition) and record.seq > track.floor:
            track.digest = digest.after_transition(track.digest, record)


def lacking(track: Track, epoch: str, last: int, pending: int) -> Ranges:
    """What of 1..`last` we do not have, if it is more than the agent still has to send."""
    holes = missing(track.lives[epoch].ranges, last)
    return holes if sum(end - first + 1 for first, end in holes) > pending else ()


def kept_and_lacking(track: Track, span: EpochSpan) -> Ranges:
    """What of a life the agent still keeps and we do not have."""
    holes = missing(track.lives[span.epoch].ranges, span.last)
    return tuple((max(first, span.first), end) for first, end in holes if end >= span.first)


def differs(track: Track, claimed: str) -> bool:
    return track.digest is None or digest.text(track.digest) != claimed


def believes_the_same(track: Track, last: int, claimed: str) -> bool:
    """False when the agent's digest differs although all its records have arrived: only a new hello can tell why."""
    if track.digest is None:
        return False
    return digest.text(track.digest) == claimed or not _complete(track, last)


def _complete(track: Track, last: int) -> bool:
    if last <= track.floor or track.epoch is None:
        return last == track.floor
    ranges = track.lives[track.epoch].ranges
    return any(first <= track.floor + 1 and last <= end for first, end in ranges)


def newest_seq(life: Life) -> int:
    return life.ranges[-1][1] if life.ranges else 0


def continues(track: Track, epochs: Sequence[EpochSpan]) -> bool:
    """False for a fork: a restored image, a clone or a wiped log, whose lives do not lead on from the one we know."""
    if track.epoch is None:
        return True
    return epochs[0].previous == track.epoch or any(span.epoch == track.epoch for span in epochs)


def number_lives(track: Track, epochs: Sequence[EpochSpan], mentioned: Iterable[str]) -> list[str]:
    """Gives each new epoch its ordinal and makes the last one current; returns lives that may now be forgotten.

    An unknown epoch listed before a known one was pruned here long ago: it gets 0, older than everything.
    """
    unknown_after = max((at for at, span in enumerate(epochs) if span.epoch in track.lives), default=-1)
    for at, span in enumerate(epochs):
        if span.epoch in track.lives:
            continue
        if at > unknown_after:
            track.generations += 1
        generation = track.generations if at > unknown_after else 0
        track.lives[span.epoch] = Life(generation, span.previous)
    track.epoch = epochs[-1].epoch
    if len(track.lives) <= MOST_LIVES:
        return []
    needed = {span.epoch for span in epochs} | set(mentioned)
    gone = [epoch for epoch in track.lives if epoch not in needed]
    for epoch in gone:
        del track.lives[epoch]
    return gone


def restored(row: AgentRow, lives: Iterable[CursorRow], store: str, part: int) -> Track:
    return Track(
        agent=row.agent,
        store=store,
        part=part,
        epoch=row.epoch,
        generations=row.generations,
        digest=None if row.digest is None else int(row.digest, 16),
        floor=row.floor,
        pulse=row.pulse,
        offset=row.clock_offset,
        fork_epoch=row.fork_epoch,
        fork_at=row.fork_at,
        version=row.version,
        config=row.config,
        lives={life.epoch: Life(life.generation, life.previous, life.ranges) for life in lives},
    )


def agent_row(track: Track, silent: bool, heard_at: float) -> AgentRow:
    return AgentRow(
        agent=track.agent,
        epoch=track.epoch,
        generations=track.generations,
        digest=None if track.digest is None else digest.text(track.digest),
        floor=track.floor,
        pulse=track.pulse,
        silent=silent,
        heard_at=heard_at,
        clock_offset=track.offset,
        fork_epoch=track.fork_epoch,
        fork_at=track.fork_at,
        version=track.version,
        config=track.config,
    )


def cursor_row(track: Track, epoch: str) -> CursorRow:
    life = track.lives[epoch]
    return CursorRow(track.agent, epoch, life.generation, life.previous, life.ranges)
