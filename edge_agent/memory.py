"""A log in memory: while the disk cannot be opened, and for stores that are only simulated."""

from collections.abc import Iterable, Sequence

import msgspec

from contract.ranges import Ranges, contains
from contract.records import Record, Stamp, Summary, Transition
from contract.reports import Belief, EpochSpan
from edge_agent.log import Draft, Heirloom, Life, Page, Position, Standing, belief, new_epoch, span, summary, transition
from edge_agent.room import gaps
from edge_agent.summing import Sum

MOST = 10_000  # records; some 3 MB


class MemoryLog:
    """Keeps what is pending, and nothing beyond its process."""

    def __init__(self, trouble: str = "", epoch: str | None = None, most: int = MOST) -> None:
        self.epoch = epoch or new_epoch()
        self._trouble = trouble
        self._most = most
        self._last = 0
        self._met = False
        self._dropped = 0
        self._pending: dict[int, Record] = {}
        self._settled: dict[int, Record] = {}
        self._beliefs: dict[str, Belief] = {}

    def spans(self) -> list[EpochSpan]:
        return [span(self._life(), min(self._pending, default=None))]

    def end(self) -> Position:
        return Position(1, self._last)

    def beliefs(self) -> list[Belief]:
        return list(self._beliefs.values())

    def told(self) -> dict[str, Stamp]:
        return {}  # there was no earlier life

    def commit(self, drafts: Sequence[Draft]) -> list[Transition]:
        records = []
        for draft in drafts:
            self._last += 1
            record = transition(draft, self._last, self._beliefs.get(draft.check))
            self._beliefs[draft.check] = belief(record, self.epoch)
            self._pending[record.seq] = record
            records.append(record)
        return records

    def summarise(self, sums: Sequence[Sum], now: Stamp) -> list[Summary]:  # noqa: ARG002 - nothing here grows old
        records = [summary(one, seq) for seq, one in enumerate(sums, self._last + 1)]
        self._last += len(records)
        self._pending.update((record.seq, record) for record in records)
        return records

    def retire(self, checks: Iterable[str]) -> None:
        for check in checks:
            self._beliefs.pop(check, None)

    def page(self, after: Position, until: Position, room: int) -> Page | None:
        start = after.seq if after.ordinal == 1 else 0
        records: list[Record] = []
        for seq, record in self._pending.items():
            if start < seq <= until.seq and (room > 0 or not records):
                records.append(record)
                room -= len(msgspec.json.encode(record))
        return Page(self.epoch, records, Position(1, records[-1].seq)) if records else None

    def settle(self, epoch: str, have: Ranges, now: Stamp) -> None:  # noqa: ARG002 - nothing here grows old
        if epoch != self.epoch:
            return
        self._met = True
        for seq in [seq for seq in self._pending if contains(have, seq)]:
            self._settled[seq] = self._pending.pop(seq)

    def reopen(self, epoch: str, ranges: Ranges) -> bool:
        wanted = [seq for seq in self._settled if epoch == self.epoch and contains(ranges, seq)]
        self._pending.update((seq, self._settled.pop(seq)) for seq in wanted)
        self._pending = dict(sorted(self._pending.items()))
        return bool(wanted)

    def tidy(self, now: Stamp) -> bool:  # noqa: ARG002 - nothing here grows old
        while len(self._settled) + len(self._pending) > self._most and self._settled:
            del self._settled[next(iter(self._settled))]
        surplus = list(self._pending.values())[: max(0, len(self._pending) - self._most)]
        for gap in gaps(surplus, self._last + 1, "memory full"):
            self._last = gap.seq
            self._pending[gap.seq] = gap
        for record in surplus:
            del self._pending[record.seq]
        self._dropped += len(surplus)
        return bool(surplus)

    def standing(self) -> Standing:
        return Standing(len(self._pending), self._dropped, self._trouble)

    def heirloom(self) -> Heirloom:
        """All of it, for a log on disk to take over."""
        pending = [(self.epoch, record) for record in self._pending.values()]
        return Heirloom([self._life()], self.beliefs(), pending, self._dropped)

    def close(self) -> None:
        """Nothing outlives the process."""

    def _life(self) -> Life:
        return Life(1, self.epoch, None, self._last, self._met)
