"""The transactions of an engine that leads: take the lead, read on in the journal, commit what the rules decided."""

from collections.abc import Sequence

from collector.adopting import append_changed, append_start
from collector.clock import Clock
from collector.database import Database, decisions, journal, leases
from collector.documents import Documents
from collector.outcome import Done
from rules import rows
from rules.entries import JournalEntry
from rules.state import State

LEASE = 15.0
A_CHUNK = 200  # entries a commit; more would hold up the event loop


class Lead:
    """Remembers nothing between two calls, so whoever was killed between them begins again with `take` and `begin`.

    Every method is a transaction, waits for the database and raises DatabaseError; see each for what else.
    """

    def __init__(self, database: Database, documents: Documents, holder: str, clock: Clock, version: str) -> None:
        """`version` is the release whose rules run here; `documents` may be replaced while it leads."""
        self.documents = documents
        self._database, self._holder, self._clock, self._version = database, holder, clock, version

    def take(self) -> int | None:
        """The term in which we lead; None while another does."""
        with self._database.writing() as connection:
            return leases.take_lead(connection, self._holder, self._clock.wall(), LEASE)

    def prolong(self, term: int) -> None:
        """Raises SteppedDown."""
        with self._database.writing() as connection:
            leases.renew_lead(connection, term, self._clock.wall(), LEASE)

    def resign(self, term: int) -> None:
        with self._database.writing() as connection:
            leases.resign_lead(connection, term)

    def begin(self) -> tuple[State, int]:
        """Journals what documents are new; the state as committed, and the position that it stands at."""
        append_start(self._database, self.documents, self._version, self._clock.wall())
        with self._database.reading() as connection:
            return rows.restore(decisions.state_rows(connection)), decisions.engine_row(connection).position

    def append_documents(self) -> list[str]:
        """Journals what documents are new, and says which."""
        return append_changed(self._database, self.documents, self._clock.wall())

    def next(self, position: int) -> tuple[list[journal.Placed], int]:
        """The entries after `position`, at most a chunk of them; and how many there are in all."""
        with self._database.reading() as connection:
            placed = journal.after(connection, position, A_CHUNK)
            return placed, journal.head_position(connection) - position

    def commit(self, done: Done) -> None:
        """Raises SteppedDown, and then nothing of it happened."""
        with self._database.writing() as connection:
            decisions.commit(connection, done.commit)

    def append(self, entries: Sequence[JournalEntry]) -> None:
        with self._database.writing() as connection:
            journal.append(connection, entries)
