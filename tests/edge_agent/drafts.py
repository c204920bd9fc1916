"""Decided changes and stamps for tests of logs and uplinks."""

from contract.records import Stamp
from contract.status import Status
from edge_agent.judge import Change
from edge_agent.log import Draft

BOOT = "b1"


def stamp(at: float = 1000.0, boot: str = BOOT) -> Stamp:
    """A host that came up at the beginning of time."""
    return Stamp(wall=at, boot=boot, up=at)


def draft(
    check: str = "pos-01/tcp", after: Status = Status.CRITICAL, at: float = 1000.0, text: str = "refused"
) -> Draft:
    change = Change(Status.OK, after, at - 1, flapping=False, text=text)
    return Draft(check, change, stamp(at), interval=15.0)


def drafts(count: int, at: float = 1000.0) -> list[Draft]:
    """Of as many different checks."""
    return [draft(f"pos-{number:05d}/tcp", at=at) for number in range(count)]
