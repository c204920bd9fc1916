"""The engine's whole state at a position, once a day: where a replay of the past begins, and the journal may end."""

import zlib

import msgspec
from sqlalchemy import Connection, delete, func, select

from collector.database.decisions import Row, engine_row, state_rows
from collector.database.tables import checkpoints
from collector.database.upsert import insert_new


class CheckpointError(LookupError):
    """There is none where one is needed, or it cannot be read."""


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


def positions(connection: Connection, least: int) -> list[int]:
    """Of the checkpoints at position `least` or later, in order."""
    query = select(checkpoints.c.position).where(checkpoints.c.position >= least)
    return list(connection.execute(query.order_by(checkpoints.c.position)).scalars())


def at(connection: Connection, position: int) -> list[Row]:
    """The rows of the checkpoint at `position`. Raises CheckpointError."""
    body = connection.execute(select(checkpoints.c.body).where(checkpoints.c.position == position)).scalar()
    if body is None:
        raise CheckpointError(f"there is no checkpoint at position {position} any more")
    try:
        return _rows(zlib.decompress(body))
    except (zlib.error, msgspec.DecodeError, TypeError) as error:
        raise CheckpointError(f"the checkpoint at position {position} cannot be read: {error}") from error


def prune(connection: Connection, before: float) -> int | None:
    """Keeps the last checkpoint that is not later than `before` and drops older ones; returns its position.

    Nothing before that position is needed any more to explain what happened since. None: there is none so old.
    """
    old = select(func.max(checkpoints.c.position)).where(checkpoints.c.at <= before)
    position = connection.execute(old).scalar()
    if position is not None:
        connection.execute(delete(checkpoints).where(checkpoints.c.position < position))
    return position
