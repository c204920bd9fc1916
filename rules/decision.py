"""What a step returns: rows that changed, things to do outside, and why. Nothing here does anything."""

from typing import Any, Literal

import msgspec

from rules.course.incident import Reason

Table = Literal[
    "meta",
    "agents",
    "checks",
    "items",
    "stores",
    "incidents",
    "timeline",
    "deadlines",
    "windows",
    "pasts",
    "told",
    "bindings",
    "ledger",
    "problems",
    "repetitions",
    "changes",
    "disputes",
]
EffectKind = Literal[
    "open_ticket",
    "update_ticket",
    "resolve_ticket",
    "page",
    "escalate",
    "propose_major",
    "declare_major",
    "open_problem",
    "note_ci",
    "review_change",
]


class Change(msgspec.Struct, frozen=True, gc=False):
    """One row of the engine's state as it now is; `row` None means that it is gone."""

    table: Table
    key: str
    row: Any


class Effect(msgspec.Struct, frozen=True, gc=False):
    """Something to be done outside. `key` is its idempotency key; `to` names who or what, where it matters.

    `incident` is the id of an incident, or of a problem.
    """

    kind: EffectKind
    incident: str
    key: str
    to: str = ""
    text: str = ""


class Decision(msgspec.Struct, frozen=True, gc=False):
    changes: tuple[Change, ...] = ()
    effects: tuple[Effect, ...] = ()
    reasons: tuple[Reason, ...] = ()
