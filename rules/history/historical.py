"""Rule 21: what began and ended before it was learnt is on record like everything else, and nobody is called for it."""

from hashlib import sha256

import msgspec

from rules.cause import backup, merging
from rules.course import taken
from rules.course.incident import Incident, Phase, Reason, Sla
from rules.course.incidents import HISTORICAL
from rules.course.restore import DUPLICATE
from rules.draft import Draft, changed
from rules.history import amends, hindsight, recall
from rules.history.amends import RULE
from rules.history.hindsight import Replay, Run
from rules.history.past import Past
from rules.repeats import problems
from rules.sight import beliefs

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
    told = sorted(
        (row for row in replay.incidents.values() if amends.counts(row)), key=lambda row: (row.number, row.id)
    )
    stood = [row for row in told if DUPLICATE not in row.flags]
    ids: dict[str, str] = {}
    for found in sorted(stood, key=lambda row: draft.by_cause(row.cause) is None):
        ids[found.id] = _recorded(draft, store, past, found, stood, ids)
        if is_whole:
            amends.as_bad_as_it_was(draft, found, ids[found.id])
    for found in told:
        if DUPLICATE in found.flags:
            _absorbed(draft, past, found, ids)
    if is_whole:
        amends.take_back(draft, store, stood, ids)
    for found in stood:
        amends.lead(draft, found, ids)
    problems.remember(draft, store, past, replay.state, ids)
    _date_items(draft, store, replay)
    draft.touch(store)


def _date_items(draft: Draft, store: str, replay: Replay) -> None:
    """What fails now, and was well for a while in between, began when it last did."""
    for key, seen in draft.troubled(store):
        then = replay.state.items.get(key)
        if then is None or then.state is not seen.state or seen.stale:
            continue
        told = draft.by_cause(draft.estate.cause(key)) is not None
        learnt_at = min(seen.learnt_at, then.learnt_at) if told else seen.learnt_at
        draft.put("items", key, msgspec.structs.replace(seen, since=then.since, learnt_at=learnt_at))


def _turn_page(draft: Draft, store: str, past: Past, run: Run) -> None:
    """So much was told that the first part is replayed now, to be held no longer."""
    rest = hindsight.later(past, store, hindsight.replayed(draft, store, past, run))
    recall.forget(draft, store, past)
    draft.put("pasts", store, rest)
    draft.wake(f"{recall.TIMER}:{store}", draft.now + draft.policy.evidence.backlog)


def _ended(draft: Draft, store: str, found: Incident) -> Incident:
    """A lead goes on while what it leads does (rule 7); here another leads that, so its own end is its end."""
    known, well = draft.by_cause(found.cause), _well_since(draft, store, found)
    if well is None or (known is not None and known.state != "resolved"):
        return found
    return changed(found, state="resolved", restored_at=max(well, found.started_at), resolved_at=draft.now)


def _well_since(draft: Draft, store: str, found: Incident) -> float | None:
    """Of what still stands there for what it leads, although its own CI is well."""
    if found.restored_at is not None or draft.item(found.ci) is not None:
        return None
    return beliefs.ok_since(draft, found.ci, store)


def _recorded(  # noqa: PLR0913, PLR0917 - what was found, what it led, and what is on record by now
    draft: Draft, store: str, past: Past, found: Incident, stood: list[Incident], ids: dict[str, str]
) -> str:
    """The id of the incident that it is on record as; its own when there is none."""
    known = _on_record(draft, found, ids)
    if known is not None:
        namesake = draft.incident(found.id)
        goes_on = backup.in_use(draft, store, merging.key_of(found))
        amends.join(draft, known, found if goes_on else _ended(draft, store, found))
        if namesake is not None and namesake.id not in {known.id, *ids.values()}:
            amends.made_duplicate(draft, namesake, known)
        return known.id
    if _well_since(draft, store, found) is not None:
        stands = amends.leading(draft, past.known, found, stood, ids) or amends.backup_of(draft, found)
        if stands is not None:
            amends.join(draft, stands, found)
            return stands.id
    found = _ended(draft, store, found)
    if found.id in past.known and not taken.is_taken(draft, found.id):
        return found.id  # it was closed meanwhile, with all that is known about it
    if found.restored_at is None or _is_of_the_chain(draft, store, found):
        return found.id
    return _remembered(draft, past, found, ids)


def _on_record(draft: Draft, found: Incident, ids: dict[str, str]) -> Incident | None:
    """By its cause; else by its id, when what has that became this one's incident (rule 11).

    What became a shared CI's stays that (rule 13): one store's past does not tell what the others see.
    """
    known = draft.by_cause(found.cause)
    if known is not None and not _is_another(draft, found, known):
        return known
    namesake = draft.incident(found.id)
    if namesake is None or namesake.home != found.home or namesake.id in ids.values():
        return None
    return namesake


def _is_another(draft: Draft, found: Incident, known: Incident) -> bool:
    """So long before that a perfect line would have had it closed."""
    ended, gap = found.restored_at, draft.policy.ending.reopen_within
    return found.id != known.id and ended is not None and ended + gap < known.started_at


def _absorbed(draft: Draft, past: Past, found: Incident, ids: dict[str, str]) -> None:
    """It was over, failed once more, and then something that it depends on explained it (rule 11)."""
    known, cause = draft.by_cause(found.cause), draft.incident(ids.get(found.parent or "", found.parent or ""))
    if known is not None and known.id not in ids.values():
        amends.made_duplicate(draft, known, cause)
    elif draft.incident(found.id) is not None or not (found.id in past.known or taken.is_taken(draft, found.id)):
        _remembered(draft, past, found, ids)


def _remembered(draft: Draft, past: Past, found: Incident, ids: dict[str, str]) -> str:
    """A new incident that is over: it may come back like any other, and then it makes its first ticket."""
    ending, stable = draft.policy.ending, draft.policy.stable_for(found.category)
    over = found.resolved_at or (found.restored_at or draft.now) + stable
    forgotten = over + ending.reopen_within <= draft.now or draft.by_cause(found.cause) is not None
    gone = found.state == "closed" or forgotten
    state: Phase = "closed" if gone else "resolved" if over <= draft.now else "open"
    story = [reason for reason in found.reasons if reason.rule not in _OWN_REASONS]
    row = msgspec.structs.replace(
        found,
        id=_free_id(draft, past, found),
        number=draft.next_number("number"),
        state=state,
        learnt_at=draft.now,
        opened_at=None,
        resolved_at=None if state == "open" else min(draft.now, over),
        closed_at=draft.now if gone else None,
        parent=ids.get(found.parent or ""),
        sla=Sla(),
        loss=0.0,
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
    if state == "open":
        draft.wake(f"restore:{row.id}", over)
    elif state == "resolved":
        draft.wake(f"close:{row.id}", over + ending.reopen_within)
    return row.id


def _free_id(draft: Draft, past: Past, found: Incident) -> str:
    """Its own, unless what has that became another incident here."""
    if not taken.is_taken(draft, found.id):
        return found.id
    return sha256(f"{found.cause}@{found.started_at:.3f}@{past.began:.3f}".encode()).hexdigest()[:16]


def _is_of_the_chain(draft: Draft, store: str, found: Incident) -> bool:
    """A store's own path to a shared CI, while that CI was at fault for its cohort: part of that incident.

    As over a perfect line it is that until the incident is resolved, for what fails again so soon may be its return.
    """
    cause, at, _ = found.cause.partition("@")
    known = draft.by_cause(cause) if at else None
    if known is None or draft.estate.cohort(store) not in known.cohorts:
        return False
    stable = draft.policy.stable_for(known.category)
    over = draft.now if known.restored_at is None else known.resolved_at or known.restored_at + stable
    return found.started_at <= over and known.started_at <= (found.restored_at or draft.now)
