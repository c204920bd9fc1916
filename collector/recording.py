"""A journal that can be run again: where it begins, its entries with their hashes, and how far they were decided."""

import sys
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


class Segment(NamedTuple):
    """Entries from position `first` up to `until`; None: up to the head.

    Those beyond `begun`, where a checkpoint has what was known (0: nothing was), can be run without those before.
    """

    first: int
    begun: int
    until: int | None


class Entry(NamedTuple):
    position: int
    entry: JournalEntry


def of_database(connection: Connection) -> Recording:
    """From the first entry, or from the oldest checkpoint where the entries before it are not kept any more.

    `connection` reads one state of everything. Raises CheckpointError when neither is there.
    """
    [whole] = segments(connection, least=sys.maxsize)
    return of_segment(connection, whole)


def segments(connection: Connection, least: int) -> list[Segment]:
    """The whole journal in pieces that can be run on their own, each of `least` entries or more.

    Raises CheckpointError when nothing says what was known where it begins.
    """
    first, head = journal.first_position(connection), journal.head_position(connection)
    marks = checkpoints.positions(connection, first - 1)
    if first > 1 and not marks:
        raise checkpoints.CheckpointError(
            f"the journal begins at position {first}, and no checkpoint says what was known there"
        )
    begun, found = 0 if first == 1 else marks[0], list[Segment]()
    for mark in marks:
        if mark - begun >= least and head - mark >= least:
            found.append(Segment(first, begun, mark))
            first, begun = mark + 1, mark
    return [*found, Segment(first, begun, None)]


def of_segment(connection: Connection, segment: Segment) -> Recording:
    """`connection` reads one state of everything. Raises CheckpointError when that is not kept any more."""
    until = journal.head_position(connection) if segment.until is None else segment.until
    rows = checkpoints.at(connection, segment.begun) if segment.begun else []
    decided = min(decisions.engine_row(connection).position, until)
    links = journal.links(connection, segment.first - 1, segment.until)
    return Recording(segment.begun, rows, decided, until, until - segment.first + 1, links)


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
