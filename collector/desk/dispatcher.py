"""Carries one desk's lanes out: the outbox's way to tickets. Ordered within an incident, P1 first, never two at once.

Whatever fails, the lane keeps its place and its intent. A desk that fails is left alone for a while; an order that it
will never take becomes a dead letter that people see.
"""

import asyncio
import logging
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol, TypeVar

from collector.changes import Feed
from collector.clock import Clock
from collector.database import DatabaseError
from collector.database.lanes import Claimed, Setback
from collector.desk.order import Desk, DeskError, NotTaken, Order, Receipt, Refused, Unavailable
from collector.desk.ordering import Site, ordered, strangers
from collector.desk.pace import MOST_ATTEMPTS, Breaker, backoff
from collector.desk.records import Records
from collector.services import Outcome
from rules.entries import Command
from rules.state import State

_log = logging.getLogger(__name__)
AT_ONCE = 4
DELIVERY = 60.0  # seconds for one order with all its requests
LEASE = 90.0  # outlasts a delivery, so a request of a dead holder has ended before another looks up
LOOK_AGAIN = 1.0
MISCONFIGURED = 30.0
GRACE = 5.0
T = TypeVar("T")


class Leading(Protocol):
    """What a desk needs of the engine. `term` is None while another collector leads."""

    state: State
    feed: Feed

    @property
    def term(self) -> int | None: ...

    def wake(self) -> None: ...

    async def submit(self, command: Command) -> Outcome: ...


class Dispatcher:
    """`run` until stopped. `desk` None: shadow mode. All methods belong to the event loop; records go to a thread."""

    def __init__(self, site: Site, desk: Desk | None, records: Records, engine: Leading, clock: Clock) -> None:
        self.ready = False
        self.site, self.records = site, records
        self._settings = site.desk
        self._desk, self._engine, self._clock = desk, engine, clock
        self._chance = random.SystemRandom().random
        self._breaker = Breaker()
        self._worker = ThreadPoolExecutor(1, f"desk-{site.desk.name}")
        self._woken = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._begun = False
        self._told: str | None = None

    async def run(self, stop: asyncio.Event) -> None:
        listening = asyncio.create_task(self._listen())
        stopping = asyncio.create_task(self._wake_at(stop))
        try:
            while not stop.is_set():
                await self._round_safely()
        finally:
            for task in (listening, stopping):
                task.cancel()
            if self._running:
                _, late = await asyncio.wait(self._running, timeout=GRACE)
                for task in late:  # its lease keeps others away until the request must have ended
                    task.cancel()
                await asyncio.gather(*late, return_exceptions=True)

    @property
    def may_ask(self) -> bool:
        """We lead, and the desk is fit to be asked and not left alone because it failed or wanted patience."""
        return self._engine.term is not None and self.ready and self._breaker.closed(self._clock.steady())

    def look(self) -> None:
        """Somebody else put something into a lane."""
        self._woken.set()

    def leave_alone(self, error: Unavailable) -> None:
        """Somebody else found that the desk cannot be asked now."""
        self._breaker.failed(self._clock.steady(), self._chance(), error.after)

    async def close(self) -> None:
        """After the last use."""
        if self._desk is not None:
            await self._desk.close()
        self._worker.shutdown()

    async def in_worker(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._worker, work)

    async def _round_safely(self) -> None:
        try:
            await self._round()
        except DatabaseError as error:
            _log.warning("desk %s waits for the database: %s", self._settings.name, error)
            await self._sleep(LOOK_AGAIN)
        except Exception:  # a defect must not end the other desks, nor the collector
            _log.exception("desk %s failed", self._settings.name)
            await self._sleep(LOOK_AGAIN)

    async def _round(self) -> None:
        if self._engine.term is None:
            self._begun = False
            await self._sleep(LOOK_AGAIN)
            return
        if not self._begun:
            await self.in_worker(self.records.begin)
            self._begun = True
            for stranger in strangers(self._settings, self._engine.state.estate):
                _log.warning("desk %s: shadow holds nothing back: %s", self._settings.name, stranger)
        now = self._clock.steady()
        if not self._breaker.closed(now):
            await self._sleep(min(LOOK_AGAIN, self._breaker.until - now))
            return
        if not self.ready and not await self._checked():
            return
        # After a failure one order tries whether the desk is back; the others wait for its answer.
        room = (1 if self._breaker.failures else AT_ONCE) - len(self._running)
        claimed = await self.in_worker(partial(self.records.next, self._clock.wall(), room)) if room > 0 else []
        for one in claimed:
            task = asyncio.create_task(self._carry_out(one))
            self._running.add(task)
            task.add_done_callback(self._over)
        if not claimed:
            await self._sleep(LOOK_AGAIN)

    async def _checked(self) -> bool:
        try:
            if self._desk is not None:
                async with asyncio.timeout(DELIVERY):
                    await self._desk.check()
        except (DeskError, TimeoutError) as error:
            wait = MISCONFIGURED if isinstance(error, Refused) else None
            self._breaker.failed(self._clock.steady(), self._chance(), wait)
            await self._tell(str(error) or "no answer")
            return False
        self._breaker.succeeded()
        self.ready = True
        await self._tell("")
        return True

    async def _carry_out(self, claimed: Claimed) -> None:
        try:
            order = self.ordered(claimed)
            if self._desk is None or self._settings.holds_back(claimed.incident):
                await self.in_worker(partial(self.records.recorded, claimed, order))
                return
            await self.in_worker(partial(self.records.intended, claimed, order))
            async with asyncio.timeout(DELIVERY):
                receipt = await self._desk.deliver(order)
        except DatabaseError as error:
            _log.warning("desk %s: %s waits for its lease: %s", self._settings.name, claimed.lane.incident, error)
        except Unavailable as error:
            await self._left_alone(claimed, error)
        except TimeoutError:
            await self._left_alone(claimed, Unavailable(f"not done within {DELIVERY:g} s", answered=True))
        except Refused as error:
            await self._bury(claimed, str(error))
        except Exception as error:  # NotTaken, or a defect that only this order meets
            if not isinstance(error, NotTaken):
                _log.exception("desk %s failed with %s", self._settings.name, claimed.lane.incident)
            await self._again_later(claimed, f"{type(error).__name__}: {error}")
        else:
            await self._done(claimed, receipt)

    def ordered(self, claimed: Claimed) -> Order:
        estate, now = self._engine.state.estate, self._clock.wall()
        return ordered(claimed, self.site, estate, now)

    async def _done(self, claimed: Claimed, receipt: Receipt) -> None:
        self._breaker.succeeded()
        await self._tell("")
        _log.info("desk %s has #%d %s %s", self._settings.name, claimed.incident.number, receipt.ticket, receipt.told)
        if await self.in_worker(partial(self.records.finished, claimed, receipt, self._clock.wall())):
            self._engine.wake()

    async def _left_alone(self, claimed: Claimed, error: Unavailable) -> None:
        """A failure counts against the order only while the desk does what others ask of it."""
        counts = error.answered and error.after is None and not self._breaker.failures
        pause = self._breaker.failed(self._clock.steady(), self._chance(), error.after)
        await self._tell(str(error))
        if counts:
            await self._again_later(claimed, str(error))
        else:
            until = self._clock.wall() + pause
            await self._kept(
                partial(self.records.postponed, claimed, Setback(until, claimed.lane.attempts, str(error)))
            )

    async def _again_later(self, claimed: Claimed, error: str) -> None:
        attempts = claimed.lane.attempts + 1
        if attempts >= MOST_ATTEMPTS:
            await self._bury(claimed, f"after {attempts} attempts: {error}")
            return
        until = self._clock.wall() + backoff(attempts, self._chance())
        await self._kept(partial(self.records.postponed, claimed, Setback(until, attempts, error)))

    async def _bury(self, claimed: Claimed, error: str) -> None:
        _log.error("desk %s will not take #%d: %s", self._settings.name, claimed.incident.number, error)
        await self._kept(partial(self.records.buried, claimed, error))

    async def _kept(self, work: Callable[[], None]) -> None:
        try:
            await self.in_worker(work)
        except DatabaseError as error:
            _log.warning("desk %s waits for the lease: %s", self._settings.name, error)

    async def _tell(self, error: str) -> None:
        if error != self._told:
            self._told = error
            if error:
                _log.warning("desk %s: %s", self._settings.name, error)
            await self._kept(partial(self.records.told, error))

    def _over(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._woken.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("desk %s: a delivery failed", self._settings.name, exc_info=error)

    async def _listen(self) -> None:
        """A committed incident may have put something into the outbox."""
        while True:
            listener = self._engine.feed.subscribe(1_000)
            try:
                while (event := await listener.queue.get()) is not None:
                    if event.kind == "incident":
                        self._woken.set()
            finally:
                listener.close()
            await asyncio.sleep(LOOK_AGAIN)

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._woken.set()

    async def _sleep(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._woken.wait(), seconds)
        except TimeoutError:
            return
        self._woken.clear()
