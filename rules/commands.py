"""What people ask for about incidents and windows. Each command has an actor; a repeat is harmless."""

from collections.abc import Callable
from typing import Any

from rules import clocks, window_commands
from rules.draft import Draft, changed
from rules.entries import Command
from rules.finding import Finding
from rules.incident import Incident, Reason
from rules.incidents import ACCEPTED, PERSON_RESOLVED, made_by_person, reopened
from rules.lifecycle import after
from rules.policy import OTHER, number
from rules.restore import TOUCHED, resolve
from rules.said import lines, one_line

REFUSED = "command refused"
DONE = "command"
_REMEMBERED = 86_400.0  # seconds in which a repeated command is recognised


def obey(draft: Draft, event: Command) -> None:
    """A refused command changes nothing; the decision's reason of rule `command refused` says why."""
    if draft.meta(f"command:{event.id}") is not None:
        draft.reason(DONE, f"{event.name} {event.id} was done before")
        return
    refusal = _refusal(draft, event)
    if refusal:
        draft.reason(REFUSED, refusal)
        return
    draft.put("meta", f"command:{event.id}", event.at)
    draft.wake(f"command:{event.id}", draft.now + _REMEMBERED)
    if event.name == "create":
        _create(draft, event)
        return
    if event.name in window_commands.NAMES:
        window_commands.obey(draft, event)
        return
    row = draft.incident(event.incident)
    if row is not None:
        _ON_INCIDENTS[event.name](draft, row, event)


def forget(draft: Draft, command: str) -> None:
    draft.put("meta", f"command:{command}", None)
    draft.wake(f"command:{command}", None)


def _refusal(draft: Draft, event: Command) -> str:
    if event.name == "create":
        return _creation_refusal(draft, event.arguments)
    if event.name in window_commands.NAMES:
        return window_commands.refusal(draft, event)
    if event.name not in _ON_INCIDENTS:
        known = ", ".join(["create", *_ON_INCIDENTS, *window_commands.NAMES])
        return f"no command {event.name!r}; there are: {known}"
    row = draft.incident(event.incident)
    if row is None:
        return f"no incident {event.incident!r} that is not closed"
    if after(row.state, _EVENTS[event.name]) is None:
        return f"#{row.number} is {row.state}; {event.name} is not possible then"
    if event.name == "note" and not _text(event.arguments, "text"):
        return "a note needs a text"
    if event.name == "assign" and not (_text(event.arguments, "to") or _text(event.arguments, "group")):
        return "assign needs to (a person) or group"
    return ""


def _creation_refusal(draft: Draft, arguments: dict[str, Any]) -> str:
    subject, category = _text(arguments, "ci"), _text(arguments, "category") or OTHER
    if not _text(arguments, "title"):
        return "an incident needs a title"
    if subject and subject not in draft.estate.items and subject not in draft.estate.stores:
        return f"no store or configuration item {subject!r}"
    if category not in draft.policy.categories:
        return f"no category {category!r}; there are: {', '.join(draft.policy.categories)}"
    if _text(arguments, "priority") not in ("", "P1", "P2", "P3"):
        return f"found priority {arguments['priority']!r}, expected P1, P2 or P3"
    return ""


def _create(draft: Draft, event: Command) -> None:
    subject = _text(event.arguments, "ci")
    category = _text(event.arguments, "category") or OTHER
    item = draft.estate.items.get(subject)
    home = (item.store or "") if item else subject
    finding = Finding(
        cause=f"manual:{event.id}",
        category=category,
        ci=subject,
        title=_text(event.arguments, "title"),
        priority=number({"P1": "P1", "P2": "P2"}.get(_text(event.arguments, "priority"), "P3")),  # type: ignore[arg-type]
        service=draft.policy.category(category).service,
        started_at=draft.now,
        learnt_at=draft.now,
        home=home,
        stores=(home,) if home else (),
        flags=("manual",),
        reasons=(Reason(DONE, f"created by {event.actor}"),),
    )
    made_by_person(draft, finding, event.actor, _text(event.arguments, "text"))


def _acknowledge(draft: Draft, row: Incident, event: Command) -> None:
    phase = after(row.state, "acknowledge") or row.state
    row = changed(row, state=phase, acknowledged_at=draft.now, acknowledged_by=event.actor)
    draft.tell(row.id, "acknowledged", f"acknowledged by {event.actor}", DONE, event.actor)
    _keep(draft, row)


def _note(draft: Draft, row: Incident, event: Command) -> None:
    draft.tell(row.id, "note", _text(event.arguments, "text"), DONE, event.actor)
    _keep(draft, changed(row, flags=tuple(dict.fromkeys((*row.flags, TOUCHED)))))


def _assign(draft: Draft, row: Incident, event: Command) -> None:
    to, group = _text(event.arguments, "to"), _text(event.arguments, "group")
    row = changed(row, assignee=to or row.assignee, resolver_group=group or row.resolver_group)
    draft.tell(row.id, "assigned", f"assigned to {to or group}", DONE, event.actor)
    _keep(draft, changed(row, flags=tuple(dict.fromkeys((*row.flags, TOUCHED)))))


def _resolve(draft: Draft, row: Incident, event: Command) -> None:
    why = _text(event.arguments, "text") or f"resolved by {event.actor}"
    accepted = _text(event.arguments, "reason") in ("accepted", "false positive")
    flags = (PERSON_RESOLVED, ACCEPTED) if accepted else (PERSON_RESOLVED,)
    resolve(draft, row, why, event.actor, flags)


def _reopen(draft: Draft, row: Incident, event: Command) -> None:
    reopened(draft, row, _text(event.arguments, "text") or f"reopened by {event.actor}", event.actor)


def _keep(draft: Draft, row: Incident) -> None:
    draft.put_incident(row)
    clocks.arm(draft, row)


def _text(arguments: dict[str, Any], name: str) -> str:
    value = arguments.get(name)
    if not isinstance(value, str):
        return ""
    return lines(value) if name == "text" else one_line(value)


_ON_INCIDENTS: dict[str, Callable[[Draft, Incident, Command], None]] = {
    "acknowledge": _acknowledge,
    "note": _note,
    "assign": _assign,
    "resolve": _resolve,
    "reopen": _reopen,
}
_EVENTS: dict[str, Any] = {name: name for name in _ON_INCIDENTS}
