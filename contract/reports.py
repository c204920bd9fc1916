"""The messages: hello, live, bulk and bye go up; ack and cmd come down. See docs/wire.md for who sends which when."""

from typing import Annotated, Literal

import msgspec

from contract.records import Count, Epoch, Interval, Record, Seq, Word
from contract.results import MAX_CHECKS, CheckKey, Instant, Results, Text
from contract.status import Status
from contract.topics import VERSION

MAX_RECORDS = 2_000
MAX_RANGES = 32

Range = tuple[Seq, Seq]  # both ends included


class EpochSpan(msgspec.Struct, frozen=True):
    """One life of an agent's log. `previous` is None for the first; `first` and `last` are 0 while it is empty."""

    epoch: Epoch
    previous: Epoch | None
    first: Count
    last: Count


class Belief(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A row of the snapshot: what the agent believes of a check, and which record made it believe so."""

    check: CheckKey
    state: Status
    since: Instant
    epoch: Epoch
    seq: Seq
    interval: Interval
    text: Text = ""


class Hello(msgspec.Struct, frozen=True, kw_only=True):
    """Said on every connect and when asked. `epochs` is oldest first and ends with the current one."""

    v: int = VERSION
    at: Instant
    epochs: Annotated[list[EpochSpan], msgspec.Meta(min_length=1, max_length=64)]
    snapshot: Annotated[list[Belief], msgspec.Meta(max_length=MAX_CHECKS)]
    boot: Word
    version: Word
    config: Word  # hash of the configuration in force, compared with the CMDB's export
    pulse: Annotated[float, msgspec.Meta(gt=0, le=3600)]  # seconds between pulses: the lease is three of them
    dropped: Count = 0
    offset: float | None = None  # seconds to add to this host's wall clock; None: no ack has told yet


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """The pulse, and fresh records without waiting for it. A pulse has results; a live without results only hurries."""

    v: int = VERSION
    at: Instant
    epoch: Epoch
    last: Count
    digest: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{16}\Z")]
    results: Results | None = None
    records: Annotated[list[Record], msgspec.Meta(max_length=MAX_RECORDS)] = []
    pending: Count = 0
    dropped: Count = 0
    offset: float | None = None
    # Seconds without an acknowledgement that should have come: when only the way back is broken, the centre learns it.
    unanswered: Annotated[float, msgspec.Meta(ge=0)] = 0.0


class Bulk(msgspec.Struct, frozen=True, kw_only=True):
    """Backlog, in log order: history, which never decides a current state."""

    v: int = VERSION
    at: Instant
    epoch: Epoch
    records: Annotated[list[Record], msgspec.Meta(min_length=1, max_length=MAX_RECORDS)]
    offset: float | None = None


class Bye(msgspec.Struct, frozen=True, kw_only=True):
    """The agent is going (`stop`, `shutdown` of its host), or the broker noticed that it went (`will`)."""

    v: int = VERSION
    at: Instant
    epoch: Epoch
    why: Literal["stop", "shutdown", "will"]


class Ack(msgspec.Struct, frozen=True, kw_only=True):
    """After the collector's commit: all it has of `epoch`, merged. `echo` is the `at` of the newest message answered.

    `received` and `sent` are instants of the collector's clock; with `echo` and its own clock on arrival the agent
    computes its offset as NTP does (contract.clock).
    """

    v: int = VERSION
    epoch: Epoch
    have: Annotated[list[Range], msgspec.Meta(max_length=MAX_RANGES)]
    echo: Instant
    received: Instant
    sent: Instant


class Cmd(msgspec.Struct, frozen=True, kw_only=True):
    """A closed list of wishes: say hello within a time, send ranges again, pause and resume the backlog."""

    v: int = VERSION
    kind: Literal["hello", "ranges", "pause", "resume"]
    within: Annotated[float, msgspec.Meta(ge=0, le=3600)] = 0.0
    epoch: Epoch | None = None
    ranges: Annotated[list[Range], msgspec.Meta(max_length=MAX_RANGES)] = []


UpReport = Hello | Live | Bulk | Bye
DownReport = Ack | Cmd
