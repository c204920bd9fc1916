"""What a run of the rules came to, in the numbers that a person compares: incidents, priorities, tickets, minutes."""

from collections.abc import Iterable

import msgspec

from rules.course.incident import Incident

_MINUTE = 60.0


class Tally(msgspec.Struct, frozen=True):
    """`minutes_p1` … are how long customers went without, by the worst priority that an incident had; `minutes_told`
    from an incident's start at the store until it was actionable. Incidents that others explain are not counted.
    """

    incidents: int = 0
    p1: int = 0
    p2: int = 0
    p3: int = 0
    tickets: int = 0
    pages: int = 0
    minutes_p1: float = 0.0
    minutes_p2: float = 0.0
    minutes_p3: float = 0.0
    minutes_told: float = 0.0


def tally(incidents: Iterable[Incident], effects: Iterable[str], until: float) -> Tally:
    """`effects` are the kinds of those that were asked for, each once; what still goes on is counted `until` then."""
    own = [row for row in incidents if stands_alone(row)]
    told, number, lasted = list(effects), {1: 0, 2: 0, 3: 0}, {1: 0.0, 2: 0.0, 3: 0.0}
    for row in own:
        number[row.worst_priority] += 1
        lasted[row.worst_priority] += (ended(row, until) - row.started_at) / _MINUTE
    return Tally(
        incidents=len(own),
        p1=number[1],
        p2=number[2],
        p3=number[3],
        tickets=told.count("open_ticket"),
        pages=told.count("page"),
        minutes_p1=lasted[1],
        minutes_p2=lasted[2],
        minutes_p3=lasted[3],
        minutes_told=sum((row.opened_at - row.started_at) / _MINUTE for row in own if row.opened_at is not None),
    )


def stands_alone(row: Incident) -> bool:
    return row.parent is None


def ended(row: Incident, until: float) -> float:
    found = next((at for at in (row.restored_at, row.resolved_at, row.closed_at) if at is not None), until)
    return max(found, row.started_at)
