"""Rules 2, 3 and 11: whether what is not ok is a cause, a symptom of another failure, not yet clear, or nothing.

A till waits only while its explanation could still arrive: when it depends on something that is watched and whose
last word is older than the till's failure. Otherwise it is a cause at once.
"""

from typing import Literal, NamedTuple

from contract.status import Status
from rules.cause import merging, residual
from rules.cause.leaving import why_left
from rules.course.incident import Reason
from rules.course.incidents import stays_resolved
from rules.draft import Draft
from rules.given import graph
from rules.given.keys import ref_of
from rules.history.past import Why
from rules.history.recall import TIMER
from rules.impact.priority import Evidence
from rules.sight import disputed, lines
from rules.sight.belief import ItemState
from rules.sight.beliefs import checks_on, is_watched, may_be_off, ok_since


class Verdict(NamedTuple):
    """`by` is the key of what explains it; `until` is when a verdict that waits must be asked again."""

    kind: Literal["cause", "symptom", "waiting", "quiet", "held"]
    reason: Reason
    evidence: Evidence = "critical"
    by: str = ""
    until: float | None = None


def verdict(draft: Draft, key: str, row: ItemState, store: str) -> Verdict:
    """On a CI of the store that is not ok, or (`acquirer-a@0042`) on the store's vote on a shared one."""
    ref = ref_of(key)
    if row.stale:
        return Verdict("held", Reason("5 silence", f"{_name(draft, ref)} cannot be seen; its last state stays"))
    if left := why_left(draft, ref):
        return Verdict("quiet", Reason("28 lifecycle", left))
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
    if item is None or item.store is None or not may_be_off(draft, ref, row):
        return None
    answers = (Status.OK, Status.WARNING)
    if any(belief.state in answers for _, _, belief in checks_on(draft, ref, item.store)):
        return None
    opening = draft.estate.next_opening(item.store, row.since, item.provides)
    if opening is None:
        return 0.0
    late = opening + draft.policy.evidence.late_start
    return late if draft.now < late else None


def fault_explains(draft: Draft, ref: str, store: str) -> bool:
    """A shared CI was found at fault for the store's cohort, and that is not over yet (rule 13).

    A person who resolves it while it fails has answered for all its stores, not for one of ten thousand (rule 22).
    """
    row = draft.by_cause(draft.estate.cause(ref))
    if row is None or draft.estate.cohort(store) not in row.cohorts or merging.is_apart(row, f"{ref}@{store}"):
        return False
    if row.state != "resolved":
        return True
    vote = draft.item(f"{ref}@{store}")
    goes_on = row.restored_at is None or (vote is not None and vote.since <= (row.resolved_at or draft.now))
    return goes_on and stays_resolved(draft, row, row.started_at)


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
        control = lines.dead(draft, store)
        if fault_explains(draft, ref, store):
            return _symptom(draft, ref, ref, "13 shared", "is at fault for several stores")
        if control is not None and control != ref:
            by = control if fault_explains(draft, control, store) else f"{control}@{store}"
            if _is_taken_out(draft, by, key):
                return None
            return _symptom(draft, ref, by, "13 network", "does not answer either, so the line is to blame")
        if residual.explains(draft, ref, store):
            text = f"{_name(draft, ref)} is back, but not for this store and several others"
            return Verdict("symptom", Reason(residual.RULE, text), by=residual.cause(ref))
        return None
    known = draft.estate.graph
    needed = [one for one in disputed.ancestors(draft, ref, store) if one != ref and _is_live(draft, one)]
    failing = [one for one in needed if is_failing(draft, one, store)]
    above = [one for one in failing if graph.is_above(known, one, ref)]
    roots = [one for one in above if not any(graph.is_above(known, other, one) for other in above)]
    roots = [one for one in roots if not _is_taken_out(draft, _cause(draft, one, store), ref)]
    if not roots:
        return None
    root = min(roots)
    return _symptom(draft, ref, _cause(draft, root, store), "11 symptom", "is failing above it")


def _cause(draft: Draft, ref: str, store: str) -> str:
    """The key under which the failing `ref` is an incident, if it is one."""
    at_store = draft.estate.is_shared(ref) and not fault_explains(draft, ref, store)
    return f"{ref}@{store}" if at_store else ref


def _is_taken_out(draft: Draft, by: str, key: str) -> bool:
    """A person said that what fails at `key` is not of the incident about `by`."""
    return merging.is_apart(draft.by_cause(f"{draft.estate.category(by.partition('@')[0])}:{by}"), key)


def _symptom(draft: Draft, ref: str, by: str, rule: str, text: str) -> Verdict:
    cause = _name(draft, ref_of(by))
    return Verdict("symptom", Reason(rule, f"{_name(draft, ref)} is explained: {cause} {text}"), by=by)


def _waiting(draft: Draft, key: str, row: ItemState, store: str) -> Verdict | None:
    ref, vote, _ = key.partition("@")
    if vote:
        alone = lines.counts_from(draft, ref, store, row.since)
        if alone is not None and draft.now < alone:
            return Verdict("waiting", Reason("13 network", "the line is back, so it may follow"), until=alone)
        until = max(row.learnt_at, alone or row.learnt_at) + draft.policy.evidence.vote_hold
        if draft.now >= until:
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
        if recovered and spoke is not None and had_explained(draft, ref, parent):
            until = max(until, spoke + draft.policy.ending.stand_alone, _told_by(draft, store, "late"))
        elif recovered and spoke is not None and _is_untold(draft, store, spoke):
            until = max(until, min(spoke + draft.policy.ending.stand_alone, _told_by(draft, store, "missed")))
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


def _told_by(draft: Draft, store: str, why: Why) -> float:
    """When all that is on its way of the store will have come: until then the end of what fails may follow."""
    past = draft.past(store)
    due = draft.deadline(f"{TIMER}:{store}") if past is not None and past.why == why else None
    return draft.now if due is None else due


def _is_untold(draft: Draft, store: str, at: float) -> bool:
    """It was then that something of the store was missed: what failed and recovered may have explained what fails."""
    past = draft.past(store)
    return past is not None and past.began <= at


def had_explained(draft: Draft, ref: str, parent: str) -> bool:
    """Whether the incident of `parent`, until it came back, was the reason why `ref` had none."""
    row = draft.by_cause(draft.estate.cause(parent))
    if row is None:
        return False
    return ref in row.symptoms or (not row.home and draft.estate.cohort(ref.partition("/")[0]) in row.cohorts)


def _is_live(draft: Draft, ref: str) -> bool:
    return draft.estate.items[ref].lifecycle == "live"


def _name(draft: Draft, ref: str) -> str:
    label = draft.estate.label(ref)
    return label if label == ref else f"{label} ({ref})"


def _because(row: ItemState) -> str:
    return f": {row.text}" if row.text else ""
