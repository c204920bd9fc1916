"""The journal's entries: all that the engine ever learns, in the past tense. No other clock than theirs is read."""

from typing import Any, Literal

import msgspec

from contract.ranges import Ranges
from contract.records import Record
from contract.status import Status


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """`at` is the collector's clock, in seconds since 1970 UTC, and never decreases from one entry to the next."""

    at: float


class Records(Entry, frozen=True, kw_only=True, tag=True):
    """An agent's records that were new to us, in log order.

    `generation` numbers the agent's epochs in the order of their lives, so (generation, seq) orders its facts. `live`
    records decide the current state; the others are backlog: history. `offset` is what to add to the agent's clock.
    `holes` are the numbers just before any of these records that have not come: they were lost or are overtaken.
    """

    agent: str
    generation: int
    live: bool
    records: list[Record]
    offset: float = 0.0
    holes: Ranges = ()


class SeenBelief(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A row of an agent's snapshot, its epoch already numbered."""

    check: str
    state: Status
    since: float
    generation: int
    seq: int
    interval: float
    text: str = ""


class Snapshot(Entry, frozen=True, kw_only=True, tag=True):
    """All that an agent believes. A check it no longer lists is retired.

    `generation` is the life that says so: what earlier ones said is over, whatever its number. 0: not noted.
    """

    agent: str
    beliefs: list[SeenBelief]
    offset: float = 0.0
    generation: int = 0


class CheckRetired(Entry, frozen=True, kw_only=True, tag=True):
    agent: str
    check: str


class AgentSilent(Entry, frozen=True, kw_only=True, tag=True):
    """The agent's lease ran out. `since` is when it was last heard; `announced` says that it said bye."""

    agent: str
    since: float
    announced: Literal["", "stop", "shutdown"] = ""


class AgentHeard(Entry, frozen=True, kw_only=True, tag=True):
    """An agent that was silent, or is new, was heard."""

    agent: str


class LeasesSuspended(Entry, frozen=True, kw_only=True, tag=True):
    """Silence proves nothing for a while: the collector was paused or the broker was away. Leases start full again."""

    reason: str


class Command(Entry, frozen=True, kw_only=True, tag=True):
    """What a person asked for through the API, the command line or the desk. `id` makes a repeat harmless."""

    id: str
    actor: str
    name: str
    incident: str = ""
    arguments: dict[str, Any] = {}


class TicketLinked(Entry, frozen=True, kw_only=True, tag=True):
    incident: str
    system: str
    ticket: str
    url: str = ""


class PolicyLoaded(Entry, frozen=True, kw_only=True, tag="Policy"):
    """The whole policy file as plain data, so that a replay needs nothing but the journal."""

    name: str
    document: dict[str, Any]


class CmdbLoaded(Entry, frozen=True, kw_only=True, tag="Cmdb"):
    """The whole CMDB as plain data: the shape of CmdbDocument."""

    document: dict[str, Any]


class EngineStarted(Entry, frozen=True, kw_only=True, tag=True):
    version: str


class Tick(Entry, frozen=True, kw_only=True, tag=True):
    """Time passed and nothing came: deadlines up to `at` are run."""


JournalEntry = (
    Records
    | Snapshot
    | CheckRetired
    | AgentSilent
    | AgentHeard
    | LeasesSuspended
    | Command
    | TicketLinked
    | PolicyLoaded
    | CmdbLoaded
    | EngineStarted
    | Tick
)
