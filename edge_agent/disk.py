"""The log on disk: SQLite in WAL mode with synchronous=FULL, one connection, a CRC on every row.

synchronous=NORMAL loses committed rows in a power cut, and SQLite's own check finds nothing wrong with a log whose tail
is gone; so every start is a new epoch, and no number is ever given twice in one. docs/agent.md says more.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple, TypeVar

from contract.ranges import Ranges, contains
from contract.records import Gap, Record, Stamp, Summary, Transition
from contract.reports import Belief, EpochSpan
from edge_agent import tables
from edge_agent.log import (
    MAX_EPOCHS,
    Draft,
    Heirloom,
    Life,
    LogCorrupt,
    Page,
    Position,
    Standing,
    belief,
    new_epoch,
    span,
    summary,
    transition,
)
from edge_agent.room import gaps
from edge_agent.summing import Sum
from edge_agent.tables import RecordRow

SETTLED_KEPT = 24 * 3600.0  # seconds: for a collector that was restored from its backup
MOST_UNSAVED = 10_000  # records in memory while the disk refuses them
_LET_GO_AT_ONCE = 2_000
_ROOMY = 0.9  # of max_size: what a full log is brought down to
T = TypeVar("T")


class Bounds(NamedTuple):
    """`keep` in seconds, for what is pending; `max_size` of the file in bytes."""

    keep: float = 72 * 3600.0
    max_size: int = 256 * 2**20


class DiskLog:
    """One life of the log at `path`. Made and used by one thread.

    While the disk refuses (full, read-only, failing) records are numbered and kept in memory and saved when it no
    longer does. Raises LogCorrupt from every method; the constructor also LogInUse and OSError.
    """

    def __init__(self, path: Path, bounds: Bounds, now: Stamp, name_epoch: Callable[[], str] = new_epoch) -> None:
        self._path = path
        self._bounds = bounds
        self._name_epoch = name_epoch
        self._trouble = ""
        self._unsaved: list[RecordRow] = []
        self._unsaved_beliefs: set[str] = set()
        self._declared = False  # a gap, since the last tidying: also one that only takes the place of others
        self._db = tables.opened(path)
        try:
            self._life, beliefs, self._pending, self._dropped = tables.transact(self._db, path, self._begin)
            self._told = tables.transact(self._db, path, self._when_told)
        except BaseException:
            self._db.close()
            raise
        self._beliefs = {held.check: held for held in beliefs}
        self._now = now

    @property
    def epoch(self) -> str:
        return self._life.epoch

    def spans(self) -> list[EpochSpan]:
        with tables.naming_errors(self._path):
            oldest = dict(self._db.execute("SELECT ordinal, min(seq) FROM records GROUP BY ordinal").fetchall())
            earlier = [life for life in tables.lives(self._db) if life.ordinal != self._life.ordinal]
        if self._unsaved:
            oldest.setdefault(self._life.ordinal, self._unsaved[0].seq)
        return [span(life, oldest.get(life.ordinal)) for life in [*earlier, self._life]]

    def end(self) -> Position:
        return Position(self._life.ordinal, self._life.last)

    def beliefs(self) -> list[Belief]:
        return list(self._beliefs.values())

    def told(self) -> dict[str, Stamp]:
        return self._told

    def commit(self, drafts: Sequence[Draft]) -> list[Transition]:
        records: list[Transition] = []
        for draft in drafts:
            record = transition(draft, self._life.last + 1, self._beliefs.get(draft.check))
            self._life = self._life._replace(last=record.seq)
            self._beliefs[draft.check] = belief(record, self.epoch)
            self._unsaved.append(tables.record_row(self._life.ordinal, record, draft.decided))
            self._unsaved_beliefs.add(draft.check)
            records.append(record)
        self._pending += len(records)
        self._tolerantly(self._save)
        return records

    def summarise(self, sums: Sequence[Sum], now: Stamp) -> list[Summary]:
        records = [summary(one, seq) for seq, one in enumerate(sums, self._life.last + 1)]
        self._life = self._life._replace(last=self._life.last + len(records))
        self._unsaved += [tables.record_row(self._life.ordinal, record, now) for record in records]
        self._pending += len(records)
        self._tolerantly(self._save)
        return records

    def retire(self, checks: Iterable[str]) -> None:
        gone = [check for check in checks if self._beliefs.pop(check, None)]
        self._unsaved_beliefs.update(gone)
        self._tolerantly(self._save)

    def page(self, after: Position, until: Position, room: int) -> Page | None:
        records: list[Record] = []
        ordinal = 0
        with tables.naming_errors(self._path):
            for row_ordinal, seq, body, crc in self._rows(after, until):
                if records and (row_ordinal != ordinal or room <= 0):
                    break
                ordinal = row_ordinal
                records.append(tables.record_of(ordinal, seq, body, crc))
                room -= len(body)
            epochs = {life.ordinal: life.epoch for life in tables.lives(self._db)} | {self._life.ordinal: self.epoch}
        return Page(epochs[ordinal], records, Position(ordinal, records[-1].seq)) if records else None

    def settle(self, epoch: str, have: Ranges, now: Stamp) -> None:
        def settled() -> int:
            self._db.execute("UPDATE epochs SET met = 1 WHERE epoch = ? AND NOT met", (epoch,))
            return sum(
                self._db.execute(
                    "UPDATE records SET settled = ? WHERE settled IS NULL AND seq BETWEEN ? AND ?"
                    " AND ordinal = (SELECT ordinal FROM epochs WHERE epoch = ?)",
                    (now.wall, first, last, epoch),
                ).rowcount
                for first, last in have
            )

        if epoch == self.epoch:
            unsaved = [row for row in self._unsaved if not contains(have, row.seq)]
            self._pending -= len(self._unsaved) - len(unsaved)
            self._unsaved = unsaved
        self._pending -= self._tolerantly(settled) or 0

    def reopen(self, epoch: str, ranges: Ranges) -> bool:
        def reopened() -> int:
            return sum(
                self._db.execute(
                    "UPDATE records SET settled = NULL WHERE settled IS NOT NULL AND seq BETWEEN ? AND ?"
                    " AND ordinal = (SELECT ordinal FROM epochs WHERE epoch = ?)",
                    (first, last, epoch),
                ).rowcount
                for first, last in ranges
            )

        count = self._tolerantly(reopened) or 0
        self._pending += count
        return count > 0

    def tidy(self, now: Stamp) -> bool:
        self._now = now
        self._declared = False
        self._tolerantly(self._save)
        if self._unsaved:
            self._forget_unsaved()
            return self._declared
        self._tolerantly(self._let_go_of_old)
        goal = self._bounds.max_size
        while self._size() > goal and (self._tolerantly(self._let_go_of_some) or 0) > 0:
            goal = int(_ROOMY * self._bounds.max_size)
        self._recount()
        return self._declared

    def standing(self) -> Standing:
        return Standing(self._pending, self._dropped, self._trouble)

    def close(self) -> None:
        with suppress(LogCorrupt):
            self._tolerantly(self._save)
        self._db.close()

    def _begin(self) -> tuple[Life, list[Belief], int, int]:
        """Reads all that this life depends on, which is how a damaged row is found before it is sent.

        An index that is sound beside a damaged table would hide what the table has lost.
        """
        (verdict,) = self._db.execute("PRAGMA integrity_check(1)").fetchone()
        if verdict != "ok":
            raise LogCorrupt(f"{self._path}: {' '.join(verdict.split())}")
        pending = 0
        # Closed even when a row is damaged: a cursor that is left half read would keep the file locked.
        with closing(self._db.execute("SELECT ordinal, seq, body, crc FROM records WHERE settled IS NULL")) as rows:
            for row in rows:
                tables.record_of(*row)
                pending += 1
        beliefs = [tables.belief_of(*row) for row in self._db.execute("SELECT body, crc FROM beliefs").fetchall()]
        (dropped,) = self._db.execute("SELECT total FROM dropped").fetchone()
        return self._next_life(), beliefs, pending, dropped

    def _when_told(self) -> dict[str, Stamp]:
        rows = self._db.execute(
            "SELECT r.ordinal, r.seq, r.body, r.crc FROM beliefs b JOIN epochs e USING (epoch)"
            " JOIN records r ON r.ordinal = e.ordinal AND r.seq = b.seq"
        ).fetchall()
        records = [tables.record_of(*row) for row in rows]
        return {record.check: record.decided for record in records if isinstance(record, Transition)}

    def _next_life(self) -> Life:
        """A new epoch, unless a hello could not name it beside those that the collector still has to hear of."""
        earlier = tables.lives(self._db)
        met = max((life.ordinal for life in earlier if life.met), default=0)
        self._db.execute(
            "DELETE FROM epochs WHERE ordinal < ? AND ordinal NOT IN (SELECT ordinal FROM records)", (met,)
        )
        for life in earlier[:-1]:
            (named,) = self._db.execute("SELECT count(*) FROM epochs").fetchone()
            if named < MAX_EPOCHS or life.ordinal >= met:
                break
            if not self._db.execute(
                "SELECT 1 FROM records WHERE ordinal = ? AND settled IS NULL LIMIT 1", (life.ordinal,)
            ).fetchone():
                self._db.execute("DELETE FROM records WHERE ordinal = ?", (life.ordinal,))
                self._db.execute("DELETE FROM epochs WHERE ordinal = ?", (life.ordinal,))
        (named,) = self._db.execute("SELECT count(*) FROM epochs").fetchone()
        if earlier and named >= MAX_EPOCHS:
            return earlier[-1]
        last = earlier[-1] if earlier else None
        life = Life(last.ordinal + 1 if last else 1, self._name_epoch(), last.epoch if last else None, 0, met=False)
        self._db.execute("INSERT INTO epochs VALUES (?, ?, ?, ?, ?)", life)
        return life

    def _rows(self, after: Position, until: Position) -> Iterator[tuple[int, int, bytes, int]]:
        yield from self._db.execute(
            "SELECT ordinal, seq, body, crc FROM records WHERE settled IS NULL"
            " AND (ordinal, seq) > (?, ?) AND (ordinal, seq) <= (?, ?) ORDER BY ordinal, seq",
            (*after, *until),
        )
        yield from ((row.ordinal, row.seq, row.body, row.crc) for row in self._unsaved if after < row[:2] <= until)

    def _save(self) -> None:
        beliefs = [self._beliefs[check] for check in self._unsaved_beliefs if check in self._beliefs]
        gone = [(check,) for check in self._unsaved_beliefs if check not in self._beliefs]
        if self._unsaved or self._unsaved_beliefs:
            self._db.executemany(tables.INSERT_RECORD, self._unsaved)
            self._db.executemany(tables.INSERT_BELIEF, map(tables.belief_row, beliefs))
            self._db.executemany("DELETE FROM beliefs WHERE check_key = ?", gone)
            self._db.execute("UPDATE epochs SET last = ? WHERE ordinal = ?", (self._life.last, self._life.ordinal))

    def _tolerantly(self, work: Callable[[], T]) -> T | None:
        """`work` in a transaction. None, and trouble, when the disk refuses; it is asked again at the next occasion."""
        try:
            outcome = tables.transact(self._db, self._path, work)
        except OSError as error:
            self._trouble = str(error)
            return None
        if work == self._save:
            self._unsaved.clear()
            self._unsaved_beliefs.clear()
        if not self._unsaved and not self._unsaved_beliefs:
            self._trouble = ""
        return outcome

    def _forget_unsaved(self) -> None:
        """Memory is bounded too: the oldest half goes, declared."""
        if len(self._unsaved) <= MOST_UNSAVED:
            return
        gone, self._unsaved = self._unsaved[: MOST_UNSAVED // 2], self._unsaved[MOST_UNSAVED // 2 :]
        declared = gaps(
            [tables.record_of(*row[:2], row.body, row.crc) for row in gone], self._life.last + 1, "disk full"
        )
        self._unsaved += [tables.record_row(self._life.ordinal, gap, self._now) for gap in declared]
        self._life = self._life._replace(last=self._life.last + len(declared))
        self._declared = True
        self._dropped += len(gone)
        self._pending += len(declared) - len(gone)

    def _size(self) -> int:
        def pragma(name: str) -> int:
            return int(self._db.execute(f"PRAGMA {name}").fetchone()[0])

        with tables.naming_errors(self._path):
            return (pragma("page_count") - pragma("freelist_count")) * pragma("page_size")

    def _recount(self) -> None:
        with tables.naming_errors(self._path):
            (self._pending,) = self._db.execute("SELECT count(*) FROM records WHERE settled IS NULL").fetchone()
            (self._dropped,) = self._db.execute("SELECT total FROM dropped").fetchone()
            (last,) = self._db.execute("SELECT last FROM epochs WHERE ordinal = ?", (self._life.ordinal,)).fetchone()
        self._life = self._life._replace(last=last)

    def _let_go_of_old(self) -> None:
        self._db.execute("DELETE FROM records WHERE settled < ?", (self._now.wall - SETTLED_KEPT,))
        # Ages are told by the boot clock where that is possible: a stepped wall clock makes nothing old.
        old = self._db.execute(
            "SELECT ordinal, seq, body, crc FROM records WHERE settled IS NULL"
            " AND CASE WHEN boot = ?1 THEN up < ?2 ELSE wall < ?3 END LIMIT ?4",
            (self._now.boot, self._now.up - self._bounds.keep, self._now.wall - self._bounds.keep, _LET_GO_AT_ONCE),
        )
        self._drop(old.fetchall(), f"older than {self._bounds.keep:.0f} s")

    def _let_go_of_some(self) -> int:
        """What was settled first; then summaries, then the oldest that was recovered from, then the oldest."""
        settled = self._db.execute(
            "DELETE FROM records WHERE (ordinal, seq) IN (SELECT ordinal, seq FROM records WHERE settled IS NOT NULL"
            " ORDER BY ordinal, seq LIMIT ?)",
            (_LET_GO_AT_ONCE,),
        ).rowcount
        if settled:
            return settled
        (rows,) = self._db.execute("SELECT count(*) FROM records").fetchone()
        worst = self._db.execute(
            "SELECT r.ordinal, r.seq, r.body, r.crc FROM records r JOIN epochs e USING (ordinal)"
            " LEFT JOIN beliefs b ON b.epoch = e.epoch AND b.seq = r.seq"
            " ORDER BY r.kind != 'summary', b.seq IS NOT NULL, r.ordinal, r.seq LIMIT ?",
            (min(_LET_GO_AT_ONCE, rows // 10 + 1),),
        ).fetchall()
        # A lone gap record stands for all that was dropped before: dropping it would only write it again.
        if len(worst) < 2:
            return 0
        self._drop(worst, "log full")
        return len(worst)

    def _drop(self, rows: Sequence[tuple[int, int, bytes, int]], reason: str) -> None:
        dropped: dict[int, list[Record]] = defaultdict(list)
        for ordinal, seq, body, crc in rows:
            dropped[ordinal].append(tables.record_of(ordinal, seq, body, crc))
        self._declared = self._declared or bool(dropped)
        for ordinal, records in dropped.items():
            (last,) = self._db.execute("SELECT last FROM epochs WHERE ordinal = ?", (ordinal,)).fetchone()
            declared = gaps(records, last + 1, reason)
            self._db.executemany(
                "DELETE FROM records WHERE ordinal = ? AND seq = ?", [(ordinal, r.seq) for r in records]
            )
            self._db.executemany(tables.INSERT_RECORD, [tables.record_row(ordinal, gap, self._now) for gap in declared])
            self._db.execute("UPDATE epochs SET last = last + ? WHERE ordinal = ?", (len(declared), ordinal))
            lost = sum(not isinstance(record, Gap) for record in records)
            self._db.execute("UPDATE dropped SET total = total + ?", (lost,))


def bequeath(path: Path, heirloom: Heirloom, now: Stamp) -> None:
    """Puts what another log left into the one at `path`, after what is there. Raises as DiskLog does."""

    def inherit() -> None:
        present = tables.lives(db)
        known = {life.epoch for life in present}
        previous = present[-1].epoch if present else None
        ordinals = {}
        for ordinal, life in enumerate(heirloom.lives, start=present[-1].ordinal + 1 if present else 1):
            if life.epoch not in known:
                ordinals[life.epoch] = ordinal
                row = life._replace(ordinal=ordinal, previous=life.previous or previous)
                db.execute("INSERT INTO epochs VALUES (?, ?, ?, ?, ?)", row)
            previous = life.epoch
        rows = [
            tables.record_row(ordinals[epoch], record, now) for epoch, record in heirloom.pending if epoch in ordinals
        ]
        db.executemany(tables.INSERT_RECORD, rows)
        db.executemany(tables.INSERT_BELIEF, map(tables.belief_row, heirloom.beliefs))
        db.execute("UPDATE dropped SET total = total + ?", (heirloom.dropped,))

    db = tables.opened(path)
    try:
        tables.transact(db, path, inherit)
    finally:
        db.close()
