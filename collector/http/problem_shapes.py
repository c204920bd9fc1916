"""The JSON about problems and changes: one Struct a document."""

from typing import Literal

import msgspec

from collector.http.shapes import Shown, Ticket, TimelineEntry


class ProblemRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Many repeats of one failure. `subject` is what they share: a configuration item, or `model=T2000`.

    `count` is of all occurrences; `incidents` are ids, the newest 50; it is noted on `cis`, at most 50. `change` came
    before the first of them, `fix` is to end it: references, empty when there is none. Until `hold_until` what heals
    in time has no ticket.
    """

    id: str
    number: int
    state: Literal["open", "resolved"]
    category: str
    subject: str
    title: str
    count: int
    incidents: list[str]
    cis: list[str]
    change: str
    fix: str
    first_at: Shown
    last_at: Shown
    opened_at: Shown
    hold_until: Shown
    resolved_at: Shown | None
    note: str
    owner: str
    resolver_group: str
    runbook: str
    ticket: Ticket | None


class ProblemInFull(ProblemRecord, frozen=True, kw_only=True):
    """A problem with its story, oldest line first."""

    timeline: list[TimelineEntry]


class Problems(msgspec.Struct, frozen=True):
    """The open ones first, then the newest."""

    items: list[ProblemRecord]


class Change(msgspec.Struct, frozen=True, kw_only=True, rename={"since": "from"}):
    """A change as it was announced. `shares` are what stores and items have in common, such as `model=T2000`.

    `fixes` is a problem's id, empty when it is not about one.
    """

    reference: str
    title: str
    state: Literal["planned", "running", "over"]
    since: Shown
    until: Shown
    stores: list[str]
    cis: list[str]
    shares: list[str]
    fixes: str
    actor: str
    made_at: Shown


class Changes(msgspec.Struct, frozen=True):
    """Those that are not forgotten, in the order in which they begin."""

    items: list[Change]
