"""What a help desk says of an incident's time when it owns the clock (rule 18): ours only displays it then.

`desk_clock` takes `desk`, its name, and `resolve_by`, an instant; without that it has no deadline any more.
"""

from rules.asked.incident_commands import on_incident
from rules.asked.verb import number, text
from rules.course import clocks
from rules.course.incident import Incident
from rules.draft import Draft
from rules.entries import Command

RULE = "18 clocks"


def _follow(draft: Draft, row: Incident, event: Command) -> None:
    desk, resolve_by = text(event.arguments, "desk"), number(event.arguments, "resolve_by")
    if resolve_by is None:
        row, told = clocks.taken_back(draft, row), f"{desk} has no deadline for it any more: ours count again"
    else:
        row, told = clocks.handed_over(draft, row, desk, resolve_by), f"{desk} owns the clock and set its deadline"
    draft.tell(row.id, "clock", told, RULE, event.actor)
    draft.put_incident(row)
    clocks.arm(draft, row)


def _clockless(_: Draft, row: Incident, event: Command) -> str:
    desk = text(event.arguments, "desk")
    if not desk:
        return "desk_clock needs desk, the name of the desk that owns the clock"
    if not clocks.is_running(row):
        return f"#{row.number} has no clock that runs"
    is_known = number(event.arguments, "resolve_by") == clocks.said_by(row, desk)
    return f"#{row.number} has that deadline of {desk} already" if is_known else ""


VERBS = {"desk_clock": on_incident(None, _follow, _clockless)}
