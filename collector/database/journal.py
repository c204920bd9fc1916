"""The journal: the engine's only input, in one order for ever. An append locks the one head row, and does it last."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from collector.database.tables import journal, journal_head
from rules.entries import JournalEntry

GENESIS = bytes(32)
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(JournalEntry).decode


class Placed(NamedTuple):
    """An entry and where it stands."""

    position: int
    entry: JournalEntry


def append(connection: Connection, entries: Sequence[JournalEntry]) -> list[Placed]:
    """Appends in this order, at consecutive positions. An `at` before the journal's last becomes the last.

    Call it last in a transaction: from here to the commit every other append waits.
    """
    if not entries:
        return []
    head = connection.execute(select(journal_head).with_for_update()).one()
    position, at, link = head.position, head.at, head.hash
    placed, rows = [], []
    for given in entries:
        position, at = position + 1, max(at, given.at)
        entry = given if given.at == at else msgspec.structs.replace(given, at=at)
        body = _encode(entry)
        link = linked(link, position, body)
        rows.append({"position": position, "at": at, "body": body, "hash": link})
        placed.append(Placed(position, entry))
    connection.execute(insert(journal), rows)
    connection.execute(update(journal_head).values(position=position, at=at, hash=link))
    return placed


def linked(previous: bytes, position: int, body: bytes) -> bytes:
    """The hash that ties an entry to all before it; `body` holds its `at`."""
    return sha256(previous + position.to_bytes(8) + body).digest()


def head_position(connection: Connection) -> int:
    return int(connection.execute(select(journal_head.c.position)).scalar_one())


def head_at(connection: Connection) -> float:
    """The newest instant in it; 0.0 while it is empty."""
    return float(connection.execute(select(journal_head.c.at)).scalar_one())


def after(connection: Connection, position: int, limit: int, until: float | None = None) -> list[Placed]:
    """At most `limit` entries beyond `position`, in order; `until` leaves out what is later than that instant."""
    query = select(journal.c.position, journal.c.body).where(journal.c.position > position)
    if until is not None:
        query = query.where(journal.c.at <= until)
    rows = connection.execute(query.order_by(journal.c.position).limit(limit))
    return [Placed(row.position, _decode(row.body)) for row in rows]


def first_position(connection: Connection) -> int:
    """Of the oldest entry that is kept; one more than the head when there is none."""
    found = connection.execute(select(func.min(journal.c.position))).scalar()
    return int(found) if found is not None else head_position(connection) + 1


def broken_link(connection: Connection) -> int | None:
    """The first position whose hash does not follow from what is kept before it; None when the chain holds."""
    link: bytes | None = None
    rows: Sequence[Row[Any]] = ()
    position = first_position(connection) - 1
    link = GENESIS if position == 0 else None
    while rows := connection.execute(
        select(journal).where(journal.c.position > position).order_by(journal.c.position).limit(1000)
    ).all():
        for row in rows:
            expected = linked(link, row.position, row.body) if link is not None else row.hash
            if row.position != position + 1 or row.hash != expected:
                return int(row.position)
            position, link = row.position, row.hash
    return None


def prune(connection: Connection, below: int) -> int:
    """Forgets the entries before position `below`; returns how many."""
    return connection.execute(delete(journal).where(journal.c.position < below)).rowcount
