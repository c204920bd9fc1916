"""What people ask of an incident's resolve clock: `pause` it for a while, `resume` it before that is over. Rule 19.

`pause` takes `reason` (one of the policy's), `reference`, and `until` (an instant) or `minutes`; `role` is that of
whoever asks, as the API knows it.
"""

from rules.asked.incident_commands import on_incident
from rules.asked.verb import number, text
from rules.course import clocks, pauses
from rules.course.incident import Incident
from rules.course.restore import TOUCHED
from rules.draft import Draft, changed
from rules.entries import Command

_REFERENCE = 100  # characters of a vendor's ticket number that are kept
_FARTHEST = 366 * 86_400.0  # seconds ahead that anybody can promise


def _pause(draft: Draft, row: Incident, event: Command) -> None:
    reference = text(event.arguments, "reference").strip()[:_REFERENCE]
    why = ", ".join(part for part in (text(event.arguments, "reason"), reference) if part)
    row = pauses.begun(draft, row, why, _until(draft, event) or draft.now, event.actor)
    _keep(draft, changed(row, flags=tuple(dict.fromkeys((*row.flags, TOUCHED)))))


def _resume(draft: Draft, row: Incident, event: Command) -> None:
    _keep(draft, pauses.ended(draft, row, text(event.arguments, "text") or f"resumed by {event.actor}", event.actor))


def _keep(draft: Draft, row: Incident) -> None:
    draft.put_incident(row)
    clocks.arm(draft, row)


def _unpausable(draft: Draft, row: Incident, event: Command) -> str:
    if row.state not in ("open", "acknowledged") or row.sla.resolve_by is None or row.suppressed is not None:
        return f"#{row.number} has no clock that runs"
    if row.sla.owner:
        return f"#{row.number} has the clock of {row.sla.owner}, which is paused there"
    if row.sla.paused is not None:
        return f"#{row.number} is paused already: {row.sla.paused}"
    if "resolve" in row.sla.breached:
        return f"#{row.number} has missed its resolve deadline, and a breach stands"
    known = draft.policy.pauses
    if row.priority == 1 and text(event.arguments, "role") not in known.p1_roles:
        return f"#{row.number} is a P1: only {' or '.join(known.p1_roles) or 'nobody'} may pause it"
    return _unfounded(draft, event) or _untimely(draft, event)


def _unfounded(draft: Draft, event: Command) -> str:
    known, reason = draft.policy.pauses, text(event.arguments, "reason")
    if reason not in known.reasons:
        return f"found reason {reason!r}, expected one of {', '.join(known.reasons)}"
    if reason in known.with_reference and not text(event.arguments, "reference").strip():
        return f"a pause for {reason} needs its reference"
    return ""


def _untimely(draft: Draft, event: Command) -> str:
    until = _until(draft, event)
    if until is None:
        return "a pause needs its end: either until or minutes"
    if not draft.now < until <= draft.now + _FARTHEST:
        return "a pause ends after now, and within a year"
    return ""


def _until(draft: Draft, event: Command) -> float | None:
    until, minutes = number(event.arguments, "until"), number(event.arguments, "minutes")
    if (until is None) == (minutes is None):
        return None
    return until if until is not None else draft.now + 60 * (minutes or 0.0)


def _running_already(_: Draft, row: Incident, __: Command) -> str:
    return "" if row.sla.paused is not None else f"#{row.number} is not paused"


VERBS = {
    "pause": on_incident(None, _pause, _unpausable),
    "resume": on_incident(None, _resume, _running_already),
}
