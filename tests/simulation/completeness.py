"""Whether the journal holds every record that a log took, each once, and nothing else."""

from collections import Counter
from collections.abc import Iterator

from contract.records import Gap, Record, Transition
from rules.entries import Records
from tests.simulation.books import Books

Key = tuple[str, str, int]  # agent, epoch, seq


def wrong_in_journal(books: Books) -> Iterator[str]:
    """What was dropped is declared, and counted; nobody waits for an ack any more."""
    if books.broken_link is not None:
        yield f"the journal's chain is {books.broken_link}"
    if books.engine_position != len(books.journal):
        yield f"the engine stands at {books.engine_position} of {len(books.journal)} entries"
    yield from _invented(books)
    yield from _lost(books)
    for agent, pending in books.pending.items():
        if pending:
            yield f"{agent} still waits for the ack of {pending} records"


def declared(books: Books) -> set[Key]:
    """What gaps name."""
    gaps = [(agent, epoch, record) for (agent, epoch, _), record in _journaled(books) if isinstance(record, Gap)]
    return {(agent, epoch, seq) for agent, epoch, gap in gaps for seq in range(gap.first, gap.last + 1)}


def _invented(books: Books) -> Iterator[str]:
    for (agent, epoch, seq), record in _journaled(books):
        kept = books.ledger.kept.get((agent, epoch, seq))
        if not isinstance(record, Gap) and (kept is None or not _same(kept.record, record)):
            yield f"{agent} never kept {record} in epoch {epoch}"


def _lost(books: Books) -> Iterator[str]:
    found, named = Counter(key for key, _ in _journaled(books)), declared(books)
    for key, kept in books.ledger.kept.items():
        if found[key] > 1:
            yield f"{key} is in the journal {found[key]} times"
        elif not found[key] and key not in named:
            yield f"{key} is lost: {kept.record}"
    # By number: a gap that was declared anew may be in the journal twice, and counts what it took the place of.
    dropped, told = sum(books.dropped.values()), len(named & books.ledger.kept.keys())
    if dropped != told:
        yield f"{dropped} records were dropped and {told} are declared"


def _journaled(books: Books) -> Iterator[tuple[Key, Record]]:
    for entry in books.journal:
        if isinstance(entry, Records):
            epoch = books.epochs.get((entry.agent, entry.generation), "?")
            yield from (((entry.agent, epoch, record.seq), record) for record in entry.records)


def _same(kept: object, record: Transition) -> bool:
    return isinstance(kept, Transition) and (kept.check, kept.before, kept.after, kept.seq) == (
        record.check,
        record.before,
        record.after,
        record.seq,
    )
