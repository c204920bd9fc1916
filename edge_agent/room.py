"""How records that a log let go of are declared, so that nobody waits for them. Pure."""

from collections.abc import Iterable

from contract.ranges import merged
from contract.records import Gap, Record


def gaps(dropped: Iterable[Record], first_seq: int, reason: str) -> list[Gap]:
    """The gap records, numbered from `first_seq`, that declare `dropped`, all of one epoch: one for each range.

    A dropped gap's own range is declared again, so nobody waits for what it stood for.
    """
    lost: list[tuple[int, int]] = []
    counts: dict[int, int] = {}
    for record in dropped:
        lost.append((record.seq, record.seq))
        counts[record.seq] = 1
        if isinstance(record, Gap):
            lost.append((record.first, record.last))
            counts[record.first] = counts.get(record.first, 0) + record.count
    return [
        Gap(
            seq=first_seq + at,
            first=first,
            last=last,
            count=sum(count for seq, count in counts.items() if first <= seq <= last),
            reason=reason,
        )
        for at, (first, last) in enumerate(merged(lost))
    ]
