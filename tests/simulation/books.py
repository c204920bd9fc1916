"""What is written down when a world has ended: its incidents, its journal, its logs."""

from typing import NamedTuple

import msgspec
from sqlalchemy import select

from collector.database import Database, cursors, decisions, journal
from collector.database.hash_chain import Broken
from collector.database.tables import incidents
from rules import rows
from rules.course.incident import Incident
from rules.entries import JournalEntry
from rules.state import State
from tests.simulation.host import Host
from tests.simulation.ledger import Ledger

_incident = msgspec.json.Decoder(Incident).decode


class Books(NamedTuple):
    """`epochs`: (agent, generation) → epoch. `opened`: incident → how many tickets were asked for."""

    incidents: list[Incident]
    journal: list[JournalEntry]
    broken_link: Broken | None
    engine_position: int
    state: State
    epochs: dict[tuple[str, int], str]
    opened: dict[str, int]
    ledger: Ledger
    pending: dict[str, int]
    dropped: dict[str, int]
    story: list[str]


def read(database: Database, ledger: Ledger, hosts: dict[str, Host], story: list[str]) -> Books:
    with database.reading() as connection:
        found = [_incident(body) for body in connection.execute(select(incidents.c.body)).scalars()]
        told = [row for row in decisions.effects(connection, 10_000) if row["kind"] == "open_ticket"]
        asked = [row["incident"] for row in told if ":open:" not in row["key"]]  # with a number: the same one, again
        return Books(
            incidents=found,
            journal=[placed.entry for placed in journal.after(connection, 0, 100_000)],
            broken_link=journal.broken_link(connection),
            engine_position=decisions.engine_row(connection).position,
            state=rows.restore(decisions.state_rows(connection)),
            epochs={(row.agent, row.generation): row.epoch for row in cursors.all_cursors(connection)},
            opened={incident: asked.count(incident) for incident in asked},
            ledger=ledger,
            pending={name: host.log.standing().pending for name, host in hosts.items()},
            dropped={name: host.log.standing().dropped for name, host in hosts.items()},
            story=story,
        )
