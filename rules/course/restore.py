"""Rule 22: how an incident ends. Stable for a while and untouched: by itself. Touched: it stays with its owner."""

from rules.cause import merging
from rules.course import clocks, flapping, major, pauses, taken
from rules.course.incident import Incident
from rules.course.incidents import ACCEPTED, PERSON_RESOLVED, suppression
from rules.course.lifecycle import after
from rules.draft import Draft, changed
from rules.given.keys import ref_of
from rules.sight import beliefs

TOUCHED = "touched"
DUPLICATE = "duplicate"
UNOBSERVED = "unobserved"
_LOOK_AGAIN = 60.0  # seconds at least between two looks at what nobody sees; a policy may call it stable at once
_LAST_LOOK = 1.0  # seconds between the end of what was accepted and the closing: what fails on is back, not forgotten
_TIMERS = ("restore", "nudge", "lower", "clock", "escalate", "refail", "hold", flapping.TIMER, major.TIMER)


def recover(draft: Draft, row: Incident, restored_at: float) -> Incident:
    """Its cause is well again since `restored_at`; resolved when that has been so for long enough."""
    if row.state == "resolved":
        return _is_over(draft, row, restored_at)
    if row.restored_at is None:
        row = changed(row, restored_at=max(min(restored_at, draft.now), row.started_at))
        draft.tell(row.id, "restored", f"{row.ci} is well again", "22 restore")
        draft.put_incident(row)
        if (older := merging.into(draft, row)) is not None:
            draft.wake(f"lower:{older.id}", draft.now + draft.policy.ending.lower_after)
        draft.wake(f"restore:{row.id}", _stable_at(draft, row))
    if draft.deadline(f"restore:{row.id}") is not None and _stable_at(draft, row) <= draft.now:
        return settle(draft, row)  # learnt late, or put off while nobody saw it
    return row


def _stable_at(draft: Draft, row: Incident) -> float:
    return (row.restored_at or draft.now) + draft.policy.stable_for(row.category)


def _is_over(draft: Draft, row: Incident, restored_at: float) -> Incident:
    """What a person resolved while it failed has ended by itself: what fails later is not what was accepted."""
    if PERSON_RESOLVED in row.flags and row.restored_at is None:
        row = changed(row, restored_at=max(min(restored_at, draft.now), row.started_at))
        draft.put_incident(row)
    return row


def relapse(draft: Draft, row: Incident) -> None:
    """It was well for too short a time."""
    draft.tell(row.id, "failing again", row.title, "22 restore")
    for timer in ("restore", "nudge"):
        draft.wake(f"{timer}:{row.id}", None)
    draft.put_incident(flapping.again(draft, changed(row, restored_at=None, well_at=row.restored_at)))


def settle(draft: Draft, row: Incident) -> Incident:
    """It has been well for long enough; what nobody sees now is looked at again later, for silence ends nothing."""
    draft.wake(f"restore:{row.id}", None)
    if row.restored_at is None or row.state == "resolved":
        return row
    if _is_out_of_sight(draft, row):
        draft.reason("5 silence", f"{row.ci} was well, and whether it still is cannot be seen now")
        draft.wake(f"restore:{row.id}", draft.now + max(draft.policy.stable_for(row.category), _LOOK_AGAIN))
        return row
    if not is_touched(row):
        return resolve(draft, row, "stable, and nobody had touched it")
    draft.wake(f"nudge:{row.id}", draft.now + draft.policy.ending.nudge)
    draft.tell(row.id, "stable", "stable; left to its owner", "22 restore")
    return row


def _is_out_of_sight(draft: Draft, row: Incident) -> bool:
    """Checked by its store's agents, none of which is heard."""
    ref = ref_of(merging.key_of(row))
    return beliefs.is_watched(draft, ref, row.home) and not beliefs.fresh_on(draft, ref, row.home)


def nudge(draft: Draft, row: Incident) -> Incident:
    draft.wake(f"nudge:{row.id}", None)
    if row.restored_at is not None and row.state != "resolved":
        to = row.assignee or row.acknowledged_by or row.resolver_group
        key = f"{row.id}:nudge:{row.restored_at:.3f}"  # it may fail again, and be well for a while once more
        draft.effect("page", row.id, key, to, f"well for a while, please resolve: {row.title}")
        draft.tell(row.id, "nudged", f"reminded {to}", "22 restore")
    return row


def resolve(draft: Draft, row: Incident, why: str, actor: str = "engine", flags: tuple[str, ...] = ()) -> Incident:
    """Resolved by the engine or by a person; it may come back until it is closed."""
    phase = after(row.state, "restore" if actor == "engine" else "resolve")
    if phase is None:
        return row
    row = pauses.ended(draft, row, "resolved")
    row = changed(row, state=phase, resolved_at=draft.now, flags=tuple(dict.fromkeys((*row.flags, *flags))))
    _stop(draft, row)
    draft.wake(f"close:{row.id}", draft.now + draft.policy.ending.reopen_within)
    draft.tell(row.id, "resolved", why, "22 restore", actor)
    if row.opened_at is not None:
        draft.effect("resolve_ticket", row.id, f"{row.id}:resolve:{row.reopened}", row.resolver_group, why)
    draft.put_incident(row)
    _tell_those_concerned(draft, row)
    return row


def close(draft: Draft, row: Incident, why: str = "not reopened in time") -> None:
    """Over for good: the same cause will be a new incident."""
    phase = after(row.state, "expire")
    if phase is None:
        return
    if row.restored_at is None:
        taken.take(draft, row.id)  # a person resolved it, and nobody has seen it well since: it may fail on
    row = changed(row, state=phase, closed_at=draft.now)
    draft.wake(f"close:{row.id}", None)
    draft.tell(row.id, "closed", why, "22 restore")
    draft.put_incident(row)


def absorb(draft: Draft, row: Incident, cause: Incident) -> None:
    """Another incident explains it (rule 11): a duplicate, unless a person has touched it; then it stays, linked."""
    if row.state == "resolved" or row.id == cause.id:
        return
    if row.restored_at is not None:
        _leave_over(draft, row, cause)
        return
    phase = after(row.state, "absorb") if merging.into(draft, row) is None else None
    if phase is None or is_touched(row):
        link(draft, row, cause)
        return
    _follow(draft, row, cause)
    text = f"explained by #{cause.number}: {cause.ci}"
    row = pauses.ended(draft, row, text)
    row = changed(row, state=phase, closed_at=draft.now, parent=cause.id, flags=(*row.flags, DUPLICATE))
    _stop(draft, row)
    taken.take(draft, row.id)
    draft.tell(row.id, "absorbed", text, "11 symptom")
    if row.opened_at is not None:
        draft.effect(
            "resolve_ticket", row.id, f"{row.id}:resolve:{row.reopened}", row.resolver_group, f"duplicate: {text}"
        )
    draft.put_incident(row)


def _leave_over(draft: Draft, row: Incident, cause: Incident) -> None:
    """It was well again before `cause` began: what fails now is another failure."""
    if not is_touched(row):
        resolve(draft, row, f"well since; what fails now is explained by #{cause.number}: {cause.ci}")


def link(draft: Draft, row: Incident, cause: Incident) -> None:
    if row.parent == cause.id or merging.into(draft, row) or merging.is_apart(cause, merging.key_of(row)):
        return
    draft.tell(row.id, "suppressed", f"part of #{cause.number}: {cause.ci}", "11 symptom")
    row = changed(row, parent=cause.id, suppressed=suppression(draft, cause.id, None))
    draft.put_incident(row)
    clocks.arm(draft, row)


def _follow(draft: Draft, row: Incident, cause: Incident) -> None:
    """What a person merged into an incident that becomes another's goes with it."""
    for part in draft.parts(row.id):
        if part.merged == row.id and part.id != cause.id:
            draft.put_incident(changed(part, merged=cause.id, parent=cause.id, suppressed=merging.suppression(cause)))


def unobserved(draft: Draft, row: Incident) -> None:
    """Nothing watches its CI any more; silence never closes, so it stays for a person (rule 4)."""
    if UNOBSERVED not in row.flags:
        draft.tell(row.id, "unobserved", f"nothing checks {row.ci} any more", "4 retired")
        draft.put_incident(changed(row, flags=(*row.flags, UNOBSERVED)))


def is_touched(row: Incident) -> bool:
    return row.acknowledged_at is not None or row.assignee is not None or TOUCHED in row.flags


def is_somebodys(row: Incident) -> bool:
    """A person has taken or resolved it: how it goes on is not its own doing."""
    return is_touched(row) or PERSON_RESOLVED in row.flags


def _stop(draft: Draft, row: Incident) -> None:
    for timer in _TIMERS:
        draft.wake(f"{timer}:{row.id}", None)


def _tell_those_concerned(draft: Draft, row: Incident) -> None:
    """What it explained is judged anew; what a person resolved is looked at again later."""
    for part in draft.parts(row.id):
        if part.merged == row.id and part.cause.startswith("manual:"):
            resolve(draft, part, f"resolved with #{row.number}, which a person said it is one with")
        elif part.home:
            draft.touch(part.home)
        elif draft.estate.is_shared(part.ci):
            draft.touch_shared(part.ci)
    if row.home:
        draft.touch(row.home)
    else:
        if draft.estate.is_shared(row.ci):
            draft.touch_shared(row.ci)
        for store in (*row.stores, *draft.unsure(row.ci)):
            draft.touch(store)
    if PERSON_RESOLVED in row.flags:
        ending = draft.policy.ending
        held = ending.accepted_for if ACCEPTED in row.flags else ending.still_failing
        draft.wake(f"refail:{row.id}", draft.now + held)
        draft.wake(f"close:{row.id}", draft.now + max(ending.reopen_within, held + _LAST_LOOK))
