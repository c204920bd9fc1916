"""Rule 13: votes of stores locate a fault: the shared CI, or one store's own path to it."""

from contract.status import Status
from rules.cause import contrast, crowd, leftover, merging, residual, votes
from rules.cause.alternates import alternate_works
from rules.cause.leaving import leave, why_left
from rules.course.finding import Finding
from rules.course.incident import Affected, Incident, Reason
from rules.course.incidents import ensure
from rules.course.restore import absorb, recover
from rules.draft import Draft
from rules.impact.priority import of_shared_fault
from rules.sight import lines

TIMER = "shared"
LINE_TIMER = "line"  # when what does not count yet does


def judge(draft: Draft, ref: str) -> None:
    """Keeps the incident of a shared CI; the stores concerned are judged after it."""
    row = draft.by_cause(draft.estate.cause(ref))
    if left := why_left(draft, ref):
        if row is not None:
            leave(draft, row, left)
        if (rest := residual.standing(draft, ref)) is not None:
            leave(draft, rest, left)
        return
    if draft.deadline(f"{TIMER}:{ref}") is not None:
        return
    blame = votes.blame(draft, ref)
    if blame is not None:
        _keep(draft, ref, blame, row)
    elif row is not None:
        well = votes.well_since(draft, ref, row.stores)
        if well is not None:
            recover(draft, row, well)
        elif (network := _network(draft, ref, row)) is not None:
            absorb(draft, row, network)
    if blame is None:
        leftover.of_shared(draft, ref, row)
        if draft.due != f"{TIMER}:{ref}" and votes.accusing(draft, ref) > crowd.MANY:
            draft.wake(f"{TIMER}:{ref}", draft.now + crowd.INTERVAL)
    draft.wake(f"{LINE_TIMER}:{ref}", votes.next_look(draft, ref))


def _keep(draft: Draft, ref: str, blame: votes.Blame, row: Incident | None) -> None:
    """`row` is the incident that it has already."""
    cause = draft.estate.cause(ref)
    heir = None if row is not None else _heir(draft, ref, cause, blame)
    found = ensure(draft, _finding(draft, ref, cause, blame, row), heir)
    known = set(row.stores) if row is not None and row.state != "resolved" else set()
    for store in blame.stores:
        if store not in known:
            draft.touch(store)
    if row is None or row.state == "resolved" or row.cohorts != found.cohorts:
        for store in draft.unsure(ref):  # it explains what they cannot say
            draft.touch(store)
    if found != row and len(found.stores) > crowd.MANY:
        draft.wake(f"{TIMER}:{ref}", draft.now + crowd.INTERVAL)
    if (rest := residual.standing(draft, ref)) is not None:
        absorb(draft, rest, found)


def rivals(draft: Draft, ref: str) -> list[str]:
    """Shared CIs that are judged by how `ref` is: those of which it is the alternate, or all when it proves lines."""
    mine, control = set(draft.estate.items[ref].provides), draft.estate.is_control(ref)
    return [
        other.id
        for other in draft.estate.shared
        if other.id != ref
        and (control or mine & set(other.provides))
        and (draft.by_cause(draft.estate.cause(other.id)) or (control and draft.against(other.id)))
    ]


def _network(draft: Draft, ref: str, row: Incident) -> Incident | None:
    """The network's incident, when all that is left of the evidence against `ref` comes over dead lines."""
    control = _common_control(draft, ref, row)
    fault = draft.by_cause(draft.estate.cause(control)) if control is not None else None
    return fault if fault is not None and fault.state != "resolved" else None


def _common_control(draft: Draft, ref: str, row: Incident) -> str | None:
    complaining = [store for cohort in row.cohorts for store in draft.complaining(ref, cohort)]
    controls = {lines.dead(draft, store) for store in complaining}
    return controls.pop() if len(controls) == 1 and ref not in controls else None


def _finding(draft: Draft, ref: str, cause: str, blame: votes.Blame, row: Incident | None) -> Finding:
    seen = [vote for store in blame.stores if (vote := draft.item(f"{ref}@{store}")) is not None]
    critical = sum(vote.state is Status.CRITICAL for vote in seen)
    broken = critical >= min(draft.policy.shared_fault.stores, len(seen))
    category = draft.estate.rules_of(ref)
    alternate = alternate_works(draft, ref)
    follows = _cut_off(draft, ref, blame)
    priority = of_shared_fault(category, "critical" if broken else "warning", alternate=alternate)
    stores = sorted({*blame.stores, *(row.stores if row is not None and row.state != "resolved" else ())})
    stores = [store for store in stores if not merging.is_apart(row, f"{ref}@{store}")] or stores
    label = draft.estate.label(ref)
    where = draft.estate.name(stores[0]) if len(stores) == 1 else f"{len(stores)} stores"
    known = draft.policy.services.get(category.service)
    title = f"{known.title if known else category.title}: {label} {'failing' if broken else 'slow'}, seen from {where}"
    reasons = [
        Reason("1 evidence", next((vote.text for vote in seen if vote.text), "") or f"{ref} fails"),
        blame.reason,
        *contrast.among_stores(draft, ref),
    ]
    for other in follows:
        priority = min(priority, of_shared_fault(draft.estate.rules_of(other), "critical", alternate=False))
    if draft.estate.is_control(ref):
        title = f"{category.title}: no line from {where}{_by_carrier(blame)}"
        text = "no control target answers these stores, so their lines are to blame" + _by_carrier(blame)
        reasons.append(Reason("13 network", text + (f", and not {', '.join(follows)}" if follows else "")))
    if alternate:
        reasons.append(Reason("13 alternate", "an alternate still works, so P2 at most"))
    reasons.append(Reason("7 capacity", f"shared by the chain, category {category.title}: P{priority}"))
    return Finding(
        cause=cause,
        category=draft.estate.category(ref),
        ci=ref,
        title=title,
        priority=priority,
        service=category.service,
        started_at=min(vote.since for vote in seen),
        learnt_at=min(vote.learnt_at for vote in seen),
        stores=tuple(stores),
        cohorts=tuple(blame.cohorts),
        affected=Affected(cis=(ref, *follows)),
        symptoms=tuple(follows),
        reasons=tuple(reasons),
    )


def _cut_off(draft: Draft, ref: str, blame: votes.Blame) -> list[str]:
    """Shared CIs that a quorum of the stores does not see whose lines the control target `ref` proves dead."""
    if not draft.estate.is_control(ref):
        return []
    others = [item.id for item in draft.estate.shared if item.id != ref]
    against = {other: draft.against(other) for other in others}
    return [
        other
        for other in others
        if sum(against[other].get(cohort, 0) for cohort in blame.cohorts) >= draft.policy.shared_fault.stores
    ]


def _by_carrier(blame: votes.Blame) -> str:
    carrier = lines.carrier(blame.cohorts)
    return f" (carrier {carrier})" if carrier else ""


def _heir(draft: Draft, ref: str, cause: str, blame: votes.Blame) -> Incident | None:
    """The oldest incident that took the fault for one store's path, or the network's for another shared CI's."""
    paths = [draft.by_cause(f"{cause}@{store}") for store in blame.stores]
    found = [path for path in paths if path is not None and path.state != "resolved"]
    for other in draft.estate.shared if draft.estate.is_control(ref) else ():
        row = draft.by_cause(draft.estate.cause(other.id))
        if row is not None and row.state != "resolved" and _common_control(draft, other.id, row) == ref:
            found.append(row)
    return min(found, key=lambda row: row.number, default=None)
