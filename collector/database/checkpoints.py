"""The engine's whole state at a position, once a day: where a replay of the past begins, and the journal may end."""

import zlib

import msgspec
from sqlalchemy import Connection, delete, func, select

from collector.database.decisions import Row, engine_row, state_rows
from collector.database.tables import checkpoints
from collector.database.upsert import insert_new

_rows = msgspec.msgpack.Decoder(list[tuple[str, str, bytes]]).decode


def made(connection: Connection) -> tuple[int, bytes]:
    """The position and the packed state, both as this reading transaction sees them."""
    return engine_row(connection).position, zlib.compress(msgspec.msgpack.encode(state_rows(connection)), 6)


def keep(connection: Connection, position: int, at: float, body: bytes) -> None:
    """Stores what `made` returned; `at` is the instant of the entry at `position`."""
    insert_new(connection, checkpoints, [{"position": position, "at": at, "body": body}])


def newest_at(connection: Connection) -> float | None:
    """When the last checkpoint was taken."""
    return connection.execute(select(func.max(checkpoints.c.at))).scalar()


def nearest(connection: Connection, at: float) -> tuple[int, list[Row]] | None:
    """The position and rows of the last checkpoint that is not later than `at`."""
    query = select(checkpoints).where(checkpoints.c.at <= at).order_by(checkpoints.c.position.desc()).limit(1)
    found = connection.execute(query).one_or_none()
    return None if found is None else (found.position, _rows(zlib.decompress(found.body)))


def oldest(connection: Connection, least: int) -> tuple[int, list[Row]] | None:
    """The position and rows of the first checkpoint at position `least` or later."""
    query = select(checkpoints).where(checkpoints.c.position >= least).order_by(checkpoints.c.position).limit(1)
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
