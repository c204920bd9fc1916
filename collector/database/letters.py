"""Dead letters: messages that were not accepted, with the reason. The table is bounded; the counts are not."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from collector.database.tables import dead_letter_counts, dead_letters
from collector.database.upsert import insert_new
from collector.services import DeadLetter

MOST_KEPT = 2_000
MOST_PAYLOAD = 64 * 1024  # a longer one is cut, and then it cannot be retried
_CUT_PAYLOAD = 1024
_TO_RETRY = select(dead_letters).where(dead_letters.c.retry).order_by(dead_letters.c.id).limit(bindparam("most"))


class Letter(NamedTuple):
    at: float
    reason: str
    detail: str
    topic: str
    payload: bytes


def keep(connection: Connection, letters: Iterable[Letter], counts: Mapping[str, int]) -> None:
    """Stores `letters`, the oldest making room, and adds `counts` (which include those not stored) to the totals."""
    rows = [_row(letter) for letter in letters]
    if rows:
        connection.execute(insert(dead_letters), rows)
        newest = connection.execute(select(func.max(dead_letters.c.id))).scalar_one()
        connection.execute(delete(dead_letters).where(dead_letters.c.id <= newest - MOST_KEPT))
    insert_new(connection, dead_letter_counts, [{"reason": reason, "count": 0} for reason in counts])
    for reason, count in counts.items():
        row = dead_letter_counts.c.reason == reason
        connection.execute(update(dead_letter_counts).where(row).values(count=dead_letter_counts.c.count + count))


def totals(connection: Connection) -> dict[str, int]:
    rows = connection.execute(select(dead_letter_counts.c.reason, dead_letter_counts.c.count))
    return {row[0]: row[1] for row in rows}


def listed(connection: Connection, limit: int, before: int | None = None) -> list[DeadLetter]:
    """Newest first, without payloads, ids below `before`."""
    columns = [column for column in dead_letters.columns if column.name != "payload"]
    query = select(*columns).order_by(dead_letters.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(dead_letters.c.id < before)
    return [_letter(row) for row in connection.execute(query)]


def found(connection: Connection, id_: int) -> DeadLetter | None:
    row = connection.execute(select(dead_letters).where(dead_letters.c.id == id_)).one_or_none()
    return None if row is None else _letter(row)


def ask_retry(connection: Connection, id_: int) -> bool:
    """Marks a letter for the ingest to take again. False when there is none, or it was cut."""
    whole = (dead_letters.c.id == id_) & dead_letters.c.whole
    return connection.execute(update(dead_letters).where(whole).values(retry=True)).rowcount > 0


def to_retry(connection: Connection, limit: int = 100) -> list[DeadLetter]:
    return [_letter(row) for row in connection.execute(_TO_RETRY, {"most": limit})]


def drop(connection: Connection, ids: Iterable[int]) -> None:
    connection.execute(delete(dead_letters).where(dead_letters.c.id.in_(list(ids))))


def _row(letter: Letter) -> dict[str, Any]:
    whole = len(letter.payload) <= MOST_PAYLOAD
    return {
        "at": letter.at,
        "reason": letter.reason,
        "detail": _plain(letter.detail)[:500],
        "topic": _plain(letter.topic)[:300],
        "size": len(letter.payload),
        "whole": whole,
        "retry": False,
        "payload": letter.payload if whole else letter.payload[:_CUT_PAYLOAD],
    }


def _letter(row: Row[Any]) -> DeadLetter:
    return DeadLetter(**row._asdict())


def _plain(text: str) -> str:
    """What any database stores and any terminal shows: no control characters, no lone surrogates."""
    return "".join(character if character.isprintable() else "�" for character in text)
