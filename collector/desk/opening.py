"""From the configuration to running desks."""

import asyncio
from collections.abc import Coroutine
from typing import Any, NamedTuple

from collector.clock import Clock
from collector.config import Config, secret
from collector.database import Database
from collector.desk.calling import Caller
from collector.desk.comparing import Comparing
from collector.desk.dispatcher import LEASE, Dispatcher, Leading
from collector.desk.inbound import Delivery, Inbox, Verdict
from collector.desk.listening import Listening
from collector.desk.order import Desk
from collector.desk.ordering import Site
from collector.desk.pager import Pager
from collector.desk.records import Records
from collector.desk.rt import RequestTracker
from collector.desk.settings import HelpDesk
from collector.desk.webhook import Webhook


class _Live(NamedTuple):
    """What a desk that is sent to has beside its dispatcher."""

    listening: Listening
    comparing: Comparing
    inbox: Inbox | None


class Desks:
    """All of a collector's desks. Nothing is asked of any before `work` is run.

    `differences` has (desk, field of a ticket) → how often it was found to be not as it should be.
    """

    def __init__(self, config: Config, database: Database, engine: Leading, holder: str, clock: Clock) -> None:
        """Reads the desks' secrets. Raises OSError, ValueError."""
        self.differences: dict[tuple[str, str], int] = {}
        self._engine, self._clock = engine, clock
        self._desks: dict[str, tuple[Dispatcher, _Live | None]] = {}
        for settings in config.help_desk:
            desk = opened(settings, config.deployment, clock) if settings.mode == "live" else None
            records = Records(database, settings, holder, LEASE)
            site = Site(settings, config.deployment, config.http.console_url)
            dispatcher = Dispatcher(site, desk, records, engine, clock)
            self._desks[settings.name] = dispatcher, self._live(settings, desk, dispatcher) if desk else None

    def _live(self, settings: HelpDesk, desk: Desk, dispatcher: Dispatcher) -> _Live:
        listening = Listening(desk, dispatcher, self._engine, self._clock)
        comparing = Comparing(desk, dispatcher, listening, self.differences)
        inbox = Inbox(secret(settings.webhook_secret_file)) if settings.webhook_secret_file else None
        return _Live(listening, comparing, inbox)

    def work(self, stop: asyncio.Event) -> list[Coroutine[Any, Any, None]]:
        """What has to run, one for each desk, until `stop`."""
        return [_run(dispatcher, live, stop) for dispatcher, live in self._desks.values()]

    def called(self, desk: str, delivery: Delivery, ticket: str) -> Verdict | None:
        """A desk says that `ticket` changed, or that any did. None: there is no such desk, or it takes no calls."""
        _, live = self._desks.get(desk, (None, None))
        if live is None or live.inbox is None:
            return None
        verdict = live.inbox.judge(delivery, self._clock.wall())
        if verdict == "new":
            live.listening.hint(ticket)
        return verdict


async def _run(dispatcher: Dispatcher, live: _Live | None, stop: asyncio.Event) -> None:
    try:
        async with asyncio.TaskGroup() as together:
            together.create_task(dispatcher.run(stop))
            if live is not None:
                together.create_task(live.listening.run(stop))
                together.create_task(live.comparing.run(stop))
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
        case "pager":
            return Pager(settings, token, caller, clock)
