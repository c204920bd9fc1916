"""The JSON about stores, their configuration items, and what depends on them: one Struct a document."""

from typing import Literal

import msgspec

from collector.http.shapes import IncidentLine, Reason, Shown

NodeStatus = Literal["ok", "warning", "critical", "unknown", "off"]
StoreStatus = Literal["ok", "degraded", "unreachable", "unknown"]


class StoreSummary(msgspec.Struct, frozen=True):
    """`trading`: whether customers expect it to be open now. `incidents` counts the unresolved ones it is part of."""

    id: str
    name: str
    region: str
    status: StoreStatus
    trading: bool
    last_seen: Shown | None
    incidents: int


class StorePage(msgspec.Struct, frozen=True):
    """`next` is the cursor of the following page, null on the last."""

    items: list[StoreSummary]
    next: str | None


class Check(msgspec.Struct, frozen=True):
    """One check from one vantage point. Not `fresh`: its agent is silent, so `state` is what was last known."""

    agent: str
    check: str
    state: str
    since: Shown
    interval: float
    fresh: bool
    text: str


class ProblemLine(msgspec.Struct, frozen=True):
    """An open problem that is noted on a configuration item."""

    id: str
    number: int
    text: str


class Ci(msgspec.Struct, frozen=True, kw_only=True):
    """A configuration item. Of a shared one `votes` counts what stores say: failing and well."""

    ref: str
    name: str
    klass: str = msgspec.field(name="class")
    store: str | None
    category: str
    state: NodeStatus
    since: Shown | None
    depends_on: list[str]
    needed_by: list[str]
    provides: list[str]
    lifecycle: str
    vendor: str
    votes: dict[str, int]
    checks: list[Check]
    incidents: list[IncidentLine]
    problems: list[ProblemLine]


class Service(msgspec.Struct, frozen=True):
    """What is up of what should be, in `unit`s (lanes, systems …) by weight."""

    service: str
    title: str
    unit: str
    up: float
    total: float
    ratio: float


class Quarantine(msgspec.Struct, frozen=True):
    """`chatty`: it sends more than `limits` allow, and what exceeds is refused. `forked`: a second life of it is held
    back. `refused` counts messages since the collector started.
    """

    why: Literal["chatty", "forked"]
    since: Shown
    refused: int


class StoreAgent(msgspec.Struct, frozen=True):
    """An agent of a store. `version` and `config` (a hash) are of its last hello, null before; `expected` is the hash
    of the CMDB's export, null where there is none. `drift`: it runs by another configuration; null: cannot be told.
    """

    agent: str
    version: str | None
    config: str | None
    expected: str | None
    drift: bool | None
    last_seen: Shown | None
    quarantine: Quarantine | None = None


class Store(msgspec.Struct, frozen=True, kw_only=True):
    """A store with what it can do, what is in it and what is wrong."""

    id: str
    name: str
    region: str
    trading: bool
    status: StoreStatus
    unreachable_since: Shown | None
    last_seen: Shown | None
    agents: list[StoreAgent]
    services: list[Service]
    items: list[Ci]
    incidents: list[IncidentLine]


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """Why there is, or is no, incident: `path` leads through the graph from what explains the subject down to it."""

    subject: str
    at: Shown
    state: str
    sentence: str
    reasons: list[Reason]
    checks: list[Check]
    incidents: list[IncidentLine]
    path: list[str]


class Node(msgspec.Struct, frozen=True):
    """Something in a blast radius; `depth` is how many steps it is away from what failed."""

    ref: str
    name: str
    klass: str = msgspec.field(name="class")
    status: NodeStatus
    depth: int


class BlastRadius(msgspec.Struct, frozen=True):
    """All that needs `ref`, directly or not: `total` with itself, nearest first, at most 300 of them in `nodes`."""

    ref: str
    total: int
    nodes: list[Node]
    edges: list[tuple[str, str]]
    stores: list[str]
    services: list[str]
