"""The playbook: what the business uses, and for each kind of incident how bad it may be and who does what."""

from typing import Literal

import msgspec

from contract.units import Duration
from rules.course.incident import Priority
from rules.given.cmdb import Item, Store

Band = Literal["P1", "P2", "P3"]
Names = str | list[str]
Matrix = tuple[tuple[Band, Band, Band], tuple[Band, Band, Band], tuple[Band, Band, Band]]  # impact × urgency

STORE_UNREACHABLE = "store_unreachable"
AGENT_SILENT = "agent_silent"
SILENCES = (STORE_UNREACHABLE, AGENT_SILENT)  # of these the collector's own record is the only one
UNKNOWN_CI = "unknown_ci"
OTHER = "other"


class Service(msgspec.Struct, frozen=True):
    """What the business uses. `unit` names what gives it, in the plural: lanes, screens."""

    title: str
    unit: str = "systems"


class EscalationStep(msgspec.Struct, frozen=True):
    """Who is told when nobody has acknowledged `after` the incident became actionable."""

    after: Duration
    to: str


class Category(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the incident table: the playbook of one kind of incident.

    `ceiling` bounds the priority that a loss can give, `floor` is what a critical CI has at least, `at_fault` what a
    shared CI has when it is found at fault. A `warning` opens an incident only where a priority is given for it, and
    that cannot be P1. `closed: wait` keeps pages and tickets until shortly before the store opens.
    `unknown_capacity` is for a critical CI when nothing in the CMDB says what gives its service (rule 7), and `stable`
    is how long it must be well in the place of `ending.stable` (rule 10). `hold` says whose tickets
    wait whether a P3 heals by itself: those of an open problem, or already the repeats of what always did.
    """

    title: str
    service: str = ""
    ceiling: Band = "P1"
    floor: Band = "P3"
    at_fault: Band = "P2"
    warning: Literal["P2", "P3"] | None = None
    closed: Literal["wait", "act"] = "wait"
    chain: bool = False
    playbook: list[
        Literal[
            "major incident",
            "vendor escalation",
            "problem record",
            "link configuration item",
            "change request review",
            "standard ticket",
        ]
    ] = []
    escalate: list[EscalationStep] = []
    resolver_group: str = "service-desk"
    runbook: str = ""
    unknown_capacity: Literal["P2", "P3"] = "P2"
    stable: Duration | None = None
    hold: Literal["problem", "repeats"] = "problem"


class Operator(msgspec.Struct, frozen=True, kw_only=True):
    """Who runs a store (franchise, concession): whose queue its incidents go to, and whether they are the chain's.

    `visibility: listed` keeps them on the list and out of chain incidents, so out of major ones too.
    """

    resolver_group: str = ""
    visibility: Literal["chain", "listed"] = "chain"


class Matcher(msgspec.Struct, frozen=True, kw_only=True, rename={"klass": "class"}):
    """Every key that is written must equal the CI's value, or be a list that holds it. The first match decides."""

    category: str
    klass: Names = []
    id: Names = []
    vendor: Names = []
    store: Names = []
    region: Names = []
    operator: Names = []

    def matches(self, item: Item, store: Store | None) -> bool:
        found = (
            (self.klass, item.klass),
            (self.id, item.id),
            (self.vendor, item.vendor),
            (self.store, item.store or ""),
            (self.region, store.region if store else ""),
            (self.operator, store.operator if store else ""),
        )
        return all(
            value in wanted if isinstance(wanted, list) else value == wanted for wanted, value in found if wanted
        )


_NUMBERS: dict[Band, Priority] = {"P1": 1, "P2": 2, "P3": 3}


def number(band: Band) -> Priority:
    return _NUMBERS[band]
