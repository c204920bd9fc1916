"""What a perfect line would have made of it: every record that an agent's log took, told to the engine at that instant.

The oracle has no network, no broker, no database and no crash, and knows the true time; only the engine is the same.
"""

from typing import Any, NamedTuple

import msgspec

from contract.records import Gap
from rules import engine
from rules.course.incident import Incident
from rules.entries import AgentHeard, CmdbLoaded, JournalEntry, PolicyLoaded, Records, Tick
from rules.state import State
from tests.simulation.centre import RETAIL
from tests.simulation.ledger import Kept, Ledger
from tests.simulation.script import END, cmdb
from tests.simulation.timeline import START

# What only an imperfect line has.
OF_THE_LINE = ("store_unreachable", "agent_silent")


class Told(NamedTuple):
    """An incident as DESIGN §5 compares it. `ended` None: it still goes on."""

    ci: str
    category: str
    home: str
    started: float
    ended: float | None
    worst: int


def foretold(ledger: Ledger) -> list[Incident]:
    """Every incident that the records in the ledger come to, over a perfect line."""
    state = State.empty()
    incidents: dict[str, Incident] = {}
    entries: list[JournalEntry] = [
        PolicyLoaded(at=START, name="retail", document=RETAIL),
        CmdbLoaded(at=START, document=cmdb()),
        *(AgentHeard(at=START, agent=agent) for agent in ledger.lives),
        *(_entry(ledger, kept) for kept in ledger.kept.values()),
        Tick(at=END),
    ]
    for entry in entries:
        for decision in engine.run(state, entry):
            rows = [change.row for change in decision.changes if change.table == "incidents"]
            incidents.update((row.id, row) for row in rows if row is not None)
    return list(incidents.values())


def compared(incidents: list[Incident]) -> list[Told]:
    """Duplicates were explained by another incident; what is of the line is judged by tests.simulation.silence."""
    return sorted(
        Told(row.ci, row.category, row.home, row.started_at, row.restored_at, row.worst_priority)
        for row in incidents
        if row.category not in OF_THE_LINE and "duplicate" not in row.flags
    )


def _entry(ledger: Ledger, kept: Kept) -> Records:
    generation = ledger.lives[kept.agent].index(kept.epoch) + 1
    record: Any = kept.record
    if not isinstance(record, Gap):
        decided = msgspec.structs.replace(record.decided, wall=record.decided.wall - kept.error)
        record = msgspec.structs.replace(record, started_at=record.started_at - kept.error, decided=decided)
    return Records(at=kept.at, agent=kept.agent, generation=generation, live=True, records=[record])
