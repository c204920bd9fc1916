"""Takes the daily checkpoint, and forgets what is older than people wanted kept."""

from collector.config import Keep
from collector.database import Database, checkpoints, incidents, journal, own_tickets

A_DAY = 86_400.0


class Keeper:
    """Runs in the engine's worker thread, only while its engine leads."""

    def __init__(self, database: Database, keep: Keep) -> None:
        self._database = database
        self._keep = keep
        self._newest: float | None = None

    def look_after(self, at: float) -> None:
        """`at` is the instant of the last committed entry: a new day begins with a checkpoint."""
        if self._newest is None:
            with self._database.reading() as connection:
                self._newest = checkpoints.newest_at(connection)
        if self._newest is None or at // A_DAY > self._newest // A_DAY:
            self.checkpoint(at)
            self.forget(at)

    def checkpoint(self, at: float) -> None:
        with self._database.reading() as connection:
            position, body = checkpoints.made(connection)
        with self._database.writing() as connection:
            checkpoints.keep(connection, position, at, body)
        self._newest = at

    def forget(self, now: float) -> None:
        """Whole days of the journal, but never what the oldest kept checkpoint needs to be replayed from."""
        with self._database.writing() as connection:
            position = checkpoints.prune(connection, now - self._keep.journal)
            if position is not None:
                journal.prune(connection, position + 1)
            incidents.forget_closed(connection, now - self._keep.history)
            own_tickets.forget(connection, now - self._keep.history)
