"""The whole way in one collector: mosquitto, ingest, engine, outbox, ticket, and the ticket back in the incident."""

import asyncio
import time
from pathlib import Path

import pytest

from collector.app import Collector
from collector.services import IncidentFilter
from tests.collector import mosquitto
from tests.collector.agents import CRITICAL, OK, Agent
from tests.collector.desk import scene
from tests.collector.desk.scene import eventually
from tests.collector.desk.tracker import tracker
from tests.collector.wire import Wire


def test_a_dead_till_has_its_ticket_within_seconds(tmp_path: Path, sqlite_url: str) -> None:
    (tmp_path / "token").write_text("secret-token")

    async def story(port: int) -> None:
        async with tracker() as server:
            desk = {"name": "desk", "kind": "rt", "url": server.url, "token_file": "token", "mode": "live"}
            collector, stop = Collector(scene.config(tmp_path, sqlite_url, desk, port=port)), asyncio.Event()
            task = asyncio.create_task(collector.run(stop))
            await asyncio.wait_for(collector.ready.wait(), scene.PATIENCE)
            agent, now = Agent("0001-s"), time.time()
            wire = await asyncio.to_thread(Wire, port, agent.name)
            for till in ("pos-01", "pos-02"):
                agent.turns(f"{till}/tcp", OK, now - 60)
            await asyncio.to_thread(wire.say, agent.hello(now))
            dead = agent.turns("pos-01/tcp", CRITICAL, now - 1, "connection refused")
            await asyncio.to_thread(wire.say, agent.live(now, dead))
            await eventually(lambda: server.tickets)
            assert server.tickets[1]["Subject"].startswith("P2 Customers wait longer at the checkout: ")
            deadline = time.monotonic() + scene.PATIENCE
            while not (found := await collector.services.incidents(IncidentFilter(), 1))[0].ticket:
                assert time.monotonic() < deadline
                await asyncio.sleep(0.05)
            assert found[0].ticket is not None
            assert (found[0].ticket.system, found[0].ticket.id) == ("desk", "1")
            stop.set()
            await asyncio.wait_for(task, scene.PATIENCE)
            await asyncio.to_thread(wire.close)

    with mosquitto.broker(tmp_path) as port:
        asyncio.run(story(port))


def test_a_collector_without_its_desks_secret_does_not_start(tmp_path: Path, sqlite_url: str) -> None:
    desk = {"name": "desk", "kind": "rt", "url": "http://127.0.0.1:9", "token_file": "missing", "mode": "live"}
    with pytest.raises(OSError, match="missing"):
        Collector(scene.config(tmp_path, sqlite_url, desk))
