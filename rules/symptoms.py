"""Rules 2, 3 and 11: whether what is not ok is a cause, a symptom of another failure, not yet clear, or nothing.

A till waits only while its explanation could still arrive: when it depends on something that is watched and whose
last word is older than the till's failure. Otherwise it is a cause at once.
"""

from typing import Literal, NamedTuple

from contract.status import Status
from rules import graph, hours
from rules.belief import ItemState
from rules.beliefs import checks_on, is_watched, ok_since
from rules.draft import Draft
from rules.incident import Reason
from rules.incidents import stays_resolved
from rules.priority import Evidence
from rules.recall import TIMER
from rules.state import complains


class Verdict(NamedTuple):
    """`by` is the key of what explains it; `until` is when a verdict that waits must be asked again."""

    kind: Literal["cause", "symptom", "waiting", "quiet", "held"]
    reason: Reason
    evidence: Evidence = "critical"
    by: str = ""
    until: float | None = None


def verdict(draft: Draft, key: str, row: ItemState, store: str) -> Verdict:
    """On a CI of the store that is not ok, or (`acquirer-a@0042`) on the store's vote on a shared one."""
    ref = key.partition("@")[0]
    if row.stale:
        return Verdict("held", Reason("5 silence", f"{_name(draft, ref)} cannot be seen; its last state stays"))
    item = draft.estate.items.get(ref)
    if item is not None and item.lifecycle != "live":
        return Verdict("quiet", Reason("28 lifecycle", f"{_name(draft, ref)} is {item.lifecycle}, not live"))
    weak = _weak(draft, ref, row)
    if weak is not None and weak.kind != "cause":
        return weak
    if row.state is Status.CRITICAL and "@" not in key and (off := off_until(draft, ref, row)) is not None:
        text = f"{_name(draft, ref)} is off outside trading hours"
        return Verdict("quiet", Reason("2 off", text), until=off or None)
    explained = _explained(draft, key, store)
    if explained is not None:
        return explained
    waiting = _waiting(draft, key, row, store)
    if waiting is not None:
        return waiting
    return weak or Verdict("cause", Reason("1 evidence", f"{_name(draft, ref)} is critical{_because(row)}"))


def is_failing(draft: Draft, ref: str, store: str) -> bool:
    """As `store` sees it: believed critical, freshly, and not off; a shared CI also when it was found at fault."""
    shared = draft.estate.is_shared(ref)
    if shared and fault_explains(draft, ref, store):
        return True
    row = draft.item(f"{ref}@{store}" if shared else ref)
    if row is None or row.stale or row.state is not Status.CRITICAL:
        return False
    return shared or not is_off(draft, ref, row)


def is_off(draft: Draft, ref: str, row: ItemState) -> bool:
    return off_until(draft, ref, row) is not None


def off_until(draft: Draft, ref: str, row: ItemState) -> float | None:
    """Off: expected only while trading, and wholly silent since outside trading hours. None: not off; 0: no end known.

    Some time after the store opens, what is still off has failed to start.
    """
    item = draft.estate.items.get(ref)
    if item is None or item.store is None or item.expected != "trading":
        return None
    if draft.estate.is_trading(item.store, row.since):
        return None
    answers = (Status.OK, Status.WARNING)
    if any(belief.state in answers for _, _, belief in checks_on(draft, ref, item.store)):
        return None
    opening = hours.next_opening(draft.estate.hours[item.store], row.since)
    if opening is None:
        return 0.0
    late = opening + draft.policy.evidence.late_start
    return late if draft.now < late else None


def fault_explains(draft: Draft, ref: str, store: str) -> bool:
    """A shared CI was found at fault for the store's cohort, and that is not over yet (rule 13).

    A person who resolves it while it fails has answered for all its stores, not for one of ten thousand (rule 22).
    """
    row = draft.by_cause(f"{draft.estate.category(ref)}:{ref}")
    if row is None or draft.estate.cohort(store) not in row.cohorts:
        return False
    if row.state != "resolved":
        return True
    vote = draft.item(f"{ref}@{store}")
    goes_on = row.restored_at is None or (vote is not None and vote.since <= (row.resolved_at or draft.now))
    return goes_on and stays_resolved(draft, row, row.started_at)


def failing_control(draft: Draft, store: str) -> str | None:
    """The control target that the store does not reach either, if there is one: then its line is to blame."""
    for item in draft.estate.shared:
        if draft.estate.is_control(item.id) and complains(draft.estate, item.id, draft.item(f"{item.id}@{store}")):
            return item.id
    return None


def _weak(draft: Draft, ref: str, row: ItemState) -> Verdict | None:
    """For a warning, or for not knowing; None when it is critical."""
    name = _name(draft, ref)
    if row.state is Status.WARNING:
        if draft.estate.rules_of(ref).warning is None:
            return Verdict("quiet", Reason("3 warning", f"{name} warns, which opens nothing for this category"))
        return Verdict("cause", Reason("3 warning", f"{name} warns{_because(row)}"), "warning")
    if row.state is not Status.UNKNOWN:
        return None
    until = row.since + draft.policy.evidence.unknown_after
    if draft.now < until:
        return Verdict("waiting", Reason("3 unknown", f"{name} cannot be judged yet{_because(row)}"), until=until)
    return Verdict("cause", Reason("3 unknown", f"{name} cannot be observed{_because(row)}"), "unknown")


def _explained(draft: Draft, key: str, store: str) -> Verdict | None:
    ref, vote, _ = key.partition("@")
    if vote:
        control = None if draft.estate.is_control(ref) else failing_control(draft, store)
        if fault_explains(draft, ref, store):
            return _symptom(draft, ref, ref, "13 shared", "is at fault for several stores")
        if control is not None:
            by = control if fault_explains(draft, control, store) else f"{control}@{store}"
            return _symptom(draft, ref, by, "13 network", "does not answer either, so the line is to blame")
        return None
    known = draft.estate.graph
    failing = [one for one in graph.ancestors(known, ref) if one != ref and is_failing(draft, one, store)]
    above = [one for one in failing if graph.is_above(known, one, ref)]
    roots = [one for one in above if not any(graph.is_above(known, other, one) for other in above)]
    if not roots:
        return None
    root = min(roots)
    at_store = draft.estate.is_shared(root) and not fault_explains(draft, root, store)
    return _symptom(draft, ref, f"{root}@{store}" if at_store else root, "11 symptom", "is failing above it")


def _symptom(draft: Draft, ref: str, by: str, rule: str, text: str) -> Verdict:
    cause = _name(draft, by.partition("@")[0])
    return Verdict("symptom", Reason(rule, f"{_name(draft, ref)} is explained: {cause} {text}"), by=by)


def _waiting(draft: Draft, key: str, row: ItemState, store: str) -> Verdict | None:
    ref, vote, _ = key.partition("@")
    if vote:
        until = row.learnt_at + draft.policy.evidence.vote_hold
        if sum(draft.votes(ref).values()) < draft.policy.shared_fault.stores or draft.now >= until:
            return None
        return Verdict("waiting", Reason("13 shared", "other stores may see the same"), until=until)
    until = row.learnt_at + draft.policy.evidence.hold
    if draft.now < until and _may_be_over(draft, row, store):
        return Verdict("waiting", Reason("21 history", "learnt late, so its end may be on the way"), until=until)
    parents = [one for one in graph.ancestors(draft.estate.graph, ref) if one != ref and _is_live(draft, one)]
    for parent in parents:
        if not is_watched(draft, parent, store) or is_failing(draft, parent, store):
            continue
        spoke = ok_since(draft, parent, store)
        recovered = spoke is not None and spoke > row.since
        if recovered and spoke is not None and _had_explained(draft, ref, parent):
            until = max(until, spoke + draft.policy.ending.stand_alone, _told_by(draft, store))
        elif recovered:
            continue
        if draft.now < until:
            text = f"{_name(draft, parent)} may explain it"
            return Verdict("waiting", Reason("11 hold", text), until=until)
    return None


def _may_be_over(draft: Draft, row: ItemState, store: str) -> bool:
    """It comes from a broker that had kept it. (Who returns from an outage says first what is so now.)"""
    past = draft.past(store)
    return past is not None and past.why == "late" and row.learnt_at - row.since > draft.policy.evidence.hold


def _told_by(draft: Draft, store: str) -> float:
    """When what a broker had kept of the store will have come: until then the end of what it explained may follow."""
    past = draft.past(store)
    due = draft.deadline(f"{TIMER}:{store}") if past is not None and past.why == "late" else None
    return draft.now if due is None else due


def _had_explained(draft: Draft, ref: str, parent: str) -> bool:
    row = draft.by_cause(f"{draft.estate.category(parent)}:{parent}")
    return row is not None and ref in row.symptoms


def _is_live(draft: Draft, ref: str) -> bool:
    return draft.estate.items[ref].lifecycle == "live"


def _name(draft: Draft, ref: str) -> str:
    label = draft.estate.label(ref)
    return label if label == ref else f"{label} ({ref})"


def _because(row: ItemState) -> str:
    return f": {row.text}" if row.text else ""
