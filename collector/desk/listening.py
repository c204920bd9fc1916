"""What people do at a desk comes back: polled, each thing once, as a command with the desk as its actor.

The cursor overlaps, because a desk may show a change late and several in one second; a ticket's serial number tells
what was acted on already, and the command's id makes a repeat harmless.
"""

import asyncio
import logging
from functools import partial

from collector.clock import Clock
from collector.database import DatabaseError
from collector.desk.dispatcher import DELIVERY, Dispatcher, Leading
from collector.desk.order import Desk, DeskError, Heard, Unavailable
from collector.desk.ordering import incident_of
from collector.desk.wording import harmless
from rules.entries import Command

_log = logging.getLogger(__name__)
OVERLAP = 120.0
FIRST_TIME = 86_400.0  # seconds that a desk is asked for when it was never polled
A_POLL = 10 * DELIVERY


class Listening:
    """`run` until stopped. Listens only while this collector leads and the desk is fit to be written to."""

    def __init__(self, desk: Desk, dispatcher: Dispatcher, engine: Leading, clock: Clock) -> None:
        self._settings, self._deployment = dispatcher.site.desk, dispatcher.site.deployment
        self._desk, self._dispatcher, self._records = desk, dispatcher, dispatcher.records
        self._engine, self._clock = engine, clock

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            if self._engine.term is not None and self._dispatcher.may_ask:
                await self._poll_until(stop)
            try:
                await asyncio.wait_for(stop.wait(), self._settings.poll)
            except TimeoutError:
                continue

    async def _poll_until(self, stop: asyncio.Event) -> None:
        """A poll that the end interrupts is made again by the next life: its cursor has not moved."""
        polling, stopping = asyncio.create_task(self._poll_safely()), asyncio.create_task(stop.wait())
        try:
            await asyncio.wait((polling, stopping), return_when=asyncio.FIRST_COMPLETED)
        finally:
            polling.cancel()
            stopping.cancel()
            await asyncio.gather(polling, stopping, return_exceptions=True)

    async def _poll_safely(self) -> None:
        try:
            async with asyncio.timeout(A_POLL):
                await self.poll()
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
        tickets = {incident_of(self._deployment, one.key): one for one in await self._desk.changed(since)}
        known = await self._dispatcher.in_worker(partial(self._records.heard, list(tickets)))
        newest: dict[str, int] = {}
        for incident, ticket in tickets.items():
            for heard in await self._desk.heard(ticket, known.get(incident, 0)):
                await self._obeyed(incident, heard)
                newest[incident] = heard.serial
        await self._dispatcher.in_worker(partial(self._records.note_heard, began, newest))

    async def _obeyed(self, incident: str, heard: Heard) -> None:
        arguments = {"reason": heard.reason} if heard.reason else {}
        outcome = await self._engine.submit(
            Command(
                at=self._clock.wall(),
                id=f"desk:{self._settings.name}:{heard.ticket}:{heard.serial}",
                actor=f"{harmless(heard.who, 64)} at {self._settings.name}",
                name=heard.name,
                incident=incident,
                arguments=arguments,
            )
        )
        if not outcome.accepted:
            why = "; ".join(reason.text for reason in outcome.reasons)
            _log.info("desk %s: %s of ticket %s: %s", self._settings.name, heard.name, heard.ticket, why)
