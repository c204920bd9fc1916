"""The JSON that people and programs get: one Struct a document. OpenAPI's components are generated from these."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

Shown = Annotated[datetime, msgspec.Meta(description="RFC 3339, UTC")]
PriorityWord = Literal["P1", "P2", "P3"]
StateWord = Literal["open", "acknowledged", "resolved", "closed"]
StatusWord = Literal["ok", "warning", "critical", "unknown"]
Clock = Literal["respond", "resolve"]


class Reason(msgspec.Struct, frozen=True):
    """Why: the rule (docs/semantics.md) and the evidence, in words."""

    rule: str
    text: str


class TimelineEntry(msgspec.Struct, frozen=True):
    """One line of an incident's story; `actor` is `engine` or whoever did it."""

    at: Shown
    kind: str
    text: str
    actor: str
    rule: str


class Affected(msgspec.Struct, frozen=True):
    """What customers lost at its worst: how many of what gives the service are down, and the CIs that are hit.

    `unit` says what is counted, in the plural (lanes, screens); it is empty when nothing is.
    """

    lanes_down: int
    lanes_total: int
    cis: list[str]
    unit: str = ""


class Sla(msgspec.Struct, frozen=True):
    """The clocks. They run from `opened_at`; a breach stands.

    `paused` says why the resolve clock stands still, since `paused_at` and until `paused_until` at the latest;
    meanwhile `resolve_by` is as it was, and moves by the paused time at the end. `owner` is the desk that owns the
    clock; then `resolve_by` is what it said, and nothing else of it is known here.
    """

    respond_by: Shown | None
    resolve_by: Shown | None
    at_risk: list[Clock]
    breached: list[Clock]
    paused: str | None
    paused_at: Shown | None = None
    paused_until: Shown | None = None
    owner: str = ""


class Suppressed(msgspec.Struct, frozen=True):
    """Held back from tickets and pages, and why; `until` null: as long as the reason holds."""

    reason: str
    until: Shown | None
    rule: str = ""


class Pin(msgspec.Struct, frozen=True):
    """A priority that a person set, and until when it holds against the rules."""

    priority: PriorityWord
    by: str
    reason: str
    until: Shown


class Ticket(msgspec.Struct, frozen=True):
    """The incident at the help desk; mode `shadow` means that it was decided and not sent."""

    system: str
    id: str
    url: str
    state: str
    mode: Literal["live", "shadow"]


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """One cause: where, how bad for customers, since when, why, and what the clocks say. Instants may be null."""

    id: str
    number: int
    priority: PriorityWord
    worst_priority: PriorityWord
    category: str
    state: StateWord
    title: str
    ci: str
    service: str
    stores: list[str]
    region: str
    affected: Affected
    symptoms: list[str]
    parent: str | None
    problem: str | None
    changes: list[str]
    started_at: Shown
    learnt_at: Shown
    opened_at: Shown | None
    acknowledged_at: Shown | None
    acknowledged_by: str | None
    restored_at: Shown | None
    resolved_at: Shown | None
    closed_at: Shown | None
    reopened: int
    flags: list[str]
    reasons: list[Reason]
    sla: Sla
    pin: Pin | None
    resolver_group: str
    assignee: str | None
    runbook: str
    major: Literal["", "proposed", "declared", "declined"]
    vendor: str
    suppressed: Suppressed | None
    ticket: Ticket | None
    impact: Annotated[int, msgspec.Meta(ge=1, le=3)]
    urgency: Annotated[int, msgspec.Meta(ge=1, le=3)]
    flaps: int


class IncidentLine(msgspec.Struct, frozen=True):
    """An incident in one line, to be followed by its id."""

    id: str
    number: int
    title: str
    state: str
    priority: PriorityWord
    ci: str
    parent: str | None


class IncidentInFull(Incident, frozen=True, kw_only=True):
    """An incident with its story, oldest line first, and the unresolved incidents that it explains."""

    timeline: list[TimelineEntry]
    parts: list[IncidentLine]


class IncidentPage(msgspec.Struct, frozen=True):
    """`next` is the cursor of the following page, null on the last. `at` and `position` date the answer."""

    items: list[Incident]
    next: str | None
    at: Shown
    position: int


class Overview(msgspec.Struct, frozen=True):
    """The chain at a glance. `unresolved` is by priority; what is held back is not counted."""

    deployment: str
    at: Shown
    position: int
    unresolved: dict[str, int]
    unacknowledged: int
    at_risk: int
    stores_total: int
    stores_affected: int
    agents_total: int
    agents_silent: int
    agents_drifting: int
    categories: list[str]


class CommandDone(msgspec.Struct, frozen=True):
    """The incident after the engine handled the command; `position` is the command's place in the journal."""

    incident: IncidentInFull
    position: int
    reasons: list[Reason]


class DeskCalled(msgspec.Struct, frozen=True):
    """A help desk's webhook was taken; `repeated`: this very delivery came before."""

    repeated: bool


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """RFC 9457 problem details; `errors` lists what was wrong with each part of the request."""

    title: str
    status: int
    detail: str = ""
    type: str = "about:blank"
    errors: list[str] = []
