"""What is committed of each agent's epochs. The ranges are the deduplication, and what acks are made of."""

from collections.abc import Iterable, Sequence

import msgspec
from sqlalchemy import Connection, bindparam, delete, select, update

from collector.database.tables import agents, cursors
from collector.database.upsert import upsert
from contract.ranges import Ranges

_ranges = msgspec.json.Decoder(tuple[tuple[int, int], ...]).decode


class CursorRow(msgspec.Struct, frozen=True, gc=False):
    """One epoch of an agent: its place in the order of lives, and the sequence numbers that are committed."""

    agent: str
    epoch: str
    generation: int
    previous: str | None
    ranges: Ranges


class AgentRow(msgspec.Struct, frozen=True, gc=False):
    """What must survive a restart about an agent. `digest` covers its beliefs, of which records up to `floor` came with
    a snapshot; None: not known. `fork_epoch` is a newcomer that claims to be this agent, `fork_at` since when.
    `version` and `config` are of its last hello.
    """

    agent: str
    epoch: str | None = None
    generations: int = 0
    digest: str | None = None
    floor: int = 0
    pulse: float = 15.0
    silent: bool = True
    heard_at: float = 0.0
    clock_offset: float = 0.0
    fork_epoch: str | None = None
    fork_at: float | None = None
    version: str | None = None
    config: str | None = None


def all_agents(connection: Connection) -> list[AgentRow]:
    return [AgentRow(**row._asdict()) for row in connection.execute(select(agents))]


def all_cursors(connection: Connection) -> list[CursorRow]:
    rows = connection.execute(select(cursors).order_by(cursors.c.agent, cursors.c.generation))
    return [CursorRow(row.agent, row.epoch, row.generation, row.previous, _ranges(row.ranges)) for row in rows]


def save_agents(connection: Connection, rows: Sequence[AgentRow]) -> None:
    upsert(connection, agents, [msgspec.structs.asdict(row) for row in rows])


def save_cursors(connection: Connection, rows: Sequence[CursorRow]) -> None:
    upsert(
        connection,
        cursors,
        [msgspec.structs.asdict(row) | {"ranges": msgspec.json.encode(row.ranges).decode()} for row in rows],
    )


def save_heard(connection: Connection, heard: Iterable[tuple[str, float]]) -> None:
    """Notes when agents were last heard, so that a silence during our absence is dated right."""
    rows = [{"who": agent, "heard": at} for agent, at in heard]
    if rows:
        noted = update(agents).where(agents.c.agent == bindparam("who")).values(heard_at=bindparam("heard"))
        connection.execute(noted, rows)


def drop_cursors(connection: Connection, gone: Iterable[tuple[str, str]]) -> None:
    for agent, epoch in gone:
        connection.execute(delete(cursors).where(cursors.c.agent == agent, cursors.c.epoch == epoch))
