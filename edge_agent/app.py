"""The whole agent, wired: checks → judge → log → uplink → broker. What runs can be read here.

An agent lives one life of its log after the other. A life ends when the agent is stopped, when the log turns out to be
damaged, or when a disk that could not be opened can be; what was decided and not kept goes along into the next.
"""

import asyncio
import os
import random
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

from contract import credentials
from contract.broker import with_files
from contract.topics import agent_subscriptions, up
from edge_agent import VERSION, stall, status
from edge_agent.backoff import within_lease
from edge_agent.clocks import Clock, HostClock
from edge_agent.config import Config
from edge_agent.disk import Bounds, DiskLog
from edge_agent.judge import Measurement
from edge_agent.log import Draft, LogCorrupt
from edge_agent.memory import MemoryLog
from edge_agent.opening import disk_is_back, open_log, replace
from edge_agent.runner import Runner
from edge_agent.session import Session
from edge_agent.shutdown import why_stopping
from edge_agent.status import NOT_ACKNOWLEDGED, AgentStatus, Troubles
from edge_agent.uplink import Identity
from edge_agent.watcher import Watcher
from edge_agent.wire import Wire

T = TypeVar("T")

DISK_ASKED_EVERY = 30.0  # seconds, while it refuses


class Signs(NamedTuple):
    """Of life. `turns` of the schedule, empty between two lives; an agent serves as soon as it measures."""

    sentence: str
    turns: tuple[int, ...] = ()
    serving: bool = True


class Agent:
    """One agent. `random` gives 0 ≤ r < 1; a disk that refuses is asked again every `disk_asked_every` seconds."""

    def __init__(
        self,
        config: Config,
        *,
        clock: Clock | None = None,
        random: Callable[[], float] = random.random,
        disk_asked_every: float = DISK_ASKED_EVERY,
    ) -> None:
        self._config = config
        self._clock = clock or HostClock()
        self._random = random
        self._disk_asked_every = disk_asked_every
        self._path = Path(config.document.log.path)
        self._troubles = Troubles(self._clock)
        self._life: _Life | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; then says bye. Raises LogInUse when another process has the log."""
        left: MemoryLog | None = None
        drafts: list[Draft] = []
        # One thread, because the log is of one thread: every use of it queues here.
        with (
            ThreadPoolExecutor(max_workers=1, thread_name_prefix="log") as writer,
            stall.cut_off(self._troubles.note),
        ):
            while not stop.is_set():
                log = await _in(writer, partial(self._open, left))
                life = _Life(
                    self._config,
                    log,
                    writer,
                    drafts=drafts,
                    clock=self._clock,
                    random=self._random,
                    troubles=self._troubles,
                    disk_asked_every=self._disk_asked_every,
                )
                self._life = life
                try:
                    await life.run(stop)
                finally:
                    self._life = None
                    await _in(writer, log.close)
                drafts = life.session.drafts
                left = log if isinstance(log, MemoryLog) else None
                if life.damage is not None:
                    await _in(writer, partial(self._replace, life.damage))
        for check in {check.kind: check for check in self._config.checks}.values():
            await check.probe.aclose()

    async def signs(self) -> Signs:
        """How it is. Waits for the thread of the log: one that hangs in its disk gives no sign."""
        life = self._life
        return await life.signs() if life is not None else Signs("opening the log")

    def _replace(self, damage: LogCorrupt) -> None:
        """Opening reads what is pending, so damage elsewhere would be found again by each next life."""
        try:
            replace(self._path, self._clock.stamp(), damage, self._troubles.note)
        except OSError as error:
            self._troubles.note(f"the damaged log cannot be replaced yet: {error}")

    def _open(self, left: MemoryLog | None) -> DiskLog | MemoryLog:
        bounds = Bounds(float(self._config.document.log.keep), int(self._config.document.log.max_size))
        return open_log(self._path, bounds, self._clock.stamp(), left, self._troubles.note)


class _Life:
    """One life of the log, with all that rests on it. The wire's listener."""

    def __init__(  # noqa: PLR0913 - what an agent is made of
        self,
        config: Config,
        log: DiskLog | MemoryLog,
        writer: Executor,
        *,
        drafts: list[Draft],
        clock: Clock,
        random: Callable[[], float],
        troubles: Troubles,
        disk_asked_every: float,
    ) -> None:
        document = config.document
        self._config = config
        self._log = log
        self._writer = writer
        self._clock = clock
        self._troubles = troubles
        self._disk_asked_every = disk_asked_every
        self._online, self._offline = False, " yet"
        self._unanswered = False
        self.damage: LogCorrupt | None = None
        self._watcher = Watcher(
            document.agent,
            config.checks,
            Runner(document.concurrency, clock),
            clock,
            self._decide,
            measured=self._sum_up,
        )
        self._identity = Identity(log.epoch, VERSION, config.fingerprint, float(document.defaults.pulse))
        broker = with_files(document.broker, credentials.located)
        self._status_path = status.path_for(Path(document.log.path))
        last_good = status.last_address(self._status_path)
        self._wire = Wire(
            broker,
            document.agent,
            agent_subscriptions(document.agent),
            self,
            last_good=last_good,
            longest_pause=within_lease(self._identity.pulse),
        )
        self.session = Session(
            document.agent,
            self._identity,
            log,
            publish=self._wire.publish,
            measured=self._watcher.results,
            clock=clock,
            random=random,
            writer=writer,
            drafts=drafts,
            rejected=troubles.note,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`, or until this log cannot or need not go on."""
        try:
            await self._take_over()
            self._wire.start()
            await self._until_over(stop)
            await self.session.part(await why_stopping())
        except LogCorrupt as error:
            self.damage = error
            self._troubles.note(f"the log is damaged: {error}")
        finally:
            await self._wire.close()
            self._write_status()

    def connected(self) -> None:
        self._online = True
        self.session.connected()

    def disconnected(self, why: str) -> None:
        self._online = False
        self._offline = f": {why}" if why else ""
        if why:
            self._troubles.note(why)
        self.session.disconnected()

    def received(self, topic: str, payload: bytes) -> None:
        self.session.received(topic, payload)

    def will(self) -> tuple[str, bytes]:
        return up(self._config.document.agent, "bye"), self.session.will()

    async def signs(self) -> Signs:
        standing = await _in(self._writer, self._log.standing)
        pending = f"{standing.pending} records pending" + (f"; log: {standing.trouble}" if standing.trouble else "")
        line = "connected" if self._online else f"not connected{self._offline}"
        if self.session.uplink.unanswered(self._clock.stamp()) > 0:
            line = NOT_ACKNOWLEDGED
        return Signs(f"{len(self._config.checks)} checks; {line}; {pending}", (self._watcher.turns,))

    def _decide(self, draft: Draft) -> None:
        self.session.decide(draft)

    def _sum_up(self, check: str, measured: Measurement) -> None:
        self.session.sum_up(check, measured)

    async def _take_over(self) -> None:
        """Keeps what the last life could not, believes what the log believes, and forgets checks that are gone."""
        await self.session.flush()
        gone = self._watcher.believe(self._log.beliefs())
        if gone:
            await _in(self._writer, partial(self._log.retire, gone))
            self.session.retire(gone)

    async def _until_over(self, stop: asyncio.Event) -> None:
        running = [self.session.run(), self._watcher.run(), self._keep_status(), stop.wait()]
        if isinstance(self._log, MemoryLog):
            running.append(self._disk_is_back())
        tasks = [asyncio.ensure_future(one) for one in running]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()

    async def _disk_is_back(self) -> None:
        path = Path(self._config.document.log.path)
        back = False
        while not back:
            await asyncio.sleep(self._disk_asked_every)
            back = await _in(self._writer, partial(disk_is_back, path))

    async def _keep_status(self) -> None:
        while True:
            self._note_silence()
            self._write_status()
            await asyncio.sleep(self._identity.pulse)

    def _note_silence(self) -> None:
        """Once each time that the collector stops to answer, not again with every pulse."""
        silent = self.session.uplink.unanswered(self._clock.stamp()) > 0
        if silent and not self._unanswered:
            self._troubles.note(NOT_ACKNOWLEDGED)
        self._unanswered = silent

    def _write_status(self) -> None:
        document, now = self._config.document, self._clock.stamp()
        report = AgentStatus(
            at=now.wall,
            pid=os.getpid(),
            store=document.store,
            agent=document.agent,
            version=VERSION,
            config=self._config.fingerprint,
            epoch=self._identity.epoch,
            pulse=self._identity.pulse,
            connected=self._online,
            pending=self.session.standing.pending,
            unacknowledged=self.session.uplink.unacknowledged(),
            dropped=self.session.standing.dropped,
            log_trouble=self.session.standing.trouble,
            last_ack=self.session.uplink.last_ack,
            offset=self.session.uplink.offset(now),
            checks=self._watcher.statuses(),
            troubles=self._troubles.all(),
            unanswered=self.session.uplink.unanswered(now),
            broker_address=self._wire.last_good,
            offset_doubt=self.session.uplink.doubt(now) or 0.0,
        )
        try:
            status.write(self._status_path, report)
        except OSError as error:
            self._troubles.note(f"the status file cannot be written: {error}")


async def _in(writer: Executor, work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(writer, work)
