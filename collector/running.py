"""The services of a running collector, as collector/services.py promises them to its faces."""

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

from collector import replay
from collector.certificates import Certificates
from collector.changes import Listener
from collector.clock import Clock
from collector.database import Connection, incidents, lanes, letters, own_tickets, shadow
from collector.database.own_tickets import OwnTicket
from collector.database.shadow import Asked, Row, Sum
from collector.desk.inbound import Delivery, Verdict
from collector.services import (
    DeadLetter,
    DeskQueue,
    IncidentFilter,
    Outcome,
    Overloaded,
    PageKey,
    Readiness,
    Request,
)
from collector.shadow_comparison import Day
from rules.course.incident import Incident, TimelineEntry
from rules.entries import Command
from rules.state import State

if TYPE_CHECKING:
    from collector.app import Collector

T = TypeVar("T")
MOST_WAITING = 200  # commands at once


class Running:
    """Everything here is called on the event loop; the database is asked in other threads."""

    def __init__(self, collector: "Collector", clock: Clock) -> None:
        self._collector = collector
        self._clock = clock
        self.started_at = clock.wall()
        self.deployment = collector.config.deployment
        self.counters = collector.ingest.counters
        self.fleet = collector.ingest.fleet
        self._certificates = Certificates(collector.config)

    def clock(self) -> float:
        return self._clock.wall()

    def state(self) -> State:
        return self._collector.engine.state

    def position(self) -> int:
        return self._collector.engine.position

    def registry(self) -> Mapping[str, str]:
        return self._collector.ingest.registry

    def certificates(self) -> Mapping[str, float]:
        return self._certificates.ends()

    def expected(self) -> Mapping[str, str]:
        return self._collector.reloading.expected

    def subscribe(self, size: int = 1_000) -> Listener:
        return self._collector.engine.feed.subscribe(size)

    def readiness(self) -> Readiness:
        engine, ingest, subscriber = self._collector.engine, self._collector.ingest, self._collector.subscriber
        last = ingest.last_message
        return Readiness(
            database=ingest.holding.is_set(),
            broker=subscriber.connected.is_set(),
            leader=engine.term is not None,
            engine_lag=engine.lag,
            ingest_alive=ingest.holding.is_set(),
            last_message_age=None if last is None else self.clock() - last,
            error=engine.error or subscriber.error,
            refused=self._collector.reloading.refused,
            documents_read_at=self._collector.reloading.read_at,
        )

    async def incidents(self, wanted: IncidentFilter, limit: int, after: PageKey | None = None) -> list[Incident]:
        return await self._read(lambda connection: incidents.listed(connection, wanted, limit, after))

    async def incident(self, id_: str) -> Incident | None:
        return await self._read(lambda connection: incidents.found(connection, id_))

    async def timeline(self, incident: str) -> list[TimelineEntry]:
        return await self._read(lambda connection: incidents.story(connection, incident))

    async def state_at(self, at: float) -> State:
        return await self._elsewhere(lambda: replay.state_at(self._collector.database, at))

    async def submit(self, request: Request) -> Outcome:
        engine = self._collector.engine
        if engine.term is None:
            raise Overloaded("no engine leads here at the moment")
        if engine.waiting >= MOST_WAITING:
            raise Overloaded(f"{MOST_WAITING} commands are waiting already")
        return await engine.submit(
            Command(
                at=self.clock(),
                id=request.id,
                actor=request.actor,
                name=request.name,
                incident=request.incident,
                arguments=request.arguments,
            )
        )

    def desk_called(self, desk: str, delivery: Delivery, ticket: str) -> Verdict | None:
        return self._collector.desks.called(desk, delivery, ticket)

    async def unsent(self, asked: Asked, limit: int, after: int) -> tuple[list[Row], list[Sum]]:
        return await self._read(
            lambda connection: (shadow.listed(connection, asked, limit, after), shadow.summed(connection, asked))
        )

    async def compared(self, desk: str, day: Day) -> tuple[list[Incident], list[OwnTicket]]:
        return await self._read(
            lambda connection: (incidents.lasting(connection, *day), own_tickets.listed(connection, desk, *day))
        )

    async def desk_queues(self) -> list[DeskQueue]:
        desks = {desk.name: desk.told for desk in self._collector.config.help_desk}
        return await self._read(lambda connection: lanes.queues(connection, desks)) if desks else []

    async def dead_letters(self, limit: int, before: int | None = None) -> list[DeadLetter]:
        return await self._read(lambda connection: letters.listed(connection, limit, before))

    async def dead_letter(self, id_: int) -> DeadLetter | None:
        return await self._read(lambda connection: letters.found(connection, id_))

    async def retry_dead_letter(self, id_: int) -> bool:
        def ask() -> bool:
            with self._collector.database.writing() as connection:
                return letters.ask_retry(connection, id_)

        return await self._elsewhere(ask)

    async def _read(self, question: Callable[[Connection], T]) -> T:
        def ask() -> T:
            with self._collector.database.reading() as connection:
                return question(connection)

        return await self._elsewhere(ask)

    async def _elsewhere(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._collector.readers, work)
