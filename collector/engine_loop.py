"""Tails the journal, runs the rules and commits what they decide: the second transaction. One engine leads at a time.

The state lives on the event loop's thread, so whoever is on it may read it without a lock. Whatever goes wrong, the
answer is the same: forget the state and read it from the database again.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from collector.adopting import append_changed, append_start
from collector.changes import Feed
from collector.clock import Clock
from collector.config import Keep
from collector.database import Database, DatabaseError, SteppedDown, decisions, journal, leases
from collector.documents import Documents
from collector.outcome import Done, run
from collector.retention import Keeper
from collector.services import Outcome
from rules import engine, rows
from rules.entries import Command, JournalEntry, Tick
from rules.state import State

_log = logging.getLogger(__name__)
LEASE = 15.0
A_CHUNK = 200  # entries a commit; more would hold up the event loop
LOOK_AGAIN = 1.0  # seconds; other processes may append too
AFTER_DEFECT = 5.0
T = TypeVar("T")


class EngineLoop:
    """`error` is empty while all is well. All methods belong to the event loop; `wake` may come from any thread."""

    def __init__(  # noqa: PLR0913 - what an engine is made of
        self, database: Database, documents: Documents, keep: Keep, holder: str, clock: Clock, *, version: str
    ) -> None:
        """`version` is the release whose rules run here."""
        self.state = State.empty()
        self.position = 0
        self.term: int | None = None
        self.lag = 0
        self.error = ""
        self.turns = 0  # leading or standing by, and also when the database refuses
        self.feed = Feed()
        self._database, self._documents, self._holder, self._clock = database, documents, holder, clock
        self._version = version
        self._keeper = Keeper(database, keep)
        self._worker = ThreadPoolExecutor(1, "engine")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._woken = asyncio.Event()
        self._waiting: dict[str, asyncio.Future[Outcome]] = {}
        self._renewed = float("-inf")

    def wake(self) -> None:
        """Something was appended. May be called from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._woken.set)

    @property
    def waiting(self) -> int:
        """Commands that are appended and not yet done."""
        return len(self._waiting)

    async def run(self, stop: asyncio.Event) -> None:
        """Leads whenever nobody else does, until `stop`."""
        self._loop = asyncio.get_running_loop()
        stopping = asyncio.ensure_future(stop.wait())
        stopping.add_done_callback(lambda _: self._woken.set())
        while not stop.is_set():
            self.turns += 1
            try:
                self.term = await self._in_worker(self._take_lead)
                if self.term is None:
                    await self._sleep(LOOK_AGAIN)
                    continue
                await self._lead(self.term, stop)
            except SteppedDown as down:
                _log.warning("the engine steps down: %s", down)
            except DatabaseError as error:
                _log.warning("the engine waits for the database: %s", error)
                await self._sleep(LOOK_AGAIN)
            except Exception as error:  # a defect in the rules: say so, and try again with the state as committed
                self.error = f"after position {self.position}: {type(error).__name__}: {error}"
                _log.exception("the engine failed %s", self.error)
                await self._sleep(AFTER_DEFECT)
            finally:
                self.term, self._renewed = None, float("-inf")
        stopping.cancel()
        self.feed.end()
        self._worker.shutdown()

    async def submit(self, command: Command, patience: float = 10.0) -> Outcome:
        """Appends the command and waits until it is done. Raises TimeoutError after `patience` seconds."""
        answer = self._waiting.get(command.id)
        if answer is None:
            answer = self._waiting[command.id] = asyncio.get_running_loop().create_future()
            try:
                await self._in_worker(lambda: self._append([command]))
            except BaseException:
                self._waiting.pop(command.id, None)
                raise
            self._woken.set()
        try:
            return await asyncio.wait_for(asyncio.shield(answer), patience)
        finally:
            if not answer.done():
                self._waiting.pop(command.id, None)

    async def adopt(self, documents: Documents) -> list[str]:
        """Decides by these documents from now on; says which of them differ. Raises DatabaseError.

        One that stands by only keeps them: whoever leads has the same files, and appends what changed.
        """
        self._documents = documents
        if self.term is None:
            return []
        changed = await self._in_worker(lambda: append_changed(self._database, documents, self._clock.wall()))
        self._woken.set()
        return changed

    async def _lead(self, term: int, stop: asyncio.Event) -> None:
        await self._in_worker(lambda: append_start(self._database, self._documents, self._version, self._clock.wall()))
        self.state, self.position = await self._in_worker(self._loaded)
        _log.info("leading with term %d from position %d", term, self.position)
        while not stop.is_set():
            self.turns += 1
            await self._renew(term)
            placed = await self._in_worker(self._next)
            if placed:
                done = run(self.state, placed, self.position, term)
                await self._in_worker(partial(self._commit, done))
                self._committed(done)
                await self._in_worker(partial(self._keeper.look_after, placed[-1].entry.at))
            elif self._is_due():
                await self._in_worker(lambda: self._append([Tick(at=self._clock.wall())]))
            else:
                self.error = ""
                await self._sleep(self._until_deadline())
        await self._in_worker(lambda: self._resign(term))

    def _committed(self, done: Done) -> None:
        self.position = done.commit.new
        self.feed.publish(done.events)
        for id_, outcome in done.outcomes.items():
            answer = self._waiting.pop(id_, None)
            if answer is not None and not answer.done():
                answer.set_result(outcome)

    def _is_due(self) -> bool:
        deadline = engine.next_deadline(self.state)
        return deadline is not None and deadline <= self._clock.wall()

    def _until_deadline(self) -> float:
        deadline = engine.next_deadline(self.state)
        wait = LOOK_AGAIN if deadline is None else deadline - self._clock.wall()
        return max(0.0, min(wait, LOOK_AGAIN))

    async def _sleep(self, seconds: float) -> None:
        """Until something was appended, the end is near, or the time is over."""
        try:
            await asyncio.wait_for(self._woken.wait(), seconds)
        except TimeoutError:
            return
        self._woken.clear()

    async def _renew(self, term: int) -> None:
        now = self._clock.steady()
        if now - self._renewed >= LEASE / 3:
            await self._in_worker(lambda: self._prolong(term))
            self._renewed = now

    async def _in_worker(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._worker, work)

    # From here on: in the worker thread.

    def _take_lead(self) -> int | None:
        with self._database.writing() as connection:
            return leases.take_lead(connection, self._holder, self._clock.wall(), LEASE)

    def _prolong(self, term: int) -> None:
        with self._database.writing() as connection:
            leases.renew_lead(connection, term, self._clock.wall(), LEASE)

    def _resign(self, term: int) -> None:
        with self._database.writing() as connection:
            leases.resign_lead(connection, term)

    def _loaded(self) -> tuple[State, int]:
        with self._database.reading() as connection:
            return rows.restore(decisions.state_rows(connection)), decisions.engine_row(connection).position

    def _next(self) -> list[journal.Placed]:
        with self._database.reading() as connection:
            placed = journal.after(connection, self.position, A_CHUNK)
            self.lag = journal.head_position(connection) - self.position
        return placed

    def _commit(self, done: Done) -> None:
        with self._database.writing() as connection:
            decisions.commit(connection, done.commit)

    def _append(self, entries: list[JournalEntry]) -> None:
        with self._database.writing() as connection:
            journal.append(connection, entries)
