"""Rules 17, 18 and 20: deadlines that run from the moment an incident is actionable, and who is told when they near."""

from typing import Literal, NamedTuple

import msgspec

from rules.course import pauses, targets
from rules.course.incident import Incident, Priority, Sla
from rules.draft import Draft, changed
from rules.given import calendars
from rules.given.policy import Policy

Which = Literal["respond", "resolve"]


class Moment(NamedTuple):
    at: float
    which: Which
    what: Literal["at risk", "breached"]


def start(draft: Draft, row: Incident) -> Incident:
    """The incident, actionable from now on, with its deadlines."""
    due = targets.deadlines(draft, row, draft.now, draft.now)
    return changed(row, opened_at=draft.now, sla=Sla(due.respond_by, due.resolve_by))


def reprioritised(draft: Draft, row: Incident, before: Priority) -> Incident:
    """Raised: the earlier of the old deadline and now + the new target. Lowered: opened + the new target.

    What has been taken off the clocks, while all was well or while they were paused, stays off.
    """
    if row.opened_at is None or row.sla.respond_by is None or row.sla.resolve_by is None:
        return row
    if row.priority > before:
        return _from_the_start(draft, row, row.opened_at)
    row = pauses.ended(draft, row, f"raised to P{row.priority}")
    due, old = targets.deadlines(draft, row, draft.now, draft.now), row.sla
    respond_by = min(old.respond_by or due.respond_by, due.respond_by)
    resolve_by = min(old.resolve_by or due.resolve_by, due.resolve_by)
    return changed(row, sla=msgspec.structs.replace(old, respond_by=respond_by, resolve_by=resolve_by, at_risk=()))


def handed_over(draft: Draft, row: Incident, owner: str, resolve_by: float) -> Incident:
    """The desk's deadline instead of ours, which is shown and not judged; what was missed before stands."""
    row = pauses.ended(draft, row, f"{owner} owns the clock")
    sla = msgspec.structs.replace(row.sla, owner=owner, respond_by=None, resolve_by=resolve_by, at_risk=())
    return changed(row, sla=sla)


def said_by(row: Incident, desk: str) -> float | None:
    """The deadline that the desk set, as far as we know."""
    return row.sla.resolve_by if row.sla.owner == desk else None


def is_running(row: Incident) -> bool:
    return row.opened_at is not None and row.state in ("open", "acknowledged")


def taken_back(draft: Draft, row: Incident) -> Incident:
    """Our own deadlines again, as if they had run on."""
    row = changed(row, sla=msgspec.structs.replace(row.sla, owner=""))
    return row if row.opened_at is None else _from_the_start(draft, row, row.opened_at)


def postponed(draft: Draft, row: Incident, healthy: float) -> Incident:
    """The deadlines moved by the time in which it was well (rule 22); what is no longer near is warned of again."""
    sla = row.sla
    if sla.owner:
        return changed(row, sla=msgspec.structs.replace(sla, healthy=sla.healthy + healthy))
    if sla.respond_by is None or sla.resolve_by is None:
        return row
    moved = msgspec.structs.replace(
        sla,
        respond_by=sla.respond_by + healthy,
        resolve_by=sla.resolve_by + healthy,
        healthy=sla.healthy + healthy,
    )
    row = changed(row, sla=moved)
    near = tuple(which for which in sla.at_risk if _warned_at(draft.policy, row, which) <= draft.now)
    return changed(row, sla=msgspec.structs.replace(moved, at_risk=near))


def arm(draft: Draft, row: Incident) -> None:
    """Wake when the next thing about the incident's time is due, or never more."""
    running = is_running(row) and row.suppressed is None
    coming = [moment.at for moment in _moments(draft.policy, row)] if running else []
    draft.wake(f"clock:{row.id}", max(min(coming), draft.now) if coming else None)
    steps = draft.policy.category(row.category).escalate
    waits = running and row.state == "open" and row.escalation < len(steps)
    at = _since(row) + steps[row.escalation].after if waits else None
    draft.wake(f"escalate:{row.id}", None if at is None else max(at, draft.now))


def strike(draft: Draft, row: Incident) -> Incident:
    """What is due now: at risk before the deadline, breached at it. A breach stands."""
    for moment in _moments(draft.policy, row):
        if moment.at > draft.now:
            continue
        sla = row.sla
        at_risk, breached = sla.at_risk, sla.breached
        if moment.what == "at risk":
            at_risk = (*at_risk, moment.which)
        else:
            breached = (*breached, moment.which)
        row = changed(row, sla=msgspec.structs.replace(sla, at_risk=at_risk, breached=breached))
        text = f"{moment.which} deadline {'is near' if moment.what == 'at risk' else 'has passed'}"
        draft.tell(row.id, moment.what, text, "18 clocks")
        what, by = moment.what.replace(" ", "-"), _by(row, moment.which) or 0.0
        key = f"{row.id}:{moment.which}:{what}:{row.reopened}:{by:.0f}"
        draft.effect("page", row.id, key, row.resolver_group, f"{row.title}: {text}")
    return row


def escalate(draft: Draft, row: Incident) -> Incident:
    """Tell whoever is next, until somebody acknowledges (rule 20)."""
    steps = draft.policy.category(row.category).escalate
    while row.escalation < len(steps) and _since(row) + steps[row.escalation].after <= draft.now:
        step = steps[row.escalation]
        row = changed(row, escalation=row.escalation + 1)
        draft.tell(row.id, "escalated", f"escalated to {step.to}", "20 escalation")
        draft.effect("escalate", row.id, f"{row.id}:escalate:{row.escalation}:{row.reopened}", step.to, row.title)
    return row


def _since(row: Incident) -> float:
    """From when its waiting counts: the time in which it was well does not."""
    return (row.opened_at or 0.0) + row.sla.healthy


def _from_the_start(draft: Draft, row: Incident, opened_at: float) -> Incident:
    sla, well = row.sla, opened_at + row.sla.healthy
    due = targets.deadlines(draft, row, well, well)
    resolve_by = due.resolve_by + sla.paused_for
    if targets.target(draft.policy, row, row.priority).resolve is None:
        resolve_by = calendars.shifted(targets.work(draft, row), due.resolve_by, sla.paused_for)
    return changed(row, sla=msgspec.structs.replace(sla, respond_by=due.respond_by, resolve_by=resolve_by, at_risk=()))


def _moments(policy: Policy, row: Incident) -> list[Moment]:
    """What has not been said yet, in order. A paused clock says nothing, nor does one that a desk owns."""
    found: list[Moment] = []
    if row.sla.owner:
        return found
    running: list[Which] = ["resolve"] if row.sla.paused is None else []
    if row.acknowledged_at is None:
        running.append("respond")
    for which in running:
        by = _by(row, which)
        if by is None or which in row.sla.breached:
            continue
        if which not in row.sla.at_risk:
            found.append(Moment(_warned_at(policy, row, which), which, "at risk"))
        found.append(Moment(by, which, "breached"))
    return sorted(found) if len(found) > 1 else found


def _warned_at(policy: Policy, row: Incident, which: Which) -> float:
    """So long before the deadline, or so much of the target, whichever is less; of business days a day is 24 h."""
    known = targets.target(policy, row, row.priority)
    resolve = known.resolve if known.resolve is not None else known.resolve_business_days * 86_400.0
    given = known.respond if which == "respond" else resolve
    return (_by(row, which) or 0.0) - min(policy.sla.at_risk_before, policy.sla.at_risk_share * given)


def _by(row: Incident, which: Which) -> float | None:
    return row.sla.respond_by if which == "respond" else row.sla.resolve_by
