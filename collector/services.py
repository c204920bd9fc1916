"""What the HTTP face, the console and the metrics get of a running collector. They see nothing else of it.

All methods are called on the collector's event loop; those that read the database are coroutines and do so elsewhere.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, Protocol

import msgspec

from collector.database.own_tickets import OwnTicket
from collector.database.shadow import Asked, Row, Sum
from collector.desk.inbound import Delivery, Verdict
from collector.fleet import Fleet
from collector.shadow_comparison import Day
from rules.course.incident import Incident, Phase, Priority, Reason, TimelineEntry
from rules.state import State


class IncidentFilter(msgspec.Struct, frozen=True):
    """None of a field: any. `since` (seconds UTC) keeps what started then or later; `regions` is a person's scope."""

    state: tuple[Phase, ...] | None = None
    priority: tuple[Priority, ...] | None = None
    store: str | None = None
    category: str | None = None
    since: float | None = None
    regions: tuple[str, ...] | None = None
    suppressed: bool | None = None


class PageKey(NamedTuple):
    """Where a page ended: the sort key of its last incident. Newest started first, so new ones do not shift pages."""

    started_at: float
    id: str


class DeadLetter(msgspec.Struct, frozen=True):
    """A message that was not accepted. `payload` may have been cut; then `whole` is False and it cannot be retried."""

    id: int
    at: float
    reason: str
    detail: str
    topic: str
    size: int
    whole: bool
    retry: bool
    payload: bytes = b""


class Request(msgspec.Struct, frozen=True):
    """What a person asked for. `id` is the idempotency key: the same id twice is done once."""

    id: str
    actor: str
    name: str
    incident: str = ""
    arguments: dict[str, Any] = {}


class Outcome(msgspec.Struct, frozen=True):
    """What became of a request: its position in the journal, what it touched, and why, also when it was refused."""

    position: int
    accepted: bool
    incidents: tuple[str, ...]
    reasons: tuple[Reason, ...]


class ChangeEvent(NamedTuple):
    """A committed change. `position` is the journal's and grows; several events may share one."""

    position: int
    at: float
    kind: Literal["incident", "item", "store", "agent"]
    key: str
    incident: Incident | None = None


class Readiness(msgspec.Struct, frozen=True):
    """Facts, not a verdict. Times are seconds; `engine_lag` is entries in the journal that the engine has not done.

    `refused` is what is wrong with the files of policy and CMDB, when those before stay in force; `documents_read_at`
    (seconds UTC) when these were read.
    """

    database: bool
    broker: bool
    leader: bool
    engine_lag: int
    ingest_alive: bool
    last_message_age: float | None
    error: str = ""
    refused: str = ""
    documents_read_at: float = 0.0

    @property
    def ready(self) -> bool:
        return self.database and self.broker and self.leader and self.ingest_alive and not self.error


class Counters(msgspec.Struct):
    """Totals since this process started; `dead_letters` per reason. `ingest_lag`: seconds from arrival to commit.

    `ticket_differences` has (desk, field of a ticket) → how often it was found not as it should be.
    """

    messages: int = 0
    results: int = 0
    records: int = 0
    duplicates: int = 0
    commits: int = 0
    hellos_asked: int = 0
    quarantined: int = 0
    ingest_lag: float = 0.0
    dead_letters: dict[str, int] = msgspec.field(default_factory=dict)
    ticket_differences: dict[tuple[str, str], int] = msgspec.field(default_factory=dict)


class DeskQueue(msgspec.Struct, frozen=True):
    """What a help desk has not been told: incidents `pending` and `dead`, the oldest of it decided at `since`."""

    desk: str
    pending: int = 0
    dead: int = 0
    since: float | None = None
    trouble: str = ""


class Overloaded(Exception):  # noqa: N818 - past tense, as all events here
    """The request was not taken: try again later."""


class Subscription(Protocol):
    """A bounded queue of committed changes. None ends it: the reader was too slow, or the collector stops."""

    queue: "asyncio.Queue[ChangeEvent | None]"

    def close(self) -> None: ...


class Services(Protocol):
    """A running collector, as its faces see it."""

    started_at: float
    deployment: str
    counters: Counters
    fleet: Fleet

    def clock(self) -> float:
        """Now, in seconds UTC."""

    def state(self) -> State:
        """The engine's state; not to be changed, and to be read within one turn of the event loop."""

    def position(self) -> int:
        """The journal position that is committed and visible in queries."""

    def readiness(self) -> Readiness: ...

    def registry(self) -> Mapping[str, str]:
        """Agent id → store id, from the CMDB."""

    def certificates(self) -> Mapping[str, float]:
        """The installation's own certificates by name → when they end, in seconds UTC."""

    def expected(self) -> Mapping[str, str]:
        """Agent id → the hash of the configuration that it should run by; empty where nobody said."""

    def subscribe(self, size: int = 1_000) -> Subscription: ...

    async def incidents(self, wanted: IncidentFilter, limit: int, after: PageKey | None = None) -> list[Incident]:
        """At most `limit` incidents, newest `started_at` first, beginning after `after`."""

    async def incident(self, id_: str) -> Incident | None: ...

    async def timeline(self, incident: str) -> list[TimelineEntry]:
        """The incident's story, oldest first."""

    async def state_at(self, at: float) -> State:
        """The engine's state as it was. Raises LookupError when the journal does not reach back so far."""

    async def submit(self, request: Request) -> Outcome:
        """Appends the request and waits until the engine has done it. Raises Overloaded, TimeoutError."""

    def desk_called(self, desk: str, delivery: Delivery, ticket: str) -> Verdict | None:
        """A help desk called: `ticket` changed, or any did when it is empty. None: no such desk takes calls."""

    async def unsent(self, asked: Asked, limit: int, after: int) -> tuple[list[Row], list[Sum]]:
        """What desks in shadow mode would have been sent: rows, oldest first, ids above `after`; and sums of all."""

    async def compared(self, desk: str, day: Day) -> tuple[list[Incident], list[OwnTicket]]:
        """The incidents that lasted in that time, and the desk's own tickets that were opened in it."""

    async def desk_queues(self) -> list[DeskQueue]:
        """One for each help desk of the configuration."""

    async def dead_letters(self, limit: int, before: int | None = None) -> list[DeadLetter]:
        """Newest first, without payloads, ids below `before`."""

    async def dead_letter(self, id_: int) -> DeadLetter | None: ...

    async def retry_dead_letter(self, id_: int) -> bool:
        """Has it ingested again. False when there is none or it was cut."""
