"""What people say about a priority: pin it until a time, take the pin away, say whether an unheard store can sell."""

from rules.asked.incident_commands import on_incident
from rules.asked.verb import text
from rules.course import clocks
from rules.course.finding import instant
from rules.course.incident import Incident, Pin, Priority
from rules.course.incidents import CANNOT_SELL, moved
from rules.course.restore import TOUCHED
from rules.draft import Draft, changed
from rules.entries import Command
from rules.given.playbook import STORE_UNREACHABLE
from rules.impact import matrix
from rules.impact.pins import RULE, without_proposals

TIMER = "pin"
_SAYS_SO = "10 unreachable"
_PRIORITIES: dict[str, Priority] = {"P1": 1, "P2": 2, "P3": 3}
_LONGEST_REASON = 500  # characters
_FAR = 1e12  # seconds; no date is as late


def end(draft: Draft, row: Incident, why: str, actor: str = "engine") -> Incident:
    """The priority is the rules' own again: as it was before the pin, or as bad as things have become since."""
    pin = row.pin
    draft.wake(f"{TIMER}:{row.id}", None)
    if pin is None:
        return row
    draft.tell(row.id, "unpinned", why, RULE, actor)
    back = min(pin.before, row.wanted or pin.before)
    row = changed(row, pin=None)
    if back != row.priority and row.state != "resolved":
        row = matrix.kept(draft.policy, moved(draft, row, back, why, RULE, actor))
    _judge_anew(draft, row)
    return row


def _pin(draft: Draft, row: Incident, event: Command) -> None:
    priority, until = _priority(event), _until(draft, event)
    before = row.pin.before if row.pin is not None else row.priority
    reason = text(event.arguments, "reason")[:_LONGEST_REASON]
    wanted = row.wanted or before
    pin = Pin(priority, event.actor, reason, until, before, noted=wanted)
    row = changed(row, pin=pin, flags=tuple(dict.fromkeys((*without_proposals(row), TOUCHED))))
    words = f"pinned at P{priority} until {instant(draft, row.home, until)}: {reason}"
    draft.tell(row.id, "pinned", words, RULE, event.actor)
    draft.wake(f"{TIMER}:{row.id}", until)
    draft.wake(f"lower:{row.id}", None)
    if priority != row.priority:
        row = matrix.kept(draft.policy, moved(draft, row, priority, reason, RULE, event.actor))
    _keep(draft, row)


def _unpin(draft: Draft, row: Incident, event: Command) -> None:
    _keep(draft, end(draft, row, f"no longer pinned, says {event.actor}", event.actor))


def _cannot_sell(draft: Draft, row: Incident, event: Command) -> None:
    why = text(event.arguments, "text") or "the store says that it cannot sell"
    draft.tell(row.id, "cannot sell", why, _SAYS_SO, event.actor)
    _keep(draft, changed(row, flags=(*row.flags, CANNOT_SELL)))
    draft.touch(row.home)


def _can_sell(draft: Draft, row: Incident, event: Command) -> None:
    why = text(event.arguments, "text") or "the store says that it can sell"
    draft.tell(row.id, "can sell", why, _SAYS_SO, event.actor)
    _keep(draft, changed(row, flags=tuple(flag for flag in row.flags if flag != CANNOT_SELL)))
    draft.touch(row.home)


def _cannot_pin(draft: Draft, row: Incident, event: Command) -> str:
    longest, until = draft.policy.pins.longest, _until(draft, event)
    if row.state == "resolved":
        return f"#{row.number} is resolved; pin is not possible then"
    if text(event.arguments, "priority") not in _PRIORITIES:
        return "a pin needs a priority: P1, P2 or P3"
    if not text(event.arguments, "reason").strip():
        return "a pin needs a reason"
    if not draft.now < until <= draft.now + longest:
        return f"a pin needs its end: until or minutes, after now and within {longest / 3600:g} h"
    return ""


def _is_not_pinned(_: Draft, row: Incident, __: Command) -> str:
    return "" if row.pin is not None else f"#{row.number} is not pinned"


def _is_heard(_: Draft, row: Incident, event: Command) -> str:
    if row.category != STORE_UNREACHABLE or not row.home or row.state == "resolved":
        return f"{event.name} is about a store that is unreachable, and #{row.number} is not; pin its priority"
    if (CANNOT_SELL in row.flags) == (event.name == "cannot_sell"):
        return f"#{row.number} has that already"
    return ""


def _priority(event: Command) -> Priority:
    return _PRIORITIES[text(event.arguments, "priority")]


def _until(draft: Draft, event: Command) -> float:
    """-inf when no end was told, or two."""
    until, minutes = _number(event, "until"), _number(event, "minutes")
    if (until is None) == (minutes is None):
        return float("-inf")
    return until if until is not None else draft.now + 60 * (minutes or 0.0)


def _number(event: Command, name: str) -> float | None:
    found = event.arguments.get(name)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return float(found) if abs(found) < _FAR else None


def _keep(draft: Draft, row: Incident) -> None:
    draft.put_incident(row)
    clocks.arm(draft, row)


def _judge_anew(draft: Draft, row: Incident) -> None:
    if row.home:
        draft.touch(row.home)
    elif draft.estate.is_shared(row.ci):
        draft.touch_shared(row.ci)


VERBS = {
    "pin": on_incident(None, _pin, _cannot_pin),
    "unpin": on_incident(None, _unpin, _is_not_pinned),
    "cannot_sell": on_incident(None, _cannot_sell, _is_heard),
    "can_sell": on_incident(None, _can_sell, _is_heard),
}
