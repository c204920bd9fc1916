"""What people do to a problem, here or at the help desk: take it, write on it, resolve it, open it again."""

from rules.asked.verb import DONE, Verb, text
from rules.course.incident import Ticket
from rules.draft import Draft
from rules.entries import Command, TicketLinked
from rules.repeats import problems
from rules.repeats.problem import Problem

_NAMES = ("acknowledge", "note", "resolve", "reopen")


def link_ticket(draft: Draft, event: TicketLinked) -> None:
    row = draft.problem(event.incident)
    if row is not None:
        draft.put("problems", row.id, problems.with_(row, ticket=Ticket(event.system, event.ticket, event.url)))
        draft.tell(row.id, "ticket", f"{event.system} {event.ticket}", "ticket")


def _refusal(draft: Draft, event: Command) -> str:
    row = draft.problem(event.incident)
    if row is None:
        return f"no problem {event.incident[:40]!r}"
    if event.name == "note" and not text(event.arguments, "text"):
        return "a note needs a text"
    if event.name in ("acknowledge", "resolve") and not row.is_open:
        return f"problem #{row.number} is resolved; {event.name} is not possible then"
    if event.name == "reopen" and row.is_open:
        return f"problem #{row.number} is open"
    if event.name == "reopen" and any(one.is_open and one.key == row.key for one in draft.problems_on(row.key)):
        return f"there is a newer problem of the same failure than #{row.number}"
    return ""


def _obey(draft: Draft, event: Command) -> None:
    row = draft.problem(event.incident)
    if row is None:
        return
    said = text(event.arguments, "text")
    if event.name in ("resolve", "reopen"):
        done = "resolved" if row.is_open else "reopened"
        problems.turned(draft, row, said or f"{done} by {event.actor}", event.actor)
    elif event.name == "acknowledge":
        _take(draft, row, event.actor)
    else:
        draft.tell(row.id, "note", said, DONE, event.actor)


def _take(draft: Draft, row: Problem, actor: str) -> None:
    draft.tell(row.id, "acknowledged", f"acknowledged by {actor}", DONE, actor)
    draft.put("problems", row.id, problems.with_(row, owner=actor))


VERBS = dict.fromkeys(_NAMES, Verb(_refusal, _obey))
