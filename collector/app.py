"""A running collector, wired: what feeds whom can be read here and nowhere else."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import PackageNotFoundError, version
from typing import Protocol

from collector import documents, reading
from collector.clock import Clock, OnwardClock, SystemClock
from collector.config import Config
from collector.database import journal, leases, opened, upgrade
from collector.desk.opening import Desks
from collector.engine_loop import EngineLoop
from collector.holder import is_gone, myself
from collector.ingest import Ingest
from collector.receiver import Receiver
from collector.reloading import Reloading, stamp_of
from collector.running import Running
from collector.services import Services
from collector.subscriber import Subscriber

READERS = 4


class Face(Protocol):
    """Serves people and programs while the collector runs. It is handed the configuration and the services."""

    def __call__(self, config: Config, services: Services) -> contextlib.AbstractAsyncContextManager[None]: ...


class Collector:
    """`run` until stopped; `ready` is set once the engine leads and the broker has taken the subscription."""

    def __init__(self, config: Config, face: Face | None = None, host_clock: Clock | None = None) -> None:
        """Reads policy, CMDB and secrets, migrates the database. Raises DocumentError, TooNew, OSError, ValueError."""
        self.config = config
        self.ready = asyncio.Event()
        self._face = face or nobody
        host_clock = host_clock or SystemClock()
        holder = myself()
        sources = documents.sources(config)
        stamp = stamp_of(documents.files(sources))
        papers = reading.at_start(sources)
        self.database = opened(config.database)
        upgrade(self.database)
        with self.database.writing() as connection:
            leases.bury(connection, is_gone)
            clock = OnwardClock(host_clock, journal.head_at(connection))
        self.engine = EngineLoop(self.database, papers, config.keep, holder, clock, version=release())
        self.ingest = Ingest(self.database, papers.registry, holder, self.engine.wake, clock, config.limits)
        self.reloading = Reloading(config, self.engine, self.ingest, clock, expected=papers.expected, stamp=stamp)
        self.subscriber = Subscriber(config.broker, config.client_id)
        self.receiver = Receiver(self.ingest, self.subscriber, clock)
        # A desk dates its calls by true time, and they are judged by their age.
        self.desks = Desks(config, self.database, self.engine, holder, host_clock)
        self.ingest.counters.ticket_differences = self.desks.differences
        self.readers = ThreadPoolExecutor(READERS, "reader")
        self.services = Running(self, clock)

    async def run(self, stop: asyncio.Event) -> None:
        """Ends cleanly after `stop` is set: leases are given back, and what is not committed comes again."""
        receiving = threading.Thread(target=self.receiver.run, name="receiver", daemon=True)
        receiving.start()
        try:
            async with self._face(self.config, self.services), asyncio.TaskGroup() as tasks:
                tasks.create_task(self.engine.run(stop))
                tasks.create_task(self.reloading.run(stop))
                for work in self.desks.work(stop):
                    tasks.create_task(work)
                tasks.create_task(self._announce(stop))
        finally:
            self.receiver.stop()
            await asyncio.to_thread(receiving.join)
            self.readers.shutdown()
            self.database.close()

    async def _announce(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            if self.services.readiness().ready:
                self.ready.set()
                return
            await asyncio.sleep(0.02)


def release() -> str:
    """The version that is installed."""
    try:
        return version("tillwatch")
    except PackageNotFoundError:
        return "0+uninstalled"


@contextlib.asynccontextmanager
async def nobody(_config: Config, _services: Services) -> AsyncIterator[None]:
    """The face of a collector without one."""
    yield
