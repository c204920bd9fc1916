"""Rule 21: what began and ended before it was learnt is on record like everything else, and nobody is called for it."""

from hashlib import sha256

import msgspec

from rules.course import clocks, taken
from rules.course.incident import Incident, Reason, Sla
from rules.course.incidents import HISTORICAL, PERSON_RESOLVED
from rules.course.restore import DUPLICATE, absorb, is_touched, recover
from rules.draft import Draft, changed
from rules.given.playbook import AGENT_SILENT, STORE_UNREACHABLE
from rules.history import hindsight, recall
from rules.history.hindsight import Replay, Run
from rules.history.past import Past
from rules.impact import matrix
from rules.repeats import problems
from rules.sight import beliefs

RULE = "21 history"
_SILENCES = (STORE_UNREACHABLE, AGENT_SILENT)  # of those the collector's own record is the only one
_OWN_REASONS = ("11 part", RULE)  # they name numbers that only the replay had


def settle(draft: Draft, store: str, run: Run) -> None:
    """The store's past is told, or nothing more comes: put on record what it says."""
    past = draft.past(store)
    if past is None or draft.estate.policy is None:
        return
    if past.told > recall.MOST_TOLD:
        _turn_page(draft, store, past, run)
        return
    is_whole = recall.is_whole(draft, store, past)
    if not is_whole:
        draft.reason(RULE, f"the past of {draft.estate.name(store)} was not told wholly; what is believed now fills it")
    replay = hindsight.brought_up_to_now(draft, store, hindsight.replayed(draft, store, past, run), run)
    recall.forget(draft, store, past)
    ids: dict[str, str] = {}
    for found in sorted(replay.incidents.values(), key=lambda row: (row.number, row.id)):
        if DUPLICATE in found.flags:
            _absorbed(draft, past, found, ids)
        elif _counts(found):
            ids[found.id] = _recorded(draft, store, past, _ended(draft, store, found), ids)
            if is_whole:
                _as_bad_as_it_was(draft, found, ids[found.id])
    problems.remember(draft, past.began, replay.state, ids)
    _date_items(draft, store, replay)


def _date_items(draft: Draft, store: str, replay: Replay) -> None:
    """What fails now, and was well for a while in between, began when it last did."""
    for key, seen in draft.troubled(store):
        then = replay.state.items.get(key)
        if then is not None and then.state is seen.state and then.since != seen.since and not seen.stale:
            draft.put("items", key, msgspec.structs.replace(seen, since=then.since))
            draft.touch(store)  # which of two failed first decides whether one explains the other (rule 12)


def _turn_page(draft: Draft, store: str, past: Past, run: Run) -> None:
    """So much was told that the first part is replayed now, to be held no longer."""
    rest = hindsight.later(past, store, hindsight.replayed(draft, store, past, run))
    recall.forget(draft, store, past)
    draft.put("pasts", store, rest)
    draft.wake(f"{recall.TIMER}:{store}", draft.now + draft.policy.evidence.backlog)


def _counts(found: Incident) -> bool:
    return found.category not in _SILENCES and not found.cause.startswith(("chain:", "manual:"))


def _ended(draft: Draft, store: str, found: Incident) -> Incident:
    """A lead goes on while what it leads does (rule 7); here another leads that, so its own end is its end."""
    known = draft.by_cause(found.cause)
    well = beliefs.ok_since(draft, found.ci, store) if draft.item(found.ci) is None else None
    if found.restored_at is not None or well is None or (known is not None and known.state != "resolved"):
        return found
    return changed(found, state="resolved", restored_at=max(well, found.started_at), resolved_at=draft.now)


def _as_bad_as_it_was(draft: Draft, found: Incident, id_: str) -> None:
    """It seemed worse while the end of something else was on its way. What a person has taken stays as they took it."""
    row = draft.incident(id_)
    worst = found.worst_priority
    if row is None or row.cause != found.cause or row.worst_priority >= worst or is_touched(row):
        return
    draft.tell(row.id, "history", f"it was at worst a P{worst}, as was learnt later", RULE)
    lowered = changed(row, worst_priority=worst, priority=max(row.priority, worst))
    if lowered.priority != row.priority:
        draft.wake(f"lower:{row.id}", None)
        lowered = matrix.kept(draft.policy, clocks.reprioritised(draft, lowered, row.priority))
    draft.put_incident(lowered)
    clocks.arm(draft, lowered)
    if lowered.priority != row.priority and row.opened_at is not None and row.state != "resolved":
        draft.effect("update_ticket", row.id, f"{row.id}:update:{draft.now:.3f}", row.resolver_group, row.title)


def _recorded(draft: Draft, store: str, past: Past, found: Incident, ids: dict[str, str]) -> str:
    """The id of the incident that it is on record as; its own when there is none."""
    namesake = draft.incident(found.id)
    known = draft.by_cause(found.cause) or _over(namesake)
    if known is not None and not _is_another(draft, found, known):
        _joined(draft, known, found)
        if namesake is not None and namesake.id != known.id:
            _made_duplicate(draft, namesake, known)
        return known.id
    if known is None and found.id in past.known and not taken.is_taken(draft, found.id):
        return found.id  # it was closed meanwhile, with all that is known about it
    if found.restored_at is None or _is_of_the_chain(draft, store, found):
        return found.id
    if taken.is_taken(draft, found.id):  # by what became another incident here
        found = changed(
            found, id=sha256(f"{found.cause}@{found.started_at:.3f}@{past.began:.3f}".encode()).hexdigest()[:16]
        )
    _remembered(draft, found, ids.get(found.parent or ""))
    return found.id


def _over(row: Incident | None) -> Incident | None:
    return row if row is not None and row.state == "resolved" else None


def _is_another(draft: Draft, found: Incident, known: Incident) -> bool:
    """So long before that a perfect line would have had it closed."""
    ended, gap = found.restored_at, draft.policy.ending.reopen_within
    return found.id != known.id and ended is not None and ended + gap < known.started_at


def _joined(draft: Draft, known: Incident, found: Incident) -> None:
    """The same cause, learnt in another order: it began when it really did, and was as bad as it ever was."""
    row = changed(
        _renamed(known, found) if known.state == "resolved" else known,
        started_at=found.started_at if known.home else min(known.started_at, found.started_at),  # others saw it too
        worst_priority=min(known.worst_priority, found.worst_priority),
    )
    was_over = known.state == "resolved" and PERSON_RESOLVED not in known.flags
    if was_over and found.restored_at is not None and found.restored_at != known.restored_at:
        row = changed(row, restored_at=found.restored_at, reopened=max(row.reopened, found.reopened))
    if row == known:
        _end_lead(draft, known, found)
        return
    text = f"it had begun earlier, been worse or failed once more before that was learnt: {found.title}"
    draft.tell(row.id, "history", text, RULE)
    draft.put_incident(row)
    if row.opened_at is not None and row.state != "resolved" and row.started_at != known.started_at:
        draft.effect("update_ticket", row.id, f"{row.id}:update:{draft.now:.3f}", row.resolver_group, row.title)
    _end_lead(draft, row, found)


def _end_lead(draft: Draft, row: Incident, found: Incident) -> None:
    """It was thought to lead what failed later; in between all was well, so that is another incident (rule 7)."""
    ended = found.state == "resolved" and row.state != "resolved" and row.restored_at is None
    if ended and found.restored_at is not None and draft.item(row.ci) is None:
        recover(draft, row, found.restored_at)
        draft.touch(row.home)


def _absorbed(draft: Draft, past: Past, found: Incident, ids: dict[str, str]) -> None:
    """It was over, failed once more, and then something that it depends on explained it (rule 11)."""
    if found.id not in past.known and not taken.is_taken(draft, found.id):
        _remembered(draft, found, ids.get(found.parent or ""))
    known, cause = draft.incident(found.id), draft.incident(ids.get(found.parent or "", found.parent or ""))
    if known is not None and known.cause == found.cause and known.restored_at is not None:
        _made_duplicate(draft, known, cause)


def _made_duplicate(draft: Draft, row: Incident, cause: Incident | None) -> None:
    """Untouched and over, and on record as `cause`."""
    if is_touched(row):
        return
    if row.state != "resolved":
        if cause is not None and row.restored_at is not None:
            absorb(draft, row, cause)
        return
    flags = tuple(dict.fromkeys((*row.flags, DUPLICATE)))
    taken.take(draft, row.id)
    draft.tell(row.id, "absorbed", "explained by what it depends on, as was learnt later", RULE)
    parent = cause.id if cause is not None else None
    draft.put_incident(changed(row, state="closed", closed_at=draft.now, parent=parent, flags=flags))
    draft.wake(f"close:{row.id}", None)


def _renamed(known: Incident, found: Incident) -> Incident:
    """In between it was explained by what it depends on, and became that one's incident (rule 11)."""
    if known.cause == found.cause:
        return known
    names = (
        "cause",
        "category",
        "ci",
        "title",
        "service",
        "affected",
        "symptoms",
        "resolver_group",
        "runbook",
        "vendor",
    )
    return changed(known, **{name: getattr(found, name) for name in names})


def _remembered(draft: Draft, found: Incident, parent: str | None) -> None:
    """A new incident that is over: it may come back like any other, and then it makes its first ticket."""
    stable, again = draft.policy.stable_for(found.category), draft.policy.ending.reopen_within
    restored = found.restored_at or draft.now
    resolved = min(draft.now, found.resolved_at or restored + stable)
    gone = found.state == "closed" or resolved + again <= draft.now or draft.by_cause(found.cause) is not None
    story = [reason for reason in found.reasons if reason.rule not in _OWN_REASONS]
    row = msgspec.structs.replace(
        found,
        number=draft.next_number("number"),
        state="closed" if gone else "resolved",
        learnt_at=draft.now,
        opened_at=None,
        resolved_at=resolved,
        closed_at=draft.now if gone else None,
        parent=parent,
        sla=Sla(),
        counted="",
        escalation=0,
        major="",
        paged_at=None,
        paged_priority=None,
        suppressed=None,
        flags=tuple(dict.fromkeys((*found.flags, HISTORICAL))),
        reasons=(Reason(RULE, "began and ended before it was learnt"), *story),
    )
    draft.tell(row.id, "history", f"P{row.worst_priority}: {row.title}; over before it was learnt", RULE)
    draft.put_incident(row)
    if not gone:
        draft.wake(f"close:{row.id}", resolved + again)


def _is_of_the_chain(draft: Draft, store: str, found: Incident) -> bool:
    """A store's own path to a shared CI, while that CI was at fault for its cohort: part of that incident."""
    cause, at, _ = found.cause.partition("@")
    known = draft.by_cause(cause) if at else None
    if known is None or draft.estate.cohort(store) not in known.cohorts:
        return False
    ended = known.restored_at or draft.now
    return known.started_at - draft.policy.chain.within <= found.started_at <= ended
