"""Rule 11: when half of a service is gone in a store, its incidents are one; the first leads the others."""

from rules.cause.failure import Failure
from rules.cause.leaving import why_left
from rules.cause.symptoms import Verdict
from rules.course.incident import Incident
from rules.course.incidents import stays_resolved
from rules.draft import Draft
from rules.given.keys import home_of, ref_of
from rules.planned import windows
from rules.sight import disputed

_APART = "apart"  # the timer of a lead whose parts soon stand alone


def leads(
    draft: Draft, failures: dict[str, Failure], verdicts: dict[str, Verdict], existing: dict[str, Incident]
) -> dict[str, str]:
    """Key → the key that leads it, itself among them.

    What something else disputes to need stays apart: it cannot explain that loss, so it does not carry it (rule 12).
    What a window holds back leads nothing that is not: a planned loss must not hide another (rule 25).
    """
    disputing = {ref for one in failures.values() for ref in disputed.parents(draft, one.ref, home_of(one.key))}
    together = {key: one for key, one in failures.items() if key not in disputing}
    groups: dict[tuple[str, bool], list[Failure]] = {}
    for one in together.values():
        if one.verdict.evidence == "critical" and one.impact.capacity.lost >= draft.policy.chain.lost:
            groups.setdefault((one.impact.capacity.service, _is_held(draft, one)), []).append(one)
    found: dict[str, str] = {}
    for members in groups.values():
        standing = _standing(draft, members, failures, verdicts, existing)
        lead = min(standing, key=lambda key: existing[key].number, default=_first(draft, members))
        found |= {one.key: lead for one in members}
        if lead in existing:
            draft.wake(f"{_APART}:{existing[lead].id}", None)
    return found | _not_yet_apart(draft, together, existing, found)


def _standing(
    draft: Draft,
    members: list[Failure],
    failures: dict[str, Failure],
    verdicts: dict[str, Verdict],
    existing: dict[str, Incident],
) -> list[str]:
    """The keys of those that lead already.

    A lead stays that while its parts fail, also when its own CI is well again: the loss is what it stands for. Not when
    something explains it by now.
    """
    keys = {one.key for one in members}
    ids = {existing[key].id for key in keys if key in existing}
    return [
        key
        for key, row in existing.items()
        if any(part.id in ids and part.merged is None for part in draft.parts(row.id))
        if key in keys or key not in failures
        if not why_left(draft, ref_of(key))
        if key not in verdicts or verdicts[key].kind != "symptom"
    ]


def _first(draft: Draft, members: list[Failure]) -> str:
    free = [one for one in members if not _is_done(draft, one)] or members
    return min(free, key=lambda one: (draft.estate.rules_of(one.ref).ceiling, one.row.since, one.key)).key


def _not_yet_apart(
    draft: Draft, failures: dict[str, Failure], existing: dict[str, Incident], found: dict[str, str]
) -> dict[str, str]:
    """Key → its lead, for parts of a lead that fails on while less than half is lost: for as long as the lead keeps its
    priority. One lane that comes and goes must not part and join the others each time.
    """
    kept: dict[str, str] = {}
    by_id = {row.id: key for key, row in existing.items() if key in failures and row.opened_at is not None}
    for key, one in failures.items():
        parent = one.incident.parent if one.incident is not None and key not in found else None
        lead = by_id.get(parent or "")
        if lead is None or lead in found:
            continue
        timer = f"{_APART}:{existing[lead].id}"
        if draft.due != timer:
            kept[key] = lead
            if draft.deadline(timer) is None:
                draft.wake(timer, draft.now + draft.policy.ending.lower_after)
    return kept


def _is_held(draft: Draft, one: Failure) -> bool:
    if not draft.has_windows() or (one.incident is not None and one.incident.opened_at is not None):
        return False
    covering = windows.covering(draft, home_of(one.key), one.ref, draft.estate.category(one.ref))
    return any(window.holds(one.row.since, draft.now) for window in covering)


def _is_done(draft: Draft, one: Failure) -> bool:
    """A person has resolved it although it fails: it cannot lead others."""
    known = draft.by_cause(draft.estate.cause(one.key))
    return known is not None and known.state == "resolved" and stays_resolved(draft, known, one.row.since)
