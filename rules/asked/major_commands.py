"""What people say about a major incident: that it is one, or that it is not (rule 16)."""

from rules.asked.incident_commands import on_incident
from rules.asked.verb import text
from rules.course import clocks, major
from rules.course.incident import Incident
from rules.course.restore import TOUCHED
from rules.draft import Draft, changed
from rules.entries import Command


def _declare(draft: Draft, row: Incident, event: Command) -> None:
    _keep(draft, major.declared(draft, row, _why(event), event.actor))


def _decline(draft: Draft, row: Incident, event: Command) -> None:
    _keep(draft, major.declined(draft, row, _why(event), event.actor))


def _why(event: Command) -> str:
    return text(event.arguments, "text") or f"said {event.actor}"


def _keep(draft: Draft, row: Incident) -> None:
    row = changed(row, flags=tuple(dict.fromkeys((*row.flags, TOUCHED))))
    draft.put_incident(row)
    clocks.arm(draft, row)


def _cannot_be(draft: Draft, row: Incident, _: Command) -> str:
    if row.state == "resolved":
        return f"#{row.number} is resolved; it cannot be declared a major incident then"
    if row.major == "declared":
        return f"#{row.number} is a major incident already"
    if major.is_of_one_store(draft, row):
        return f"#{row.number} is one store's, and one store is never a major incident"
    return ""


def _is_none(_: Draft, row: Incident, __: Command) -> str:
    if row.state == "resolved":
        return f"#{row.number} is resolved; there is nothing to decline"
    if row.major not in ("proposed", "declared"):
        return f"#{row.number} is neither proposed nor declared as a major incident"
    return ""


VERBS = {
    "declare_major": on_incident(None, _declare, _cannot_be),
    "decline_major": on_incident(None, _decline, _is_none),
}
