"""The engine's whole state at a position, once a day: where a replay of the past begins, and the journal may end."""

import zlib

import msgspec
from sqlalchemy import Connection, delete, func, select

from collector.database.decisions import Row, engine_row, state_rows
from collector.database.tables import checkpoints
from collector.database.upsert import insert_new

_rows = msgspec.msgpack.Decoder(list[tuple[str, str, bytes]]).decode


def take(connection: Connection, at: float) -> int:
    """Stores the state as this transaction sees it; returns its position. `at` is the last entry's instant."""
    position = engine_row(connection).position
    body = zlib.compress(msgspec.msgpack.encode(state_rows(connection)), 6)
    insert_new(connection, checkpoints, [{"position": position, "at": at, "body": body}])
    return position


def newest_at(connection: Connection) -> float | None:
    """When the last checkpoint was taken."""
    return connection.execute(select(func.max(checkpoints.c.at))).scalar()


def nearest(connection: Connection, at: float) -> tuple[int, list[Row]] | None:
    """The position and rows of the last checkpoint that is not later than `at`."""
    query = select(checkpoints).where(checkpoints.c.at <= at).order_by(checkpoints.c.position.desc()).limit(1)
    found = connection.execute(query).one_or_none()
    return None if found is None else (found.position, _rows(zlib.decompress(found.body)))


def prune(connection: Connection, before: float) -> int | None:
    """Keeps the last checkpoint that is not later than `before` and drops older ones; returns its position.

    Nothing before that position is needed any more to explain what happened since. None: there is none so old.
    """
    old = select(func.max(checkpoints.c.position)).where(checkpoints.c.at <= before)
    position = connection.execute(old).scalar()
    if position is not None:
        connection.execute(delete(checkpoints).where(checkpoints.c.position < position))
    return position
