"""Rule 19: the resolve clock may stand still for a named reason: never longer than promised, never while things worsen.

The respond clock never pauses. While it lasts `resolve_by` stays as it was; it moves by the paused time at the end.
"""

from datetime import datetime

import msgspec

from rules.course import targets
from rules.course.incident import Incident, Sla
from rules.draft import Draft, changed
from rules.given import calendars

RULE = "19 pause"
TIMER = "pause"


def begun(draft: Draft, row: Incident, why: str, until: float, actor: str) -> Incident:
    """Paused from now on, until `until` (after now) at the latest, or for as long as the policy lets it."""
    ends = min(until, draft.now + draft.policy.pauses.longest)
    sla = msgspec.structs.replace(row.sla, paused=why, paused_at=draft.now, paused_until=ends)
    draft.wake(f"{TIMER}:{row.id}", ends)
    shown = datetime.fromtimestamp(ends, targets.work(draft, row).zone).strftime("%Y-%m-%d %H:%M %Z")
    cut = "" if ends == until else ", the longest that a pause may last"
    draft.tell(row.id, "paused", f"resolve clock paused until {shown}{cut}: {why}", RULE, actor)
    return changed(row, sla=sla)


def ended(draft: Draft, row: Incident, why: str, actor: str = "engine") -> Incident:
    """Goes on from now; the deadline moves by the time in which the clock stood still. Unpaused, it stays as it is."""
    sla = row.sla
    if sla.paused_at is None:
        return row
    draft.wake(f"{TIMER}:{row.id}", None)
    draft.tell(row.id, "resumed", f"resolve clock goes on: {why}", RULE, actor)
    resolve_by, lasted = _moved(draft, row, sla, sla.paused_at)
    return changed(row, sla=_running(sla, resolve_by, lasted))


def ended_by_time(draft: Draft, row: Incident) -> Incident:
    return ended(draft, row, "the time that was promised is over")


def ended_if_worse(draft: Draft, row: Incident, before: Incident) -> Incident:
    """More is lost, or in more stores, than there was when the step began."""
    if row.sla.paused_at is None:
        return row
    if row.loss > before.loss or row.affected.lanes_down > before.affected.lanes_down:
        return ended(draft, row, "more is lost than before")
    if len(row.stores) > len(before.stores):
        return ended(draft, row, "more stores are hit than before")
    return row


def _moved(draft: Draft, row: Incident, sla: Sla, since: float) -> tuple[float | None, float]:
    """The resolve deadline, and by how much; of one in business days only their working time counts."""
    if sla.resolve_by is None or targets.target(draft.policy, row, row.priority).resolve is not None:
        lasted = draft.now - since
        return (None if sla.resolve_by is None else sla.resolve_by + lasted), lasted
    work = targets.work(draft, row)
    lasted = calendars.worked(work, since, draft.now)
    return calendars.shifted(work, sla.resolve_by, lasted), lasted


def _running(sla: Sla, resolve_by: float | None, lasted: float) -> Sla:
    return msgspec.structs.replace(
        sla,
        resolve_by=resolve_by,
        paused=None,
        paused_at=None,
        paused_until=None,
        paused_for=sla.paused_for + lasted,
    )
