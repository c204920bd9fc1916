"""By when a help desk that owns the clock wants an incident resolved (rule 18): what tells the rules of it. Pure."""

from datetime import UTC, datetime

from collector.desk.order import Changed, Difference
from rules.course import clocks
from rules.course.incident import Incident
from rules.entries import Command


def news(desk: str, ticket: Changed, incident: Incident, at: float) -> Command | None:
    """What tells the rules of the ticket's deadline; None when they know it, or the incident has no clock that runs."""
    if not clocks.is_running(incident) or clocks.said_by(incident, desk) == ticket.due:
        return None
    due = {} if ticket.due is None else {"resolve_by": ticket.due}
    return Command(
        at=at,
        id=f"desk:{desk}:{ticket.ticket}:due:{at:.6f}",  # it may say the same again after it said something else
        actor=desk,
        name="desk_clock",
        incident=incident.id,
        arguments={"desk": desk, **due},
    )


def difference(desk: str, due: float | None, incident: Incident) -> list[Difference]:
    known = clocks.said_by(incident, desk)
    if not clocks.is_running(incident) or known == due:
        return []
    return [Difference("due", _shown(known), _shown(due), is_ours=False)]


def _shown(due: float | None) -> str:
    return "never" if due is None else datetime.fromtimestamp(due, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
