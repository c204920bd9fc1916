"""What an agent's log holds and must not lose: transitions, gaps and summaries, numbered within an epoch."""

from typing import Annotated

import msgspec

from contract.results import CheckKey, Instant, Text
from contract.status import Status

Seq = Annotated[int, msgspec.Meta(ge=1, le=2**53)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Epoch = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{16}\Z")]
Word = Annotated[str, msgspec.Meta(max_length=64)]
Interval = Annotated[float, msgspec.Meta(gt=0, le=86_400)]  # seconds between two measurements of a check


class Stamp(msgspec.Struct, frozen=True, gc=False):
    """When, on both of a host's clocks: the wall may be wrong at boot, the count of seconds since boot never is."""

    wall: Instant
    boot: Word  # the boot's id: `up` of two stamps can be compared only within one boot
    up: Annotated[float, msgspec.Meta(ge=0, le=1e10)]


class Transition(msgspec.Struct, frozen=True, tag="transition", gc=False):
    """A check's confirmed change of state.

    `started_at` is the first measurement that showed it, `decided` when it was confirmed. `was_seq` is the seq of the
    belief that it replaces, of whatever epoch (0: the check is new): with it a receiver keeps the pulse's digest
    without remembering every check. `interval` says how old the evidence may grow; agents before it measured every 15 s
    unless told otherwise.
    """

    seq: Seq
    check: CheckKey
    before: Status
    after: Status
    started_at: Instant
    decided: Stamp
    was_seq: Count = 0
    flapping: bool = False
    text: Text = ""
    interval: Interval = 15.0


class Gap(msgspec.Struct, frozen=True, tag="gap", gc=False):
    """Records `first`..`last` of this epoch that are gone for good, declared so that nobody waits for them."""

    seq: Seq
    first: Seq
    last: Seq
    count: Count
    reason: Word


class Summary(msgspec.Struct, frozen=True, tag="summary", gc=False):
    """What a check did between two instants, in the place of its single measurements. Durations in milliseconds."""

    seq: Seq
    check: CheckKey
    since: Instant
    until: Instant
    status: Status
    count: Count
    min_ms: float
    mean_ms: float
    max_ms: float


Record = Transition | Gap | Summary
