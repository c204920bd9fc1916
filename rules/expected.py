"""What a scenario expects of an incident, and in what one that is there differs from it."""

from collections.abc import Iterator
from typing import Literal

import msgspec

from contract.units import Duration
from rules.incident import Incident
from rules.state import State


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """An incident that must be there; only what is written is compared. `parent` is the parent's CI."""

    ci: str
    category: str | None = None
    priority: Literal["P1", "P2", "P3"] | None = None
    worst: Literal["P1", "P2", "P3"] | None = None
    state: Literal["open", "acknowledged", "resolved"] | None = None
    parent: str | None = None
    symptoms: list[str] | None = None
    stores: list[str] | None = None
    suppressed: bool | None = None
    title: str | None = None
    started: Duration | None = None
    opened: Duration | None = None
    restored: Duration | None = None
    respond_by: Duration | None = None
    resolve_by: Duration | None = None
    at_risk: list[str] | None = None
    breached: list[str] | None = None
    flag: str | None = None
    flags: list[str] | None = None
    major: Literal["", "proposed", "declared", "declined"] | None = None
    reason: str | None = None
    reasons: list[str] | None = None
    reopened: int | None = None


def unlike(state: State, row: Incident, wanted: Expected, start: float) -> Iterator[str]:
    """In what `row` is not as `wanted`; `start` is the scenario's. Only what is written is compared."""
    parent = state.incidents.get(row.parent or "")
    found = {
        "ci": row.ci,
        "category": row.category,
        "priority": f"P{row.priority}",
        "worst": f"P{row.worst_priority}",
        "state": row.state,
        "parent": parent.ci if parent else "",
        "symptoms": list(row.symptoms),
        "stores": list(row.stores),
        "suppressed": row.suppressed is not None,
        "title": row.title,
        "started": row.started_at - start,
        "opened": None if row.opened_at is None else row.opened_at - start,
        "restored": None if row.restored_at is None else row.restored_at - start,
        "respond_by": None if row.sla.respond_by is None else row.sla.respond_by - start,
        "resolve_by": None if row.sla.resolve_by is None else row.sla.resolve_by - start,
        "at_risk": list(row.sla.at_risk),
        "breached": list(row.sla.breached),
        "reopened": row.reopened,
        "flags": list(row.flags),
        "major": row.major,
        "reasons": [reason.rule for reason in row.reasons],
    }
    for name, value in found.items():
        expected = getattr(wanted, name)
        if expected is not None and expected != value:
            yield f"{name} is {value!r}, expected {expected!r}"
    if wanted.flag is not None and wanted.flag not in row.flags:
        yield f"flags are {list(row.flags)}, expected {wanted.flag!r} among them"
    texts = [f"{reason.rule}: {reason.text}" for reason in row.reasons]
    if wanted.reason is not None and not any(wanted.reason in text for text in texts):
        yield f"reasons are {texts}, expected {wanted.reason!r} in one"
