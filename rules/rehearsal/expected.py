"""What a scenario expects of an incident, and in what one that is there differs from it."""

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from contract.units import Duration
from rules.course.incident import Incident
from rules.repeats.problem import Problem
from rules.state import State


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """An incident that must be there; only what is written is compared. `parent` is the parent's CI.

    `problem` is what the problem's occurrences share, `changes` are references.
    """

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
    impact: Literal[1, 2, 3] | None = None
    urgency: Literal[1, 2, 3] | None = None
    pinned: Literal["P1", "P2", "P3", "no"] | None = None
    group: str | None = None
    paused: str | None = None
    clock_of: str | None = None
    problem: str | None = None
    changes: list[str] | None = None


class ExpectedProblem(msgspec.Struct, frozen=True, kw_only=True):
    """A problem that must be there, by what its occurrences share; only what is written is compared.

    `linked` is how many incidents it lists, `noted` are the CIs that it is noted on.
    """

    subject: str
    category: str | None = None
    state: Literal["open", "resolved"] | None = None
    count: int | None = None
    linked: int | None = None
    noted: list[str] | None = None
    change: str | None = None
    fix: str | None = None
    opened: Duration | None = None


def unlike(state: State, row: Incident, wanted: Expected, start: float) -> Iterator[str]:
    """In what `row` is not as `wanted`; `start` is the scenario's. Only what is written is compared."""
    parent, problem = state.incidents.get(row.parent or ""), state.problems.get(row.problem or "")
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
        "impact": row.impact,
        "urgency": row.urgency,
        "pinned": "no" if row.pin is None else f"P{row.pin.priority}",
        "group": row.resolver_group,
        "paused": row.sla.paused or "",
        "clock_of": row.sla.owner,
        "problem": problem.subject if problem else "",
        "changes": list(row.changes),
        "flags": list(row.flags),
        "major": row.major,
        "reasons": [reason.rule for reason in row.reasons],
    }
    yield from _otherwise(found, wanted)
    if wanted.flag is not None and wanted.flag not in row.flags:
        yield f"flags are {list(row.flags)}, expected {wanted.flag!r} among them"
    texts = [f"{reason.rule}: {reason.text}" for reason in row.reasons]
    if wanted.reason is not None and not any(wanted.reason in text for text in texts):
        yield f"reasons are {texts}, expected {wanted.reason!r} in one"


def unlike_problem(row: Problem, wanted: ExpectedProblem, start: float) -> Iterator[str]:
    """As `unlike`, for a problem."""
    found = {name: getattr(row, name) for name in ("subject", "category", "state", "count", "change", "fix")}
    more = {"linked": len(row.incidents), "noted": list(row.cis), "opened": row.opened_at - start}
    yield from _otherwise({**found, **more}, wanted)


def _otherwise(found: dict[str, Any], wanted: Expected | ExpectedProblem) -> Iterator[str]:
    for name, value in found.items():
        expected = getattr(wanted, name)
        if expected is not None and expected != value:
            yield f"{name} is {value!r}, expected {expected!r}"
