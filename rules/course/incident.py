"""An incident as the rules keep it: one cause, its priority, its clocks and every reason. Instants in seconds, UTC."""

from typing import Literal

import msgspec

Phase = Literal["open", "acknowledged", "resolved", "closed"]
Priority = Literal[1, 2, 3]
Judged = Literal["", "confirmed", "false"]
Level = Literal[1, 2, 3]  # of impact or urgency, 1 the highest


class Reason(msgspec.Struct, frozen=True, gc=False):
    """Why something was decided: the rule of SEMANTICS (docs/semantics.md), and the evidence in words for a person."""

    rule: str
    text: str


class Affected(msgspec.Struct, frozen=True, gc=False):
    """What customers lost: lanes (or whatever gives the service) down of how many, and the CIs that are hit."""

    lanes_down: int = 0
    lanes_total: int = 0
    cis: tuple[str, ...] = ()
    unit: str = ""  # what is counted, in the plural: lanes, screens; empty when nothing is


class Extent(msgspec.Struct, frozen=True, gc=False):
    """How bad it was: the priority it asked for, and the share of the service that its store had lost."""

    priority: Priority
    loss: float


class Sla(msgspec.Struct, frozen=True, gc=False):
    """Deadlines run from `opened_at`. A breach stands, whatever happens to the priority later.

    `paused` says why the resolve clock stands still; `resolve_by` moves when it goes on. `paused_for` is how long it
    has stood still before (of a target in business days: how much of their hours), `healthy` the time taken off both
    clocks because all was well. Seconds. `owner` is the desk that owns the clock: then `resolve_by` is what it said,
    and no deadline is judged here.
    """

    respond_by: float | None = None
    resolve_by: float | None = None
    at_risk: tuple[Literal["respond", "resolve"], ...] = ()
    breached: tuple[Literal["respond", "resolve"], ...] = ()
    paused: str | None = None
    paused_at: float | None = None
    paused_until: float | None = None
    paused_for: float = 0.0
    healthy: float = 0.0
    owner: str = ""


class Suppression(msgspec.Struct, frozen=True, gc=False):
    """Held back from tickets and pages, never from observation. `until` None: as long as the reason holds."""

    reason: str
    until: float | None = None
    rule: str = "11 suppressed"


class Pin(msgspec.Struct, frozen=True, gc=False):
    """A priority that a person set, until when. It was `before`, and comes back to that; `noted` is the worst that the
    rules asked for and people know of.
    """

    priority: Priority
    by: str
    reason: str
    until: float
    before: Priority
    noted: Priority


class Ticket(msgspec.Struct, frozen=True, gc=False):
    system: str
    id: str
    url: str = ""
    state: str = ""
    mode: Literal["live", "shadow"] = "live"


class Incident(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One cause, as the help desk will know it.

    `cause` is the key that at most one unresolved incident has (`pos_outage:0042/pos-01`); `id` is a hash of it and of
    the first evidence's happened_at, so that a rebuilt database finds its tickets again. `ci` is a reference
    (`0042/pos-01`, `acquirer-a`), a store's id, or for a chain incident what its stores share (`carrier=acme`).
    `parent` explains this one: then it is listed there and suppressed. `cohorts` are those in which stores blame a
    shared CI (rule 13). `title`, `service` and `affected` tell the worst since it began, or was last reopened; `worst`
    is how bad that was. `loss` and `reasons` are as things are now. `merged` is the older incident that a person said
    it is one with, `apart` are the keys of what a person took out of it (rules/cause/merging.py). `counted` is its row
    of the ledger (rule 30), `judged` whether a person said that it is real, `called_at` when one first reported it.
    """

    id: str
    number: int
    cause: str
    category: str
    service: str
    ci: str
    title: str
    state: Phase
    priority: Priority
    worst_priority: Priority
    started_at: float
    learnt_at: float
    stores: tuple[str, ...] = ()
    home: str = ""  # the store it belongs to; empty for a shared CI or a chain incident
    region: str = ""
    cohorts: tuple[str, ...] = ()
    loss: float = 0.0  # share of the service that its store has lost, 0 to 1
    worst: Extent | None = None
    affected: Affected = Affected()
    symptoms: tuple[str, ...] = ()
    parent: str | None = None
    problem: str | None = None
    changes: tuple[str, ...] = ()
    opened_at: float | None = None
    acknowledged_at: float | None = None
    acknowledged_by: str | None = None
    restored_at: float | None = None
    resolved_at: float | None = None
    closed_at: float | None = None
    reopened: int = 0
    flags: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    sla: Sla = Sla()
    pin: Pin | None = None
    resolver_group: str = ""
    assignee: str | None = None
    runbook: str = ""
    major: Literal["", "proposed", "declared", "declined"] = ""
    vendor: str = ""
    escalation: int = 0
    suppressed: Suppression | None = None
    ticket: Ticket | None = None
    merged: str | None = None
    apart: tuple[str, ...] = ()
    counted: str = ""
    judged: Judged = ""
    called_at: float | None = None
    impact: Level = 3
    urgency: Level = 2
    wanted: Priority | None = None  # what the rules ask for now; None: they have not been asked
    flaps: tuple[float, ...] = ()  # when it failed again after it had been well, of late
    well_at: float | None = None  # since when it was well as it failed again the last time; None: never, or reopened
    paged_at: float | None = None
    paged_priority: Priority | None = None


class Tally(msgspec.Struct, frozen=True, gc=False):
    """A rule's incidents of a day: opened, judged by people, called in by people, and how many seconds after us."""

    opened: int = 0
    confirmed: int = 0
    false: int = 0
    called: int = 0
    ahead: float = 0.0


class TimelineEntry(msgspec.Struct, frozen=True, gc=False):
    """A line of an incident's story: what happened, when, by which rule or whom."""

    incident: str
    at: float
    kind: str
    text: str
    actor: str = "engine"
    rule: str = ""
