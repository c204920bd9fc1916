"""What an agent believes of one check, as the rules keep it."""

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
