"""What people do at a desk comes back: polled, each thing once, as a command with the desk as its actor.

A desk that calls back (collector/desk/inbound.py) only makes us look earlier. The cursor overlaps, because a desk
may show a change late and several in one second; a ticket's serial number tells what was acted on already, and the
command's id makes a repeat harmless.
"""

import asyncio
import logging
from collections.abc import Coroutine
from functools import partial
from typing import Any

from collector.clock import Clock
from collector.database import DatabaseError
from collector.desk import deadline
from collector.desk.dispatcher import DELIVERY, Dispatcher, Leading
from collector.desk.order import Changed, Desk, DeskError, Heard, Unavailable
from collector.desk.ordering import incident_of
from collector.desk.wording import harmless
from rules.entries import Command

_log = logging.getLogger(__name__)
OVERLAP = 120.0
FIRST_TIME = 86_400.0  # seconds that a desk is asked for when it was never polled
A_POLL = 10 * DELIVERY
MOST_HINTS = 1_000  # tickets; beyond that the whole desk is asked


class Listening:
    """`run` until stopped. Listens only while this collector leads and the desk is fit to be written to."""

    def __init__(self, desk: Desk, dispatcher: Dispatcher, engine: Leading, clock: Clock) -> None:
        self._settings, self._deployment = dispatcher.site.desk, dispatcher.site.deployment
        self._desk, self._dispatcher, self._records = desk, dispatcher, dispatcher.records
        self._engine, self._clock = engine, clock
        self._hints: dict[str, None] = {}
        self._hinted = asyncio.Event()

    def hint(self, ticket: str) -> None:
        """Somebody says that this ticket changed; without one, that any did. Looked at as soon as the desk may be."""
        self._hints[ticket] = None
        if len(self._hints) > MOST_HINTS:
            self._hints = {"": None}
        self._hinted.set()

    async def run(self, stop: asyncio.Event) -> None:
        due = self._clock.steady()
        while not stop.is_set():
            hinted = self._hinted.is_set()
            self._hinted.clear()
            if self._dispatcher.may_ask:
                if self._clock.steady() >= due or "" in self._hints:
                    self._hints.clear()
                    due = self._clock.steady() + self._settings.poll
                    await self._until(stop, self.poll())
                elif hinted:
                    await self._until(stop, self._follow_hints())
            await self._wait(stop, max(0.0, due - self._clock.steady()) or self._settings.poll)

    async def _wait(self, stop: asyncio.Event, seconds: float) -> None:
        waits = [asyncio.create_task(stop.wait()), asyncio.create_task(self._hinted.wait())]
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waits:
                one.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    async def _until(self, stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
        """What the end interrupts is done again by the next life: the cursor has not moved."""
        working, stopping = asyncio.create_task(self._safely(work)), asyncio.create_task(stop.wait())
        try:
            await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
        finally:
            working.cancel()
            stopping.cancel()
            await asyncio.gather(working, stopping, return_exceptions=True)

    async def _safely(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            async with asyncio.timeout(A_POLL):
                await work
        except Unavailable as error:
            self._dispatcher.leave_alone(error)
            _log.warning("desk %s was not listened to: %s", self._settings.name, error)
        except (DeskError, DatabaseError, TimeoutError) as error:
            _log.warning("desk %s was not listened to: %s", self._settings.name, str(error) or "no answer")
        except Exception:  # a defect must not end the other desks, nor the collector
            _log.exception("listening to desk %s failed", self._settings.name)

    async def poll(self) -> None:
        """Everything since the last poll that ended well. Raises DeskError, DatabaseError, TimeoutError."""
        began = self._clock.wall()
        cursor = await self._dispatcher.in_worker(self._records.polled)
        since = max(0.0, began - cursor) + OVERLAP if cursor else FIRST_TIME
        await self.hear(*await self._desk.changed(since))
        await self._dispatcher.in_worker(partial(self._records.note_polled, began))

    async def hear(self, *tickets: Changed) -> int:
        """What people did to these since they were last heard; returns how many things. Raises as `poll`."""
        by_incident = {incident_of(self._deployment, one.key): one for one in tickets}
        known = await self._dispatcher.in_worker(partial(self._records.heard, list(by_incident)))
        newest: dict[str, int] = {}
        count = 0
        for incident, ticket in by_incident.items():
            for heard in await self._desk.heard(ticket, known.get(incident, 0)):
                await self._obeyed(incident, heard)
                newest[incident] = heard.serial
                count += 1
            count += await self._clocked(incident, ticket)
        await self._dispatcher.in_worker(partial(self._records.note_heard, newest))
        return count

    async def _follow_hints(self) -> None:
        """The desk itself says whose ticket it is, so a hint may come before its number was told to us."""
        while self._hints:
            ticket = next(iter(self._hints))
            del self._hints[ticket]
            found = await self._desk.ours(ticket)
            if found is not None:
                await self.hear(found)

    async def _clocked(self, incident: str, ticket: Changed) -> int:
        """1 when the desk has another deadline than we knew, or does not own the clock any more."""
        row = self._engine.state.incidents.get(incident)
        command = deadline.news(self._settings.name, ticket, row, self._clock.wall()) if row else None
        return int(command is not None and await self._submitted(ticket.ticket, command))

    async def _obeyed(self, incident: str, heard: Heard) -> None:
        arguments = {"reason": heard.reason} if heard.reason else {}
        command = Command(
            at=self._clock.wall(),
            id=f"desk:{self._settings.name}:{heard.ticket}:{heard.serial}",
            actor=f"{harmless(heard.who, 64)} at {self._settings.name}",
            name=heard.name,
            incident=incident,
            arguments=arguments,
        )
        await self._submitted(heard.ticket, command)

    async def _submitted(self, ticket: str, command: Command) -> bool:
        outcome = await self._engine.submit(command)
        if not outcome.accepted:
            why = "; ".join(reason.text for reason in outcome.reasons)
            _log.info("desk %s: %s of ticket %s: %s", self._settings.name, command.name, ticket, why)
        return outcome.accepted
