"""The whole carrying half on real parts: mosquitto, both databases, the rules."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from collector.app import Collector
from collector.config import Config
from collector.services import IncidentFilter, Overloaded, Request
from tests.collector import chain, mosquitto
from tests.collector.agents import CRITICAL, OK, Agent
from tests.collector.wire import Wire

PATIENCE = 30.0


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    with mosquitto.broker(tmp_path) as port:
        yield port


@asynccontextmanager
async def running(config: Config) -> AsyncIterator[Collector]:
    collector = Collector(config)
    stop = asyncio.Event()
    task = asyncio.create_task(collector.run(stop))
    try:
        await asyncio.wait_for(collector.ready.wait(), PATIENCE)
        yield collector
    finally:
        stop.set()
        await asyncio.wait_for(task, PATIENCE)


async def eventually(found: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        value = found()
        value = await value if asyncio.iscoroutine(value) else value
        if value:
            return value
        await asyncio.sleep(0.02)
    raise AssertionError("it did not happen")


def test_a_dead_till_becomes_an_incident_and_recovers(tmp_path: Path, port: int, database_url: str) -> None:
    """hello and live through a real broker: acknowledged after the commit, an incident with CI, priority and story."""

    async def scene() -> None:
        async with running(chain.config(tmp_path, database_url, port)) as collector:
            services = collector.services
            listener = services.subscribe()
            agent, now = Agent(), time.time()
            wire = await asyncio.to_thread(Wire, port, agent.name)
            up = [agent.turns("pos-01/tcp", OK, now - 60), agent.turns("pos-02/tcp", OK, now - 60)]
            await asyncio.to_thread(wire.say, agent.hello(now))
            assert (await asyncio.to_thread(wire.ack)).epoch == agent.epoch
            assert len(up) == 2
            failed = agent.turns("pos-01/tcp", CRITICAL, now - 1, "connection refused")
            await asyncio.to_thread(wire.say, agent.live(now, failed))
            assert (await asyncio.to_thread(wire.ack)).have == [(3, 3)]
            [incident] = await eventually(lambda: services.incidents(IncidentFilter(state=("open",)), 10))
            assert (incident.ci, incident.category, incident.priority) == ("0001/pos-01", "pos_outage", 2)
            assert incident.reasons
            assert await services.timeline(incident.id)
            assert await services.incident(incident.id) == incident
            seen = await asyncio.wait_for(listener.queue.get(), PATIENCE)
            while seen is not None and seen.kind != "incident":
                seen = await asyncio.wait_for(listener.queue.get(), PATIENCE)
            assert seen is not None
            assert seen.key == incident.id
            outcome = await services.submit(Request("r1", "ann", "acknowledge", incident.id))
            assert outcome.accepted
            again = await services.incident(incident.id)
            assert again is not None
            assert (again.state, again.acknowledged_by) == ("acknowledged", "ann")
            refused = await services.submit(Request("r2", "ann", "acknowledge", "no-such-incident"))
            assert not refused.accepted
            assert "no-such-incident" in refused.reasons[0].text
            then = await services.state_at(incident.learnt_at)
            assert then.incidents[incident.id].state == "open"
            await asyncio.to_thread(wire.close)

    asyncio.run(scene())


def test_a_restart_goes_on_where_the_last_commit_was(tmp_path: Path, port: int, sqlite_url: str) -> None:
    async def scene() -> None:
        config = chain.config(tmp_path, sqlite_url, port)
        agent, now = Agent(), time.time()
        async with running(config) as collector:
            wire = await asyncio.to_thread(Wire, port, agent.name)
            agent.turns("pos-01/tcp", CRITICAL, now - 5)
            await asyncio.to_thread(wire.say, agent.hello(now))
            [before] = await eventually(lambda: collector.services.incidents(IncidentFilter(), 10))
        # What is said while no collector runs waits at the broker, in the session that it keeps for us.
        await asyncio.to_thread(wire.say, agent.live(now, agent.turns("pos-01/tcp", OK, now)))
        async with running(config) as collector:
            restored = await eventually(lambda: _restored(collector, before.id))
            assert restored.id == before.id
            assert collector.engine.term == 2
        await asyncio.to_thread(wire.close)

    asyncio.run(scene())


async def _restored(collector: Collector, id_: str) -> Any:
    incident = await collector.services.incident(id_)
    return incident if incident is not None and incident.restored_at is not None else None


def test_a_second_collector_stands_by_and_takes_over(tmp_path: Path, port: int, database_url: str) -> None:
    """Two on one database: only one leads and listens; when it ends, the other does."""

    async def scene() -> None:
        config = chain.config(tmp_path, database_url, port)
        stop = asyncio.Event()
        async with running(config) as first:
            second = Collector(config)
            task = asyncio.create_task(second.run(stop))
            await asyncio.sleep(1.0)
            assert (first.engine.term, second.engine.term) == (1, None)
            assert not second.services.readiness().ready
            with pytest.raises(Overloaded):
                await second.services.submit(Request("x", "ann", "note"))
            assert first.services.readiness().ready
        await asyncio.wait_for(second.ready.wait(), PATIENCE)
        assert second.engine.term == 2
        stop.set()
        await asyncio.wait_for(task, PATIENCE)

    asyncio.run(scene())


def test_a_broker_that_comes_back_is_subscribed_to_again(tmp_path: Path, sqlite_url: str) -> None:
    async def scene() -> None:
        port = mosquitto.free_port()
        agent, now = Agent(), time.time()
        async with asyncio.timeout(PATIENCE * 2):
            with mosquitto.broker(tmp_path, port):
                collector_context = running(chain.config(tmp_path, sqlite_url, port))
                collector = await collector_context.__aenter__()
            await eventually(lambda: not collector.services.readiness().broker)
            with mosquitto.broker(tmp_path, port):
                await eventually(lambda: collector.services.readiness().ready)
                wire = await asyncio.to_thread(Wire, port, agent.name)
                await asyncio.to_thread(wire.say, agent.hello(now))
                assert (await asyncio.to_thread(wire.ack)).epoch == agent.epoch
                await asyncio.to_thread(wire.close)
                await collector_context.__aexit__(None, None, None)

    asyncio.run(scene())
