"""From the configuration to running desks."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from collector.clock import Clock
from collector.config import Config, secret
from collector.database import Database
from collector.desk.calling import Caller
from collector.desk.dispatcher import LEASE, Dispatcher, Leading
from collector.desk.listening import Listening
from collector.desk.order import Desk
from collector.desk.ordering import Site
from collector.desk.records import Records
from collector.desk.rt import RequestTracker
from collector.desk.settings import HelpDesk
from collector.desk.webhook import Webhook


class Desks:
    """All of a collector's desks. Nothing is asked of any before `work` is run."""

    def __init__(self, config: Config, database: Database, engine: Leading, holder: str, clock: Clock) -> None:
        """Reads the desks' secrets. Raises OSError, ValueError."""
        self._pairs: list[tuple[Dispatcher, Listening | None]] = []
        for settings in config.help_desk:
            desk = opened(settings, config.deployment, clock) if settings.mode == "live" else None
            records = Records(database, settings.name, holder, LEASE)
            site = Site(settings, config.deployment, config.http.console_url)
            dispatcher = Dispatcher(site, desk, records, engine, clock)
            self._pairs.append((dispatcher, Listening(desk, dispatcher, engine, clock) if desk else None))

    def work(self, stop: asyncio.Event) -> list[Coroutine[Any, Any, None]]:
        """What has to run, one for each desk, until `stop`."""
        return [_run(dispatcher, listening, stop) for dispatcher, listening in self._pairs]


async def _run(dispatcher: Dispatcher, listening: Listening | None, stop: asyncio.Event) -> None:
    try:
        async with asyncio.TaskGroup() as both:
            both.create_task(dispatcher.run(stop))
            if listening is not None:
                both.create_task(listening.run(stop))
    finally:
        await dispatcher.close()


def opened(settings: HelpDesk, deployment: str, clock: Clock) -> Desk:
    """Raises OSError and ValueError for a secret that cannot be used."""
    token, caller = secret(settings.token_file), Caller(settings, clock)
    match settings.kind:
        case "rt":
            return RequestTracker(settings, deployment, token, caller)
        case "webhook":
            return Webhook(settings, token, caller, clock)
