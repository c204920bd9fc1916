"""Rule 11: the incidents of a store. What fails for itself has one; a symptom has none; half of a service gone is one.

A function of what is believed now, not of the event that led here; that is why arrival order does not matter.
"""

from typing import NamedTuple

from rules.cause import backup, leftover, residual
from rules.cause.described import described, with_symptoms
from rules.cause.failure import Failure
from rules.cause.leading import leads
from rules.cause.leaving import leave, why_left
from rules.cause.symptoms import Verdict, is_failing, verdict
from rules.course.finding import CAPACITY_UNKNOWN, service_turns
from rules.course.incident import Incident, Reason
from rules.course.incidents import ensure
from rules.course.restore import absorb, recover, relapse, unobserved
from rules.draft import Draft
from rules.given.keys import ref_of
from rules.given.playbook import AGENT_SILENT, STORE_UNREACHABLE
from rules.impact import circumstances
from rules.impact.capacity import alone, impact
from rules.sight import disputed, silence
from rules.sight.belief import ItemState
from rules.sight.beliefs import ok_since

_ELSEWHERE = (STORE_UNREACHABLE, AGENT_SILENT, "manual", "chain", residual.KIND)  # causes that are not kept here


class _Seen(NamedTuple):
    """What is so in a store while it is judged, by key. `leads` is who leads whom, itself among them; `left` is the
    residual incident that a failure is part of.
    """

    store: str
    rows: dict[str, ItemState]  # what is not ok
    verdicts: dict[str, Verdict]
    existing: dict[str, Incident]
    failures: dict[str, Failure]
    leads: dict[str, str]
    left: dict[str, Incident]


def judge_store(draft: Draft, store: str) -> None:
    wakes = silence.judge(draft, store)
    if any(draft.is_fresh(agent) for agent in draft.estate.agents(store)):
        wakes += _judge_items(draft, store)
    coming = [at for at in wakes if draft.now < at < float("inf")]
    draft.wake(f"store:{store}", min(coming, default=None))


def _judge_items(draft: Draft, store: str) -> list[float]:
    rows = dict(draft.troubled(store))
    seen = _seen(draft, store, rows)
    wakes = [found.until for found in seen.verdicts.values() if found.until is not None]
    wakes += service_turns(draft, store) if seen.failures else []
    wakes += disputed.note(draft, store, [ref for key in rows if is_failing(draft, ref := ref_of(key), store)])
    for one in _leads_first(seen):
        wakes += _keep(draft, seen, one)
    for lead in sorted({*seen.leads.values()} - seen.failures.keys()):
        wakes += _stand(draft, seen, lead)
    for key, row in _existing(draft, store).items():
        if key not in seen.failures and key not in seen.leads.values():
            _follow(draft, store, key, row, seen.verdicts.get(key))
    return wakes


def _seen(draft: Draft, store: str, rows: dict[str, ItemState]) -> _Seen:
    verdicts = backup.as_one(draft, store, {key: verdict(draft, key, row, store) for key, row in rows.items()})
    existing = _existing(draft, store)
    apart = {key for row in existing.values() for key in row.apart}
    failures = {}
    for key, found in verdicts.items():
        if found.kind == "cause":
            hit = impact(draft, ref_of(key), store)
            hit = alone(draft, hit, ref_of(key), store) if key in apart else hit
            failures[key] = Failure(key, rows[key], found, hit, existing.get(key))
    free = {key: one for key, one in failures.items() if key not in apart}
    led = leads(draft, free, verdicts, existing)
    left = leftover.in_store(draft, store, list(free.values()), led)
    return _Seen(store, rows, verdicts, existing, failures, led, left)


def _leads_first(seen: _Seen) -> list[Failure]:
    """A part names the incident that it is part of, so that has to be there."""
    return sorted(
        seen.failures.values(), key=lambda one: (seen.leads.get(one.key, one.key) != one.key, one.row.since, one.key)
    )


def _keep(draft: Draft, seen: _Seen, one: Failure) -> list[float]:
    """Has the failure's incident as it should be now; when to look again."""
    explained = sorted(key for key, found in seen.verdicts.items() if found.kind == "symptom" and found.by == one.key)
    lead = seen.leads.get(one.key, one.key)
    parent = seen.left.get(one.key) or (draft.by_cause(draft.estate.cause(lead)) if lead != one.key else None)
    finding, wakes = described(draft, seen.store, one, parent), list[float]()
    if one.verdict.evidence == "critical" and CAPACITY_UNKNOWN not in finding.flags:
        failing = [
            (key, other.row) for key, other in seen.failures.items() if key == one.key or seen.leads.get(key) == one.key
        ]
        finding, wakes = circumstances.weighed(draft, finding, failing)
    wakes += [finding.closed_until] if finding.closed_until is not None else []
    began = min(seen.rows[key].since for key in (one.key, *explained))
    finding = with_symptoms(finding, tuple(sorted(ref_of(key) for key in explained)), began)
    ensure(draft, finding, _heir(seen, one.key, explained))
    return wakes


def _heir(seen: _Seen, key: str, explained: list[str]) -> Incident | None:
    """The incident that becomes this failure's: its own, or else the oldest of its symptoms' (promotion)."""
    near = [row for one in (key, *explained) if (row := seen.existing.get(one)) is not None and row.restored_at is None]
    return min(near, key=lambda row: (row.cause.partition(":")[2] != key, row.number), default=None)


def _stand(draft: Draft, seen: _Seen, lead: str) -> list[float]:
    """A lead whose own CI is well again carries the loss of its parts on, up and down."""
    members = [seen.failures[key] for key in seen.leads if seen.leads[key] == lead]
    first = min(members, key=lambda one: (one.row.since, one.key))
    still = Verdict("cause", Reason("11 part", f"{draft.estate.label(lead)} is well again, but what it leads is not"))
    finding = described(draft, seen.store, first._replace(key=lead, verdict=still), None)
    finding, wakes = circumstances.weighed(draft, finding, [(one.key, one.row) for one in members])
    ensure(draft, finding)
    return wakes


def _existing(draft: Draft, store: str) -> dict[str, Incident]:
    """The store's unresolved incidents about its CIs, by key."""
    rows = [row for row in draft.of_home(store) if row.state != "resolved"]
    parted = [(row.cause.partition(":"), row) for row in rows]
    return {key: row for (kind, _, key), row in parted if kind not in _ELSEWHERE}


def _follow(draft: Draft, store: str, key: str, row: Incident, found: Verdict | None) -> None:
    """An incident whose CI is not a cause now: explained, well again, or nobody can tell."""
    if left := why_left(draft, ref_of(key)):
        leave(draft, row, left)
        return
    if found is not None and found.kind in ("waiting", "held"):
        return
    if found is not None and found.kind == "symptom":
        cause = draft.by_cause(_cause(draft, found.by))
        if cause is not None and cause.state != "resolved":
            absorb(draft, row, cause)
        return
    if backup.in_use(draft, store, key):
        if row.restored_at is not None:
            relapse(draft, row)
        return
    well = ok_since(draft, ref_of(key), store)
    if well is None:
        unobserved(draft, row)
    else:
        recover(draft, row, well)


def _cause(draft: Draft, by: str) -> str:
    """Of what explains a symptom: a residual incident is called by its cause."""
    return by if by.startswith(f"{residual.KIND}:") else draft.estate.cause(by)
