"""A log that holds something it was not given is set aside, and what can be read of it goes into a new one."""

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from contract.ranges import merged, missing
from contract.records import Gap, Record
from edge_agent import tables
from edge_agent.log import Heirloom, Life, LogCorrupt

T = TypeVar("T")

_PARTS = ("", "-wal", "-shm")
_UNREADABLE = (msgspec.DecodeError, LogCorrupt, TypeError, ValueError)


def set_aside(path: Path, wall: float) -> Path:
    """Renames the log's files, never overwriting an earlier one. Returns where the log is now."""
    stamp = datetime.fromtimestamp(wall, UTC).strftime("%Y%m%dT%H%M%SZ")
    aside = path.with_name(f"{path.name}.corrupt-{stamp}")
    again = 1
    while aside.exists():
        again += 1
        aside = path.with_name(f"{path.name}.corrupt-{stamp}-{again}")
    for part in _PARTS:
        present = path.with_name(path.name + part)
        if present.exists():
            present.rename(aside.with_name(aside.name + part))
    return aside


def salvaged(aside: Path) -> Heirloom:
    """Every row of a damaged log that is what was written there; what is missing between them is declared as gaps."""
    try:
        db = sqlite3.connect(aside, isolation_level=None)
    except sqlite3.Error:
        return Heirloom([], [], [], 0)
    try:
        lives = sorted(_readable(db, "SELECT ordinal, epoch, previous, last, met FROM epochs ORDER BY ordinal", _life))
        beliefs = _readable(db, "SELECT body, crc FROM beliefs ORDER BY check_key", tables.belief_of)
        rows = _readable(db, "SELECT ordinal, seq, body, crc, settled FROM records ORDER BY ordinal, seq", _row)
        dropped = sum(_readable(db, "SELECT total FROM dropped ORDER BY total", int))
    finally:
        db.close()
    pending: list[tuple[str, Record]] = []
    for at, life in enumerate(lives):
        found = sorted((row for row in rows if row.ordinal == life.ordinal), key=lambda row: row.seq)
        last = max([life.last, *(row.seq for row in found)])
        good = [row.seq for row in found if row.record is not None or row.settled]
        declared = _declared(good, found[0].seq if found else last + 1, last)
        pending += [(life.epoch, row.record) for row in found if row.record is not None and not row.settled]
        pending += [(life.epoch, gap) for gap in declared]
        dropped += sum(gap.count for gap in declared)
        lives[at] = life._replace(last=last + len(declared))
    return Heirloom(lives, beliefs, pending, dropped)


class _Row(NamedTuple):
    """`record` is None when it is not what was written."""

    ordinal: int
    seq: int
    record: Record | None
    settled: bool


def _life(*row: Any) -> Life:
    ordinal, epoch, previous, last, met = row
    return msgspec.convert([ordinal, epoch, previous, last, bool(met)], Life)


def _row(ordinal: int, seq: int, body: bytes, crc: int, settled: float | None) -> _Row:
    record = None
    with suppress(*_UNREADABLE):
        record = tables.record_of(ordinal, seq, body, crc)
    return _Row(int(ordinal), int(seq), record, settled is not None)


def _declared(good: list[int], first: int, last: int) -> list[Gap]:
    """Nothing is declared below the first that is left: a hello says from where the log goes on."""
    below = [(1, first - 1)] if first > 1 else []
    holes = missing(merged([*below, *((seq, seq) for seq in good)]), last)
    return [Gap(last + 1 + at, a, b, b - a + 1, "log damaged") for at, (a, b) in enumerate(holes)]


def _readable(db: sqlite3.Connection, query: str, read: Callable[..., T]) -> list[T]:
    """What `read` makes of the good rows: from the front until the damage, then from the back until the damage."""
    good: dict[Any, T] = {}
    for ordered in (query, f"{query} DESC".replace("ordinal, seq DESC", "ordinal DESC, seq DESC")):
        try:
            for row in db.execute(ordered):
                with suppress(*_UNREADABLE):
                    good[row] = read(*row)
        except sqlite3.Error:
            continue
        break
    return list(good.values())
