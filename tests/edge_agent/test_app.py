"""The agent in this process: lives of its log that end for other reasons than a stop."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from contract.records import Transition
from contract.status import Status
from edge_agent.app import Agent
from edge_agent.config import read
from edge_agent.disk import Bounds, DiskLog
from tests.edge_agent.collecting import CollectorForTests
from tests.edge_agent.drafts import drafts, stamp
from tests.edge_agent.peers import Broker, Device
from tests.edge_agent.running import agent_yaml


async def eventually(what: Callable[[], object], within: float = 40.0) -> None:
    async with asyncio.timeout(within):
        while not what():  # noqa: ASYNC110 - what other processes and threads do is waited for
            await asyncio.sleep(0.05)


def test_a_disk_that_cannot_be_opened_costs_nothing_and_is_used_once_it_can(
    tmp_path: Path, broker: Broker, device: Device
) -> None:
    """Records decided in memory are sent meanwhile; the log on disk then goes on from them."""
    config = read(agent_yaml(tmp_path, broker.url, [f'ci: pos-01, probe: tcp, target: "127.0.0.1:{device.port}"']))
    path = tmp_path / "agent.db"
    path.mkdir()

    async def run(collector: CollectorForTests) -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(Agent(config, disk_asked_every=0.2).run(stop))
        await eventually(collector.all_records)
        in_memory = collector.hellos[-1].epochs[-1].epoch
        path.rmdir()
        await eventually(lambda: collector.hellos[-1].epochs[-1].epoch != in_memory)
        assert collector.hellos[-1].epochs[-1].previous == in_memory
        device.down()
        await eventually(lambda: len(collector.all_records()) > 1)
        stop.set()
        await running

    with CollectorForTests(broker.port) as collector:
        asyncio.run(run(collector))
        records = collector.all_records()
    assert [(r.before, r.after) for r in records if isinstance(r, Transition)] == [
        (Status.UNKNOWN, Status.OK),
        (Status.OK, Status.CRITICAL),
    ]
    log = DiskLog(path, Bounds(), stamp())
    assert [(held.check, held.state) for held in log.beliefs()] == [("pos-01/tcp", Status.CRITICAL)]
    log.close()


def test_checks_that_are_no_longer_configured_are_no_longer_in_the_snapshot(
    tmp_path: Path, broker: Broker, device: Device
) -> None:
    target = f'probe: tcp, target: "127.0.0.1:{device.port}"'

    async def run(checks: list[str], until: Callable[[], object]) -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(Agent(read(agent_yaml(tmp_path, broker.url, checks))).run(stop))
        await eventually(until)
        stop.set()
        await running

    with CollectorForTests(broker.port) as collector:
        asyncio.run(run([f"ci: pos-01, {target}", f"ci: pos-02, {target}"], lambda: len(collector.all_records()) == 2))
        asyncio.run(run([f"ci: pos-02, {target}"], lambda: len(collector.hellos) == 2))
        assert [held.check for held in collector.hellos[-1].snapshot] == ["pos-02/tcp"]


def test_damage_under_a_running_agent_is_set_aside_once_and_not_found_again_by_each_next_life(
    tmp_path: Path, broker: Broker, device: Device
) -> None:
    """Opening reads every page; here some of what was settled long ago rot later, and tidying reads them."""
    config = read(agent_yaml(tmp_path, broker.url, [f'ci: pos-01, probe: tcp, target: "127.0.0.1:{device.port}"']))
    path = tmp_path / "agent.db"
    log = DiskLog(path, Bounds(), stamp())
    for _ in range(20):  # more than SQLite keeps in memory
        log.commit(drafts(300))
    log.settle(log.epoch, ((1, 6_000),), stamp(time.time()))  # just now, so they are kept
    log.close()

    async def run(collector: CollectorForTests) -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(Agent(config).run(stop))
        await eventually(lambda: any(live.results for live in collector.lives))
        rot(path)
        await eventually(lambda: list(tmp_path.glob("agent.db.corrupt-*")))  # at the next tidying, in ten seconds
        told = len(collector.lives)
        await eventually(lambda: any(live.results for live in collector.lives[told:]))
        stop.set()
        await running

    with CollectorForTests(broker.port) as collector:
        asyncio.run(run(collector))
    assert len(list(tmp_path.glob("agent.db.corrupt-*"))) == 1
    assert DiskLog(path, Bounds(), stamp()).standing().trouble == ""


def rot(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(40 * 4096)
        file.write(bytes(20 * 4096))
