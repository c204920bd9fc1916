"""Rules 17, 18 and 20: deadlines that run from the moment an incident is actionable, and who is told when they near."""

from typing import Literal, NamedTuple

from rules import hours
from rules.draft import Draft, changed
from rules.incident import Incident, Priority, Sla
from rules.numbers import Target
from rules.policy import Policy

Which = Literal["respond", "resolve"]


class Moment(NamedTuple):
    at: float
    which: Which
    what: Literal["at risk", "breached"]


def start(draft: Draft, row: Incident) -> Incident:
    """The incident, actionable from now on, with its deadlines."""
    respond_by, resolve_by = _deadlines(draft, row, row.priority, draft.now)
    return changed(row, opened_at=draft.now, sla=Sla(respond_by, resolve_by))


def reprioritised(draft: Draft, row: Incident, before: Priority) -> Incident:
    """Raised: the earlier of the old deadline and now + the new target. Lowered: opened + the new target."""
    if row.opened_at is None or row.sla.respond_by is None or row.sla.resolve_by is None:
        return row
    raised = row.priority < before
    respond_by, resolve_by = _deadlines(draft, row, row.priority, draft.now if raised else row.opened_at)
    if raised:
        respond_by, resolve_by = min(row.sla.respond_by, respond_by), min(row.sla.resolve_by, resolve_by)
    return changed(row, sla=Sla(respond_by, resolve_by, (), row.sla.breached, row.sla.paused))


def postponed(row: Incident, healthy: float) -> Incident:
    """The deadlines moved by the time in which it was well (rule 22)."""
    sla = row.sla
    if sla.respond_by is None or sla.resolve_by is None:
        return row
    return changed(row, sla=Sla(sla.respond_by + healthy, sla.resolve_by + healthy, sla.at_risk, sla.breached))


def arm(draft: Draft, row: Incident) -> None:
    """Wake when the next thing about the incident's time is due, or never more."""
    running = row.state in ("open", "acknowledged") and row.opened_at is not None and row.suppressed is None
    coming = [moment.at for moment in _moments(draft.policy, row)] if running else []
    draft.wake(f"clock:{row.id}", max(min(coming), draft.now) if coming else None)
    steps = draft.policy.category(row.category).escalate
    waits = running and row.state == "open" and row.escalation < len(steps)
    at = (row.opened_at or 0.0) + steps[row.escalation].after if waits else None
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
        row = changed(row, sla=Sla(sla.respond_by, sla.resolve_by, at_risk, breached, sla.paused))
        text = f"{moment.which} deadline {'is near' if moment.what == 'at risk' else 'has passed'}"
        draft.tell(row.id, moment.what, text, "18 clocks")
        key = f"{row.id}:{moment.which}:{moment.what.replace(' ', '-')}:{row.reopened}"
        draft.effect("page", row.id, key, row.resolver_group, f"{row.title}: {text}")
    return row


def escalate(draft: Draft, row: Incident) -> Incident:
    """Tell whoever is next, until somebody acknowledges (rule 20)."""
    steps = draft.policy.category(row.category).escalate
    while row.escalation < len(steps) and (row.opened_at or 0.0) + steps[row.escalation].after <= draft.now:
        step = steps[row.escalation]
        row = changed(row, escalation=row.escalation + 1)
        draft.tell(row.id, "escalated", f"escalated to {step.to}", "20 escalation")
        draft.effect("escalate", row.id, f"{row.id}:escalate:{row.escalation}:{row.reopened}", step.to, row.title)
    return row


def _moments(policy: Policy, row: Incident) -> list[Moment]:
    """What has not been said yet, in order."""
    found: list[Moment] = []
    deadlines: list[tuple[Which, float | None]] = [("resolve", row.sla.resolve_by)]
    if row.acknowledged_at is None:
        deadlines.append(("respond", row.sla.respond_by))
    for which, by in deadlines:
        if by is None or which in row.sla.breached:
            continue
        warning = min(policy.sla.at_risk_before, policy.sla.at_risk_share * (by - (row.opened_at or by)))
        if which not in row.sla.at_risk:
            found.append(Moment(by - warning, which, "at risk"))
        found.append(Moment(by, which, "breached"))
    return sorted(found)


def _deadlines(draft: Draft, row: Incident, priority: Priority, since: float) -> tuple[float, float]:
    targets: dict[int, Target] = {1: draft.policy.sla.P1, 2: draft.policy.sla.P2, 3: draft.policy.sla.P3}
    target = targets[priority]
    if target.resolve is not None:
        return since + target.respond, since + target.resolve
    zone = draft.estate.hours[row.home].zone if row.home in draft.estate.hours else hours.UTC_ZONE
    return since + target.respond, hours.business_days_later(zone, since, target.resolve_business_days)
