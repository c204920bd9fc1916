"""Problems as the engine keeps them, for the desks' lanes: they travel in an incident's shape."""

from collections.abc import Collection

import msgspec
from sqlalchemy import Connection, delete, select

from collector.database.tables import desk_lanes, desk_shadow, engine_rows, outbox, timeline
from rules.course.incident import Incident
from rules.repeats.problem import Problem, as_ticket

TABLE = "problems"
_problem = msgspec.json.Decoder(Problem).decode


def ticket_of(connection: Connection, id_: str) -> Incident | None:
    """What the lane of the problem with this id carries; None when there is none."""
    of_it = select(engine_rows.c.body).where(engine_rows.c.name == TABLE, engine_rows.c.key == id_)
    body = connection.execute(of_it).scalar()
    return None if body is None else as_ticket(_problem(body))


def ids(connection: Connection) -> set[str]:
    """Of every problem that is not forgotten."""
    return set(connection.execute(select(engine_rows.c.key).where(engine_rows.c.name == TABLE)).scalars())


def open_ids(connection: Connection) -> list[str]:
    rows = connection.execute(select(engine_rows.c.body).where(engine_rows.c.name == TABLE))
    return sorted(one.id for one in map(_problem, rows.scalars()) if one.is_open)


def forget(connection: Connection, ids: Collection[str]) -> None:
    """The engine keeps them no longer: deletes what else is kept of them."""
    for table in (timeline, outbox, desk_lanes, desk_shadow) if ids else ():
        connection.execute(delete(table).where(table.c.incident.in_(ids)))
