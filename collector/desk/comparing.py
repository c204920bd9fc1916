"""From time to time each open ticket is read and compared with what we want: HTTP success proved nothing then, nor now.

A state that a person set is heard as theirs, and the rules say what follows. What nobody wanted so is put right, once;
whatever differs after that is left, counted and shown, and nobody is fought with.
"""

import asyncio
import logging
from collections.abc import MutableMapping
from functools import partial

from collector.database import DatabaseError
from collector.database.lanes import Claimed, Standing
from collector.desk.dispatcher import DELIVERY, Dispatcher
from collector.desk.listening import Listening
from collector.desk.order import Desk, DeskError, Difference, Order, Unavailable

_log = logging.getLogger(__name__)
SHARE = 4  # at most every fourth request that the desk allows is a comparison's
MOST_TOLD = 500
THEIRS = ("state", "due")  # what a person changes there has consequences here
Counts = MutableMapping[tuple[str, str], int]


class Comparing:
    """`run` until stopped. `counts` has (desk, field) → how many differences were found, each once while it lasts."""

    def __init__(self, desk: Desk, dispatcher: Dispatcher, listening: Listening, counts: Counts) -> None:
        self._desk, self._dispatcher, self._listening, self._counts = desk, dispatcher, listening, counts
        self._settings, self._records = dispatcher.site.desk, dispatcher.records
        self._known: dict[str, frozenset[str]] = {}  # incident → fields that differ, so that each is counted once

    async def run(self, stop: asyncio.Event) -> None:
        while not await _stopped(stop, self._settings.compare / 2):
            try:
                await self._round(stop)
            except DatabaseError as error:
                _log.warning("comparing desk %s waits for the database: %s", self._settings.name, error)
            except Exception:  # a defect must not end the other desks, nor the collector
                _log.exception("comparing desk %s failed", self._settings.name)

    async def _round(self, stop: asyncio.Event) -> None:
        """Every ticket once, spread over half the time."""
        if not self._dispatcher.may_ask:
            return
        found = await self._dispatcher.in_worker(self._records.standing)
        ids = {one.incident.id for one in found}
        self._known = {id_: fields for id_, fields in self._known.items() if id_ in ids}
        pause = max(self._settings.compare / 2 / max(1, len(found)), SHARE / self._settings.rate)
        for one in found:
            if await _stopped(stop, pause):
                return
            if self._dispatcher.may_ask:
                await self._compare_safely(one.incident.id)

    async def _compare_safely(self, incident: str) -> None:
        try:
            for standing in await self._dispatcher.in_worker(partial(self._records.standing, incident)):
                async with asyncio.timeout(DELIVERY):
                    await self.compare(standing)
        except Unavailable as error:
            self._dispatcher.leave_alone(error)
            _log.warning("desk %s was not compared: %s", self._settings.name, error)
        except (DeskError, TimeoutError) as error:
            text = str(error) or "no answer"
            _log.warning("the ticket of %s at %s was not compared: %s", incident, self._settings.name, text)

    async def compare(self, standing: Standing) -> None:
        """One ticket. Raises DeskError, DatabaseError."""
        if self._settings.holds_back(standing.incident):
            return
        order = self._dispatcher.ordered(Claimed(standing.lane, standing.incident, [], repeated=False))
        found = await self._desk.differences(order)
        if any(one.field in THEIRS for one in found) and await self._listened(order.ticket):
            return  # a person's doing that we had not heard of: what the rules make of it comes as news
        await self._settle(standing, order, found)

    async def _listened(self, ticket: str) -> bool:
        there = await self._desk.ours(ticket)
        return there is not None and await self._listening.hear(there) > 0

    async def _settle(self, standing: Standing, order: Order, found: list[Difference]) -> None:
        text = "; ".join(map(str, found))[:MOST_TOLD]
        self._count(order.incident.id, frozenset(one.field for one in found))
        if text != standing.lane.error:
            if text:
                _log.warning("ticket %s at %s: %s", order.ticket, self._settings.name, text)
            await self._dispatcher.in_worker(partial(self._records.note_difference, standing, text))
        mends = any(one.is_ours for one in found) and not order.wrote.repaired
        if mends and await self._dispatcher.in_worker(partial(self._records.repair, order, standing)):
            self._dispatcher.look()

    def _count(self, incident: str, fields: frozenset[str]) -> None:
        for field in fields - self._known.get(incident, frozenset()):
            key = (self._settings.name, field)
            self._counts[key] = self._counts.get(key, 0) + 1
        self._known[incident] = fields


async def _stopped(stop: asyncio.Event, seconds: float) -> bool:
    """Waits for so long, or until the end."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return False
    return True
