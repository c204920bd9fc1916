"""What an uplink knows of one connection, and forgets with it."""

import math
from collections import deque
from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec

from contract.records import Record
from edge_agent.log import START, Position
from edge_agent.pacing import Pacing

FLIGHTS = 4
FIRST_PATIENCE = 10.0  # seconds
# After so many seconds an answer is missing, and not only late: a hello or records are answered at once and sent again
# after ten, of mere pulses about one a minute is.
ANSWERED_WITHIN = 20.0
PULSES_ANSWERED_WITHIN = 180.0


class ReadPage(NamedTuple):
    """Read the next pending records of the log and report them with `Uplink.page_read`."""

    after: Position
    until: Position
    room: int


class Flight(msgspec.Struct):
    """A message on its way. A hello has no records; the ack that answers it is told by `at`, its wall time.

    `sent` is the latest time that it was sent, `first` the first, both `up`.
    """

    kind: Literal["hello", "live", "bulk"]
    epoch: str
    records: Sequence[Record]
    at: float
    sent: float
    patience: float = FIRST_PATIENCE
    due: float = math.inf
    first: float = math.inf


class Line(msgspec.Struct):
    """`greeted`: a hello is out; `welcome`: it was acknowledged. Backlog: pending after `after`, up to `until`.

    `pulsed`: when the first pulse since the last ack was sent.
    """

    online: bool = False
    greeted: bool = False
    welcome: bool = False
    paused: bool = False
    hello_due: float = math.inf
    pulsed: float = math.inf
    flights: list[Flight] = []
    fresh: deque[Record] = msgspec.field(default_factory=deque)
    after: Position = START
    until: Position = START
    reading: ReadPage | None = None
    pacing: Pacing = Pacing()

    def has_slot(self) -> bool:
        return len(self.flights) < FLIGHTS

    def backlog_waits(self) -> bool:
        """There may be backlog to read, and only the pacing keeps it."""
        return (
            self.welcome
            and not self.paused
            and self.reading is None
            and self.after < self.until
            and not any(flight.kind == "bulk" for flight in self.flights)
            and self.has_slot()
        )

    def unanswered(self, up: float) -> float:
        """For how many seconds something is sent and not acknowledged; 0.0 as long as that need mean nothing."""
        asking = up - min((flight.first for flight in self.flights), default=math.inf)
        if asking > ANSWERED_WITHIN:
            return asking
        return up - self.pulsed if up - self.pulsed > PULSES_ANSWERED_WITHIN else 0.0

    def wake(self) -> float:
        """When something is due, in seconds of `Stamp.up`."""
        if not self.online:
            return math.inf
        dues = [self.hello_due, *(flight.due for flight in self.flights)]
        return min([*dues, self.pacing.rest_until] if self.backlog_waits() else dues)
