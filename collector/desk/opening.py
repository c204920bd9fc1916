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
        self._runners: list[Dispatcher | Listening] = []
        for settings in config.help_desk:
            desk = opened(settings, config.deployment, clock) if settings.mode == "live" else None
            records = Records(database, settings.name, holder, LEASE)
            site = Site(settings, config.deployment, config.http.console_url)
            dispatcher = Dispatcher(site, desk, records, engine, clock)
            self._runners.append(dispatcher)
            if desk is not None:
                self._runners.append(Listening(desk, dispatcher, engine, clock))

    def work(self, stop: asyncio.Event) -> list[Coroutine[Any, Any, None]]:
        """What has to run, each until `stop`."""
        return [one.run(stop) for one in self._runners]


def opened(settings: HelpDesk, deployment: str, clock: Clock) -> Desk:
    """Raises OSError and ValueError for a secret that cannot be used."""
    token, caller = secret(settings.token_file), Caller(settings, clock)
    match settings.kind:
        case "rt":
            return RequestTracker(settings, deployment, token, caller)
        case "webhook":
            return Webhook(settings, token, caller, clock)
