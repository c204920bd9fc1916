"""Deaths at chosen places: on each side of every commit, and inside it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from collector.database import Connection, Database, DatabaseError
from contract.ranges import Ranges
from contract.records import Stamp
from edge_agent.disk import DiskLog
from tests.simulation.ledger import Ledger


class Killed(BaseException):
    """kill -9, here: nothing catches it, nothing is written any more."""


class Doom:
    """Counts the places at which a process could die, and kills it at the one that was chosen.

    `work` is what the process is at; `arm` may count the places of one kind of work only.
    """

    def __init__(self) -> None:
        self.work = ""
        self._left = 0
        self._only = ""

    def arm(self, places: int, only: str = "") -> None:
        self._left, self._only = places, only

    def place(self, where: str) -> None:
        if self._left and self._only in ("", self.work):
            self._left -= 1
            if self._left == 0:
                raise Killed(where)


class FrailLog(DiskLog):
    """The agent's log, whose process may die at each of its transactions. What is on disk is in the ledger."""

    def __init__(self, *disk: Any, agent: str, doom: Doom, ledger: Ledger, name_epoch: Callable[[], str]) -> None:
        self._doom, self._ledger, self._agent = doom, ledger, agent
        super().__init__(*disk, name_epoch)

    def commit(self, drafts: Any) -> Any:
        self._doom.place("before a commit of the log")
        records = super().commit(drafts)
        self._ledger.committed(self._agent, self.epoch, records)
        if records:
            self._doom.place("after a commit of the log")
        return records

    def settle(self, epoch: str, have: Ranges, now: Stamp) -> None:
        self._doom.place("before settling")
        super().settle(epoch, have, now)
        self._doom.place("after settling")

    def tidy(self, now: Stamp) -> bool:
        found = super().tidy(now)
        self._doom.place("after tidying")
        return found

    def abandon(self) -> None:
        """The process is gone; the operating system closes its file."""
        self._db.close()

    def _save(self) -> None:
        super()._save()
        self._doom.place("inside a commit of the log")


class FrailDatabase:
    """The collector's database, whose process may die at each transaction, and which may be away for a while."""

    def __init__(self, database: Database, doom: Doom, is_away: Callable[[], bool]) -> None:
        self._database, self._doom, self._is_away = database, doom, is_away
        self.is_sqlite = database.is_sqlite
        self.reading = database.reading

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        if self._is_away():
            raise DatabaseError("locked")
        self._doom.place("before a commit of the collector")
        with self._database.writing() as connection:
            yield connection
            self._doom.place("inside a commit of the collector")
        self._doom.place("after a commit of the collector")
        if self._is_away():
            raise DatabaseError("the connection broke; what became of the commit is not known")

    def close(self) -> None:
        self._database.close()
