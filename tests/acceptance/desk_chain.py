"""Forty stores that share an acquirer, each with its own agent on a real broker, and a collector with a help desk."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from collector.app import Collector
from collector.config import parse
from collector.http.serving import Serving
from collector.services import IncidentFilter
from contract.status import Status
from rules.course.incident import Incident
from rules.given import policy
from tests.acceptance.rt_peer import CREDENTIALS, Peer, run
from tests.collector import mosquitto
from tests.collector.desk.scene import eventually
from tillwatch.demo import layout
from tillwatch.demo.simulated import SimulatedStore

STORES = 40
PACE = 60.0  # five minutes of stable health are five seconds
INTERVAL, PULSE = 2.0, 2.0  # seconds
PATIENCE = 60.0
LOST = "timed out: no answer within 3 s"


def cmdb() -> dict[str, Any]:
    """The demo's, without the store that has real devices."""
    whole = layout.cmdb(STORES)
    return {
        "stores": [one for one in whole["stores"] if one["id"] != layout.STORE],
        "items": [one for one in whole["items"] if one.get("store") != layout.STORE],
    }


class Chain:
    """`deployment` is in the key of each ticket, so a run's tickets are told from all others."""

    def __init__(self, collector: Collector, stores: list[SimulatedStore]) -> None:
        self.collector, self._stores = collector, stores
        self.deployment = collector.config.deployment

    def acquirer_fails(self) -> None:
        for store in self._stores:
            store.find_soon("acquirer-a/http", Status.CRITICAL, LOST)

    def acquirer_returns(self) -> None:
        for store in self._stores:
            store.recover()

    async def incidents(self) -> list[Incident]:
        return await self.collector.services.incidents(IncidentFilter(), 100)

    async def acquirer(self) -> Incident:
        return next(one for one in await self.incidents() if one.ci == "acquirer-a")

    async def until(self, true: Callable[[Incident], Any], patience: float = PATIENCE) -> Incident:
        """The acquirer's incident, once that is so of it."""
        async with asyncio.timeout(patience):
            while True:
                for one in await self.incidents():
                    if one.ci == "acquirer-a" and true(one):
                        return one
                await asyncio.sleep(0.05)


@asynccontextmanager
async def chain(folder: Path, deployment: str, desk: dict[str, Any]) -> AsyncIterator[Chain]:
    """Everything up, and every store heard and well."""
    (folder / "cmdb.yaml").write_text(yaml.safe_dump(cmdb()))
    (folder / "policy.yaml").write_text(yaml.safe_dump(policy.scaled(policy.load("retail"), PACE), sort_keys=False))
    with mosquitto.broker(folder) as port:
        settings = {
            "deployment": deployment,
            "broker": {"url": f"mqtt://127.0.0.1:{port}"},
            "database": f"sqlite:///{folder}/collector.db",
            "cmdb": [{"kind": "yaml", "path": "cmdb.yaml"}],
            "policy": "policy.yaml",
            "http": {"listen": "127.0.0.1:0", "public_url": "https://noc.example"},
            "help_desk": [desk],
        }
        text = yaml.safe_dump(settings)
        (folder / "collector.yaml").write_text(text)
        serving, stop = Serving(), asyncio.Event()
        collector = Collector(parse(text, "collector.yaml", folder), serving)
        running = asyncio.create_task(collector.run(stop))
        await asyncio.wait_for(collector.ready.wait(), PATIENCE)
        broker = f"mqtt://127.0.0.1:{port}"
        stores = [SimulatedStore(id_, broker, INTERVAL, PULSE) for id_ in layout.simulated_stores(STORES)]
        agents = [asyncio.create_task(store.run(stop)) for store in stores]
        await eventually(lambda: len(collector.services.state().agents) == STORES, PATIENCE)
        try:
            yield Chain(collector, stores)
        finally:
            stop.set()
            await asyncio.wait_for(asyncio.gather(running, *agents), PATIENCE)


def stop_rt() -> None:
    run("rt5-down")


def start_rt() -> None:
    """As it was started before: at its port, and as slow at hashing."""
    set_up = (CREDENTIALS.parent / "RT_SiteConfig.pm").read_text()
    cost = re.search(r"BcryptCost, (\d+)", set_up)
    run("rt5-up", RT5_PORT=str(urlsplit(Peer().url).port), RT5_BCRYPT=cost[1] if cost else "12")
