"""Rule 23: gathers what still fails after its parent's return; more than so many are one residual incident."""

from rules.cause import merging, residual, votes
from rules.cause.alternates import alternate_works
from rules.cause.failure import Failure
from rules.cause.symptoms import had_explained, is_failing
from rules.course.finding import Finding, closed_until
from rules.course.incident import Affected, Incident, Priority, Reason
from rules.course.incidents import ensure
from rules.course.restore import recover
from rules.draft import Draft
from rules.given import graph
from rules.given.graph import Ref
from rules.impact.priority import of_failure, of_shared_fault
from rules.sight import lines
from rules.sight.beliefs import ok_since


def in_store(draft: Draft, store: str, causes: list[Failure], leads: dict[str, str]) -> dict[str, Incident]:
    """Key → the residual incident that it is part of. What a lead leads is one with it, so counts once."""
    groups: dict[Ref, list[Failure]] = {}
    for one in causes:
        parent = _left_by(draft, one, store)
        if parent is not None and not merging.is_apart(residual.standing(draft, parent), one.key):
            groups.setdefault(parent, []).append(one)
    parts: dict[str, Incident] = {}
    for parent, members in groups.items():
        alone = {leads.get(one.key, one.key) for one in members}
        if len(alone) > draft.policy.ending.residual_over or residual.standing(draft, parent) is not None:
            found = ensure(draft, _of_store(draft, store, parent, members))
            parts |= {one.key: found for one in members}
    return parts


def of_shared(draft: Draft, ref: Ref, fault: Incident | None) -> None:
    """Keeps the incident of stores that still do not see `ref`, whose `fault` is over for the others."""
    known = residual.standing(draft, ref)
    stores = _left_stores(draft, ref, fault, known)
    if stores and (known is not None or len(stores) > draft.policy.ending.residual_over):
        ensure(draft, _of_shared(draft, ref, stores))
        for store in stores:
            draft.touch(store)
    elif known is not None and not votes.unheard(draft, ref, known.stores):
        well = votes.last_well(draft, ref, known.stores)
        if well is not None:
            recover(draft, known, well)


def _left_by(draft: Draft, one: Failure, store: str) -> Ref | None:
    """What had explained it until it came back, after this had begun to fail."""
    gathered = draft.incident((one.incident.parent if one.incident is not None else None) or "")
    if gathered is not None and residual.is_residual(gathered) and gathered.state != "resolved":
        return residual.ref_of(gathered)
    ref = one.ref
    for parent in graph.ancestors(draft.estate.graph, ref):
        if parent == ref or is_failing(draft, parent, store) or not had_explained(draft, ref, parent):
            continue
        spoke = ok_since(draft, parent, store)
        if spoke is not None and spoke > one.row.since:
            return parent
    return None


def _left_stores(draft: Draft, ref: Ref, fault: Incident | None, known: Incident | None) -> list[str]:
    """Those that had begun to complain before the others saw it well; all that the `known` residual has first."""
    over = fault if fault is not None and fault.state == "resolved" and fault.restored_at is not None else None
    against = draft.against(ref)
    if known is None and (over is None or sum(against.values()) <= draft.policy.ending.residual_over):
        return []
    stores = []
    for cohort in against:
        for store in draft.complaining(ref, cohort):
            if merging.is_apart(known, f"{ref}@{store}"):
                continue
            vote = draft.item(f"{ref}@{store}")
            begun = over is not None and cohort in over.cohorts and vote is not None
            old = begun and vote is not None and over is not None and vote.since <= (over.restored_at or 0.0)
            if (old or (known is not None and store in known.stores)) and lines.dead(draft, store) is None:
                stores.append(store)
    return sorted(stores)


def _of_store(draft: Draft, store: str, parent: Ref, members: list[Failure]) -> Finding:
    worst = min(members, key=lambda one: (_priority(draft, one), one.row.since, one.key))
    category, priority = draft.estate.category(worst.ref), _priority(draft, worst)
    label, where = draft.estate.label(parent), draft.estate.name(store)
    text = f"{len(members)} still fail {draft.policy.ending.stand_alone / 60:g} min after {label} came back"
    return Finding(
        cause=residual.cause(parent),
        category=category,
        ci=parent,
        title=f"{len(members)} still failing at {where} although {label} is back",
        priority=priority,
        service=worst.impact.capacity.service or draft.policy.category(category).service,
        started_at=min(one.row.since for one in members),
        learnt_at=min(one.row.learnt_at for one in members),
        home=store,
        stores=(store,),
        affected=Affected(cis=tuple(sorted(one.ref for one in members))),
        closed_until=closed_until(draft, store, category),
        reasons=(Reason(residual.RULE, text), Reason("7 capacity", f"the worst of them is a P{priority}")),
    )


def _of_shared(draft: Draft, ref: Ref, stores: list[str]) -> Finding:
    seen = [vote for store in stores if (vote := draft.item(f"{ref}@{store}")) is not None]
    category, label = draft.estate.rules_of(ref), draft.estate.label(ref)
    known = draft.policy.services.get(category.service)
    text = f"{len(stores)} stores still say that {ref} fails, which is well for the others: their own paths to it"
    return Finding(
        cause=residual.cause(ref),
        category=draft.estate.category(ref),
        ci=ref,
        title=f"{known.title if known else category.title}: {label} is back, but not for {len(stores)} stores",
        priority=of_shared_fault(category, "critical", alternate=alternate_works(draft, ref)),
        service=category.service,
        started_at=min(vote.since for vote in seen),
        learnt_at=min(vote.learnt_at for vote in seen),
        stores=tuple(stores),
        affected=Affected(cis=(ref,)),
        reasons=(Reason(residual.RULE, text),),
    )


def _priority(draft: Draft, one: Failure) -> Priority:
    given = one.impact.capacity
    return of_failure(draft.policy, draft.estate.rules_of(one.ref), given.service, given.lost, one.verdict.evidence)
