"""Digests of the documents that the journal already has, so that a restart appends only what differs."""

from sqlalchemy import Connection, select

from collector.database.tables import loaded
from collector.database.upsert import upsert


def digest_of(connection: Connection, name: str) -> str | None:
    return connection.execute(select(loaded.c.digest).where(loaded.c.name == name)).scalar()


def note(connection: Connection, name: str, digest: str) -> None:
    upsert(connection, loaded, [{"name": name, "digest": digest}])
