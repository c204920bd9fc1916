"""A journal that can be run again: where it begins, its entries with their hashes, and how far they were decided."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import msgspec

from collector.database import Connection, checkpoints, decisions, journal
from collector.database.hash_chain import Link
from rules import rows
from rules.entries import EngineStarted, JournalEntry
from rules.rows import Row
from rules.state import State

Tell = Callable[[int], None]  # how many entries are done

decoded = msgspec.json.Decoder(JournalEntry).decode


class Recording(NamedTuple):
    """`links` are all that is kept, and raise ChainBroken; `size` is how many.

    Those beyond `begun`, where the state was `rows`, can be run; up to `decided` the engine had decided; `head` is the
    last position there is.
    """

    begun: int
    rows: list[Row]
    decided: int
    head: int
    size: int
    links: Iterable[Link]

    def state(self) -> State:
        return rows.restore(self.rows)


class Entry(NamedTuple):
    position: int
    entry: JournalEntry


def of_database(connection: Connection) -> Recording:
    """From the first entry, or from the oldest checkpoint where the entries before it are not kept any more.

    `connection` reads one state of everything. Raises LookupError when neither is there.
    """
    first, head = journal.first_position(connection), journal.head_position(connection)
    begun, state = 0, list[Row]()
    if first > 1:
        oldest = checkpoints.oldest(connection, first - 1)
        if oldest is None:
            raise LookupError(f"the journal begins at position {first}, and no checkpoint says what was known there")
        begun, state = oldest
    decided = decisions.engine_row(connection).position
    return Recording(begun, state, decided, head, head - first + 1, journal.links(connection))


def entries(recording: Recording, tell: Tell) -> Iterator[Entry]:
    """What was decided, in order; all links are checked on the way, also those around it. Raises ChainBroken."""
    for done, link in enumerate(recording.links, 1):
        tell(done)
        if recording.begun < link.position <= recording.decided:
            yield Entry(link.position, decoded(link.body))


def verified(recording: Recording, tell: Tell) -> int:
    """How many links hold. Raises ChainBroken."""
    done = 0
    for done, _ in enumerate(recording.links, 1):
        tell(done)
    return done


def release_of(entry: JournalEntry) -> str:
    """The release that began to decide with this entry; empty: it is about something else."""
    return entry.version if isinstance(entry, EngineStarted) else ""
