"""What people do to an incident that is there: take it, write on it, hand it on, end it, open it again."""

from collections.abc import Callable

from rules.asked.verb import DONE, Verb, text
from rules.course import clocks, ledger
from rules.course.incident import Incident
from rules.course.incidents import ACCEPTED, PERSON_RESOLVED, reopened
from rules.course.lifecycle import Event, after
from rules.course.restore import TOUCHED, resolve
from rules.draft import Draft, changed
from rules.entries import Command

FALSE_POSITIVE = "false positive"
Deed = Callable[[Draft, Incident, Command], None]
Objection = Callable[[Draft, Incident, Command], str]


def on_incident(event: Event | None, deed: Deed, objection: Objection = lambda *_: "") -> Verb:
    """A verb about one incident: refused when there is none, in a phase without that event, or for `objection`."""

    def refusal(draft: Draft, command: Command) -> str:
        row = draft.incident(command.incident)
        if row is None:
            return f"no incident {command.incident!r} that is not closed"
        if event is not None and after(row.state, event) is None:
            return f"#{row.number} is {row.state}; {command.name} is not possible then"
        return objection(draft, row, command)

    def obey(draft: Draft, command: Command) -> None:
        row = draft.incident(command.incident)
        if row is not None:
            deed(draft, row, command)

    return Verb(refusal, obey)


def _acknowledge(draft: Draft, row: Incident, event: Command) -> None:
    phase = after(row.state, "acknowledge") or row.state
    row = changed(row, state=phase, acknowledged_at=draft.now, acknowledged_by=event.actor)
    row = ledger.judged(draft, row, "confirmed")
    draft.tell(row.id, "acknowledged", f"acknowledged by {event.actor}", DONE, event.actor)
    _keep(draft, row)


def _note(draft: Draft, row: Incident, event: Command) -> None:
    called = event.arguments.get("called_at")
    row = row if called is None else ledger.called(draft, row, float(called))
    draft.tell(row.id, "note", text(event.arguments, "text"), DONE, event.actor)
    _keep(draft, changed(row, flags=tuple(dict.fromkeys((*row.flags, TOUCHED)))))


def _assign(draft: Draft, row: Incident, event: Command) -> None:
    to, group = text(event.arguments, "to"), text(event.arguments, "group")
    row = changed(row, assignee=to or row.assignee, resolver_group=group or row.resolver_group)
    draft.tell(row.id, "assigned", f"assigned to {to or group}", DONE, event.actor)
    _keep(draft, changed(row, flags=tuple(dict.fromkeys((*row.flags, TOUCHED)))))


def _resolve(draft: Draft, row: Incident, event: Command) -> None:
    why = text(event.arguments, "text") or f"resolved by {event.actor}"
    reason = text(event.arguments, "reason")
    flags = (PERSON_RESOLVED, ACCEPTED) if reason in ("accepted", FALSE_POSITIVE) else (PERSON_RESOLVED,)
    row = ledger.judged(draft, row, "false" if reason == FALSE_POSITIVE else "confirmed")
    resolve(draft, row, why, event.actor, flags)


def _false_positive(draft: Draft, row: Incident, event: Command) -> None:
    """There was nothing: resolved for that reason; of what is resolved already only that is kept."""
    why = text(event.arguments, "text")
    row = ledger.judged(draft, row, "false")
    told = f"{event.actor} says that it was none{f': {why}' if why else ''}"
    if row.state == "resolved":
        draft.tell(row.id, FALSE_POSITIVE, told, DONE, event.actor)
        draft.put_incident(row)
    else:
        resolve(draft, row, f"{FALSE_POSITIVE}: {told}", event.actor, (PERSON_RESOLVED, ACCEPTED))


def _is_known_false(_: Draft, row: Incident, __: Command) -> str:
    is_known = row.judged == "false" and row.state == "resolved"
    return f"#{row.number} is known to be a false positive" if is_known else ""


def _reopen(draft: Draft, row: Incident, event: Command) -> None:
    reopened(draft, row, text(event.arguments, "text") or f"reopened by {event.actor}", event.actor)


def _keep(draft: Draft, row: Incident) -> None:
    draft.put_incident(row)
    clocks.arm(draft, row)


def _empty_note(draft: Draft, _: Incident, event: Command) -> str:
    called = event.arguments.get("called_at")
    if called is not None and (not isinstance(called, int | float) or isinstance(called, bool) or called < 0):
        return "called_at is an instant in seconds"
    if called is not None and not called <= draft.now:
        return "called_at lies in the future"
    return "" if text(event.arguments, "text") else "a note needs a text"


def _to_nobody(_: Draft, __: Incident, event: Command) -> str:
    named = text(event.arguments, "to") or text(event.arguments, "group")
    return "" if named else "assign needs to (a person) or group"


VERBS = {
    "acknowledge": on_incident("acknowledge", _acknowledge),
    "note": on_incident("note", _note, _empty_note),
    "assign": on_incident("assign", _assign, _to_nobody),
    "resolve": on_incident("resolve", _resolve),
    "reopen": on_incident("reopen", _reopen),
    "false_positive": on_incident(None, _false_positive, _is_known_false),
}
