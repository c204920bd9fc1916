"""What every log of records can do, and the words for it. edge_agent.disk is one, edge_agent.memory another.

A record is pending until the collector's commit of it is known, then settled. Its position is the ordinal of its epoch
(the lives of one log, counted) and its seq in it.
"""

import secrets
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from contract.ranges import Ranges
from contract.records import Record, Stamp, Summary, Transition
from contract.reports import Belief, EpochSpan
from contract.results import MAX_TEXT
from contract.status import Status
from edge_agent.judge import Change
from edge_agent.summing import Sum

MAX_EPOCHS = 64  # as many as a hello can name


class Position(NamedTuple):
    ordinal: int
    seq: int


START = Position(0, 0)


class Draft(NamedTuple):
    """A decided change that has no number yet. `interval` of its check in seconds."""

    check: str
    change: Change
    decided: Stamp
    interval: float


class Life(NamedTuple):
    """One epoch as a log keeps it. `met`: the collector has acknowledged something of it."""

    ordinal: int
    epoch: str
    previous: str | None
    last: int
    met: bool


class Page(NamedTuple):
    """Pending records of one epoch, in order; the next page begins after `end`."""

    epoch: str
    records: list[Record]
    end: Position


class Standing(NamedTuple):
    """How the log is. `trouble` is empty unless the disk refuses what it should keep."""

    pending: int
    dropped: int
    trouble: str = ""


class Heirloom(NamedTuple):
    """What a new log takes over from one that cannot go on."""

    lives: list[Life]
    beliefs: list[Belief]
    pending: list[tuple[str, Record]]
    dropped: int


class LogInUse(Exception):  # noqa: N818 - reads as what it is
    """Another process has the log open: two agents on one log would be two truths."""


class LogCorrupt(Exception):  # noqa: N818 - reads as what it is
    """The log holds something that it was not given. The next life starts with a new one."""


class Log(Protocol):
    """For one thread at a time. It raises nothing but LogCorrupt; a full disk is `Standing.trouble`."""

    @property
    def epoch(self) -> str: ...

    def spans(self) -> list[EpochSpan]:
        """What a hello says of the log: oldest first, the current epoch last."""
        ...

    def end(self) -> Position:
        """Where the newest record of the current epoch stands."""
        ...

    def beliefs(self) -> list[Belief]: ...

    def told(self) -> dict[str, Stamp]:
        """By check, when an earlier life decided what is believed, as far as its record is still kept."""
        ...

    def commit(self, drafts: Sequence[Draft]) -> list[Transition]:
        """Numbers the drafts and keeps them together with the beliefs that they are, all or none."""
        ...

    def summarise(self, sums: Sequence[Sum], now: Stamp) -> list[Summary]:
        """Numbers and keeps what was measured while nobody heard it. No belief rests on it."""
        ...

    def retire(self, checks: Iterable[str]) -> None:
        """Forgets the beliefs of checks that are no longer configured."""
        ...

    def page(self, after: Position, until: Position, room: int) -> Page | None:
        """The next pending records, about `room` bytes of them but at least one; None when there are none."""
        ...

    def settle(self, epoch: str, have: Ranges, now: Stamp) -> None:
        """The collector has committed these."""
        ...

    def reopen(self, epoch: str, ranges: Ranges) -> bool:
        """The collector wants these again. True when the log still has one of them."""
        ...

    def tidy(self, now: Stamp) -> bool:
        """Lets go of what is beyond the bounds. True when a gap was recorded for something never acknowledged."""
        ...

    def standing(self) -> Standing: ...

    def close(self) -> None: ...


def new_epoch() -> str:
    return secrets.token_hex(8)


def transition(draft: Draft, seq: int, was: Belief | None) -> Transition:
    """`was` is what the log believes so far; the digest of pulses rests on it, so it decides what was before."""
    change = draft.change
    return Transition(
        seq=seq,
        check=draft.check,
        before=was.state if was else Status.UNKNOWN,
        after=change.after,
        started_at=change.started_at,
        decided=draft.decided,
        was_seq=was.seq if was else 0,
        flapping=change.flapping,
        text=change.text[:MAX_TEXT],
        interval=draft.interval,
    )


def summary(measured: Sum, seq: int) -> Summary:
    return Summary(
        seq=seq,
        check=measured.check,
        since=measured.since,
        until=measured.until,
        status=measured.status,
        count=measured.times,
        min_ms=round(measured.min_ms, 3),
        mean_ms=round(measured.total_ms / measured.times, 3),
        max_ms=round(measured.max_ms, 3),
    )


def belief(record: Transition, epoch: str) -> Belief:
    return Belief(record.check, record.after, record.started_at, epoch, record.seq, record.interval, record.text)


def span(life: Life, oldest: int | None) -> EpochSpan:
    """`oldest` seq that is still kept. All let go of: first = last + 1, the next that could be sent."""
    if life.last == 0:
        return EpochSpan(life.epoch, life.previous, 0, 0)
    return EpochSpan(life.epoch, life.previous, life.last + 1 if oldest is None else oldest, life.last)
