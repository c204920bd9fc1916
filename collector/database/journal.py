"""The journal: the engine's only input, in one order for ever. An append locks the one head row, and does it last."""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from collector.database import hash_chain
from collector.database.hash_chain import GENESIS, Broken, ChainBroken, Link, linked
from collector.database.tables import journal, journal_head
from rules.entries import JournalEntry

_A_PAGE = 1_000
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(JournalEntry).decode


# Made once: an ingest and an engine run them several times a second, and making one costs more than running it.
_HEAD_HELD = select(journal_head).with_for_update()
_HEAD_POSITION = select(journal_head.c.position)
_HEAD_MOVED = update(journal_head).values(position=bindparam("position"), at=bindparam("at"), hash=bindparam("hash"))
_APPENDED = insert(journal)
_AFTER = (
    select(journal.c.position, journal.c.body)
    .where(journal.c.position > bindparam("beyond"))
    .order_by(journal.c.position)
    .limit(bindparam("most"))
)


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
    head = connection.execute(_HEAD_HELD).one()
    position, at, link = head.position, head.at, head.hash
    placed, rows = [], []
    for given in entries:
        position, at = position + 1, max(at, given.at)
        entry = given if given.at == at else msgspec.structs.replace(given, at=at)
        body = _encode(entry)
        link = linked(link, position, body)
        rows.append({"position": position, "at": at, "body": body, "hash": link})
        placed.append(Placed(position, entry))
    connection.execute(_APPENDED, rows)
    connection.execute(_HEAD_MOVED, {"position": position, "at": at, "hash": link})
    return placed


def head_position(connection: Connection) -> int:
    return int(connection.execute(_HEAD_POSITION).scalar_one())


def head_at(connection: Connection) -> float:
    """The newest instant in it; 0.0 while it is empty."""
    return float(connection.execute(select(journal_head.c.at)).scalar_one())


def after(connection: Connection, position: int, limit: int, until: float | None = None) -> list[Placed]:
    """At most `limit` entries beyond `position`, in order; `until` leaves out what is later than that instant."""
    query = _AFTER if until is None else _AFTER.where(journal.c.at <= until)
    rows = connection.execute(query, {"beyond": position, "most": limit})
    return [Placed(row.position, _decode(row.body)) for row in rows]


def first_position(connection: Connection) -> int:
    """Of the oldest entry that is kept; one more than the head when there is none."""
    found = connection.execute(select(func.min(journal.c.position))).scalar()
    return int(found) if found is not None else head_position(connection) + 1


def links(connection: Connection, beyond: int | None = None, until: int | None = None) -> Iterator[Link]:
    """The entries after position `beyond` (None: all that are kept) up to `until` (None: the head), as they are kept.

    Raises ChainBroken at the first that does not follow from those before, and at the end, when there are fewer than
    asked for or than the head tells of.
    """
    begun = first_position(connection) - 1 if beyond is None else beyond
    last, position = _hash_at(connection, begun), begun
    for link in hash_chain.held(_kept(connection, begun, until), begun, last):
        yield link
        last, position = link.hash, link.position
    head = connection.execute(select(journal_head)).one()
    if position != (head.position if until is None else until):
        text = f"expected entries up to {until or head.position}, which the head tells of; the last is {position}"
        raise ChainBroken(Broken(position + 1, text))
    if position == head.position and last is not None and head.hash != last:
        text = f"expected hash {hash_chain.shown(head.hash)}, which the head has, found {hash_chain.shown(last)}"
        raise ChainBroken(Broken(position, text))


def broken_link(connection: Connection) -> Broken | None:
    """Where the chain does not hold; None when it does."""
    try:
        deque(links(connection), maxlen=0)
    except ChainBroken as found:
        return found.broken
    return None


def _hash_at(connection: Connection, position: int) -> bytes | None:
    """None: that entry is not kept any more."""
    if position == 0:
        return GENESIS
    found = connection.execute(select(journal.c.hash).where(journal.c.position == position)).scalar()
    return None if found is None else _bytes(found)


def _kept(connection: Connection, position: int, until: int | None) -> Iterator[Link]:
    columns = (journal.c.position, journal.c.body, journal.c.hash)
    query = select(*columns).order_by(journal.c.position).limit(_A_PAGE)
    if until is not None:
        query = query.where(journal.c.position <= until)
    while rows := connection.execute(query.where(journal.c.position > position)).all():
        yield from (Link(row.position, _bytes(row.body), _bytes(row.hash)) for row in rows)
        position = rows[-1].position


def _bytes(found: object) -> bytes:
    """SQLite keeps whatever a hand wrote into a column."""
    return found if isinstance(found, bytes) else str(found).encode()


def prune(connection: Connection, below: int) -> int:
    """Forgets the entries before position `below`; returns how many."""
    return connection.execute(delete(journal).where(journal.c.position < below)).rowcount
