"""What is believed: of a check by its agent, and of a CI by us."""

import msgspec

from contract.status import Status


class CheckState(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What an agent believes of one check; (generation, seq) orders beliefs, the higher wins in whatever order."""

    state: Status
    since: float
    generation: int
    seq: int
    interval: float
    text: str = ""


class ItemState(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A CI that is not ok, or one store's vote on a shared CI (key `acquirer-a@0042`), ok or not."""

    state: Status
    since: float
    learnt_at: float
    text: str = ""
    stale: bool = False
