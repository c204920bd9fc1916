"""What an agent writes beside its log about itself, so that a person can ask a host without asking the agent."""

import logging
from collections import deque
from pathlib import Path

import msgspec

from contract.status import Status
from edge_agent.clocks import Clock

MOST_TROUBLES = 20
NOT_ACKNOWLEDGED = (
    "sent, not acknowledged: the collector does not commit, or the broker swallows what this agent says (its ACL); "
    "nothing is deleted"
)
_log = logging.getLogger("tillwatch.agent")


class CheckStatus(msgspec.Struct, frozen=True):
    """What is believed of a check and what was measured last; times in seconds since 1970."""

    check: str
    state: Status | None
    measured: Status | None
    measured_at: float | None
    ms: float | None
    text: str


class Trouble(msgspec.Struct, frozen=True):
    """Something that went wrong; `count` times in a row, last `at`."""

    at: float
    text: str
    count: int = 1


class AgentStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The status file. `pending` records wait for the collector; `unacknowledged` of them are sent.

    `offset`: seconds to add to this clock to read the collector's, give or take `offset_doubt`; None: no ack has told.
    `unanswered`: for how many seconds the collector has owed an acknowledgement. `broker_address`:
    where the broker was last reached, for a time without a name server.
    """

    at: float
    pid: int
    store: str
    agent: str
    version: str
    config: str
    epoch: str
    pulse: float
    connected: bool
    pending: int
    unacknowledged: int
    dropped: int
    log_trouble: str
    last_ack: float | None
    offset: float | None
    checks: list[CheckStatus]
    troubles: list[Trouble]
    unanswered: float = 0.0
    broker_address: str = ""
    offset_doubt: float = 0.0


class Troubles:
    """The last things that went wrong, also told to the log of the process; a repetition is counted, not listed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._list: deque[Trouble] = deque(maxlen=MOST_TROUBLES)

    def note(self, text: str) -> None:
        count = self._list.pop().count + 1 if self._list and self._list[-1].text == text else 1
        if count == 1:
            _log.warning("%s", text[:500])
        self._list.append(Trouble(self._clock.stamp().wall, text[:500], count))

    def all(self) -> list[Trouble]:
        return list(self._list)


def path_for(log: Path) -> Path:
    return log.with_name(f"{log.name}.status.json")


def write(path: Path, status: AgentStatus) -> None:
    """Whole or not at all. Raises OSError."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_bytes(msgspec.json.encode(status))
    fresh.replace(path)


def last_address(path: Path) -> str:
    """Where the last life of the agent reached the broker; empty when nothing readable says so."""
    try:
        return read(path).broker_address
    except (OSError, ValueError):
        return ""


def read(path: Path) -> AgentStatus:
    """Raises OSError, and ValueError for a file that is not one of ours."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=AgentStatus)
    except msgspec.DecodeError as error:
        raise ValueError(f"{path} is not a status file: {error}") from error
