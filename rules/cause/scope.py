"""Rule 13: votes of stores locate a fault: the shared CI, or one store's own path to it."""

from itertools import chain
from typing import NamedTuple

from contract.status import Status
from rules.cause import contrast, leftover, merging, residual
from rules.cause.alternates import alternate_works
from rules.cause.leaving import leave, why_left
from rules.course.finding import Finding
from rules.course.incident import Affected, Incident, Reason
from rules.course.incidents import ensure
from rules.course.restore import absorb, recover
from rules.draft import Draft
from rules.impact.priority import of_shared_fault
from rules.planned import windows
from rules.sight import lines

CROWD = 50  # stores in one incident from which it is judged at intervals, not at every vote
_INTERVAL = 5.0
LINE_TIMER = "line"  # when what fails on after a line's return counts


class Blame(NamedTuple):
    stores: list[str]
    cohorts: list[str]
    reason: Reason


def judge(draft: Draft, ref: str) -> None:
    """Keeps the incident of a shared CI; the stores concerned are judged after it."""
    row = draft.by_cause(draft.estate.cause(ref))
    if left := why_left(draft, ref):
        if row is not None:
            leave(draft, row, left)
        if (rest := residual.standing(draft, ref)) is not None:
            leave(draft, rest, left)
        return
    if row is not None and row.state != "resolved" and len(row.stores) > CROWD and draft.deadline(f"shared:{ref}"):
        return
    blame = _blame(draft, ref)
    if blame is not None:
        _keep(draft, ref, blame, row)
    elif row is not None:
        well = _well_since(draft, ref, row)
        if well is not None:
            recover(draft, row, well)
        elif (network := _network(draft, ref, row)) is not None:
            absorb(draft, row, network)
    _look_again(draft, ref)
    if blame is None:
        leftover.of_shared(draft, ref, row)


def _keep(draft: Draft, ref: str, blame: Blame, row: Incident | None) -> None:
    """`row` is the incident that it has already."""
    cause = draft.estate.cause(ref)
    heir = None if row is not None else _heir(draft, ref, cause, blame)
    found = ensure(draft, _finding(draft, ref, cause, blame, row), heir)
    for store in blame.stores:
        if row is None or row.state == "resolved" or store not in row.stores:
            draft.touch(store)
    if row is None or row.state == "resolved" or row.cohorts != found.cohorts:
        for store in draft.unsure(ref):  # it explains what they cannot say
            draft.touch(store)
    if found != row and len(found.stores) > CROWD:
        draft.wake(f"shared:{ref}", draft.now + _INTERVAL)
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


def _blame(draft: Draft, ref: str) -> Blame | None:
    votes, rule = draft.votes(ref), draft.policy.shared_fault
    total = sum(votes.values())
    few = total < rule.stores
    blamed: dict[str, list[str]] = {}
    for cohort, against in draft.against(ref).items():
        if few or _is_enough(draft, against, votes[cohort]):
            stores = _with_healthy_line(draft, ref, draft.complaining(ref, cohort))
            if stores and (few or _is_enough(draft, len(stores), votes[cohort])):
                blamed[cohort] = stores
    if not blamed:
        return None
    if few:
        text = f"few vantage points ({total}), so {ref} takes the blame"
    else:
        said = ", ".join(f"{len(stores)} of {votes[cohort]} in {_named(cohort)}" for cohort, stores in blamed.items())
        text = f"stores that say {ref} fails while their line is healthy: {said}"
    return Blame(sorted(chain.from_iterable(blamed.values())), list(blamed), Reason("13 shared", text))


def _is_enough(draft: Draft, against: int, votes: int) -> bool:
    rule = draft.policy.shared_fault
    return against >= rule.stores and against >= rule.share * votes


def _with_healthy_line(draft: Draft, ref: str, stores: list[str]) -> list[str]:
    """Those whose line proves nothing against the evidence: it is alive, and has been for a while if it was dead."""
    return [store for store in stores if not windows.quieted(draft, store) and _proves(draft, ref, store)]


def _proves(draft: Draft, ref: str, store: str) -> bool:
    control = lines.dead(draft, store)
    if draft.estate.is_control(ref):
        return control in (None, ref)
    back = _line_counts_from(draft, ref, store)
    return control is None and (back is None or back <= draft.now)


def _line_counts_from(draft: Draft, ref: str, store: str) -> float | None:
    """What fails on after its line's return counts once it has for a while (rule 23)."""
    vote = draft.item(f"{ref}@{store}")
    back = lines.returned(draft, store, vote.since) if vote is not None else None
    return None if back is None else back + draft.policy.ending.stand_alone


def _look_again(draft: Draft, ref: str) -> None:
    """When the first of the stores counts whose line has just come back."""
    if not draft.estate.controls or draft.estate.is_control(ref):
        return
    complaining = [store for cohort in draft.against(ref) for store in draft.complaining(ref, cohort)]
    coming = [at for store in complaining if (at := _line_counts_from(draft, ref, store)) and at > draft.now]
    draft.wake(f"{LINE_TIMER}:{ref}", min(coming, default=None))


def _network(draft: Draft, ref: str, row: Incident) -> Incident | None:
    """The network's incident, when all that is left of the evidence against `ref` comes over dead lines."""
    control = _common_control(draft, ref, row)
    fault = draft.by_cause(draft.estate.cause(control)) if control is not None else None
    return fault if fault is not None and fault.state != "resolved" else None


def _common_control(draft: Draft, ref: str, row: Incident) -> str | None:
    complaining = [store for cohort in row.cohorts for store in draft.complaining(ref, cohort)]
    controls = {lines.dead(draft, store) for store in complaining}
    return controls.pop() if len(controls) == 1 and ref not in controls else None


def _finding(draft: Draft, ref: str, cause: str, blame: Blame, row: Incident | None) -> Finding:
    votes = [vote for store in blame.stores if (vote := draft.item(f"{ref}@{store}")) is not None]
    critical = sum(vote.state is Status.CRITICAL for vote in votes)
    broken = critical >= min(draft.policy.shared_fault.stores, len(votes))
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
        Reason("1 evidence", next((vote.text for vote in votes if vote.text), "") or f"{ref} fails"),
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
        started_at=min(vote.since for vote in votes),
        learnt_at=min(vote.learnt_at for vote in votes),
        stores=tuple(stores),
        cohorts=tuple(blame.cohorts),
        affected=Affected(cis=(ref, *follows)),
        symptoms=tuple(follows),
        reasons=tuple(reasons),
    )


def _cut_off(draft: Draft, ref: str, blame: Blame) -> list[str]:
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


def _by_carrier(blame: Blame) -> str:
    carrier = lines.carrier(blame.cohorts)
    return f" (carrier {carrier})" if carrier else ""


def _heir(draft: Draft, ref: str, cause: str, blame: Blame) -> Incident | None:
    """The oldest incident that took the fault for one store's path, or the network's for another shared CI's."""
    paths = [draft.by_cause(f"{cause}@{store}") for store in blame.stores]
    found = [path for path in paths if path is not None and path.state != "resolved"]
    for other in draft.estate.shared if draft.estate.is_control(ref) else ():
        row = draft.by_cause(draft.estate.cause(other.id))
        if row is not None and row.state != "resolved" and _common_control(draft, other.id, row) == ref:
            found.append(row)
    return min(found, key=lambda row: row.number, default=None)


def _well_since(draft: Draft, ref: str, row: Incident) -> float | None:
    """When the last of its stores saw it well; None while none of them sees anything, for silence ends nothing."""
    seen = [vote for store in row.stores if (vote := draft.item(f"{ref}@{store}")) is not None and not vote.stale]
    well = [vote.since for vote in seen if vote.state in (Status.OK, Status.WARNING)]
    return max(well, default=None)


def _named(cohort: str) -> str:
    carrier, _, region = cohort.partition("/")
    return " ".join(part for part in (region, carrier) if part) or "the chain"
