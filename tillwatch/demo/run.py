"""The demo, wired: devices, line, collector, agents, and the scenarios one after another."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import yaml

from collector import config as collector_config
from collector.app import Collector
from collector.http.serving import Serving
from contract.units import Duration
from edge_agent import config as agent_config
from edge_agent.app import Agent
from rules.given import policy
from tillwatch import together
from tillwatch.api import Api
from tillwatch.broker import Broker
from tillwatch.demo import layout
from tillwatch.demo.line import Line
from tillwatch.demo.play import Patience, play
from tillwatch.demo.scenario import Act
from tillwatch.demo.simulated import SimulatedStore
from tillwatch.demo.stage import Stage
from tillwatch.demo.story import Story
from tillwatch.demo.watch import Watch
from tillwatch.failure import CommandFailed
from tillwatch.ports import LOOPBACK
from tillwatch.signals import stop_event

PAUSE = 20.0  # seconds between two rounds when it goes on for ever
LINGER = 6.0  # seconds that people have to look at an incident in the console then
ALL_HEARD_WITHIN = 30.0
PACE = Duration(15)  # how often the product measures by default
FASTEST = 1.0  # seconds; devices, agents and collector share a process, and a short time-out would blame a device


class Plan(NamedTuple):
    """What to play, and how. `once`: leave when all was played; `folder` is removed afterwards."""

    acts: list[Act]
    stores: int
    speed: float
    once: bool
    port: int
    folder: Path

    @property
    def interval(self) -> float:
        return max(FASTEST, PACE / self.speed)

    @property
    def patience(self) -> Patience:
        return Patience(opening=20 + 120 / self.speed, end=20 + 600 / self.speed, linger=0.0 if self.once else LINGER)


async def run(plan: Plan, broker: Broker) -> int:
    """0 when all came as expected, or when it was interrupted while it would go on for ever; 1 otherwise."""
    story = Story(len(plan.acts))
    with stop_event() as stop:
        async with staged(plan, broker) as stage, chained(plan, broker, stage, stop) as failure:
            story.opening(plan.stores + 1, broker, plan.port, plan.speed)
            playing = asyncio.create_task(_rounds(plan, stage, story))
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait([playing, stopping, failure], return_when=asyncio.FIRST_COMPLETED)
            for task in (playing, stopping):
                task.cancel()
            await asyncio.gather(playing, stopping, return_exceptions=True)
            if failure.done():
                failure.result()
            story.closing()
            if playing.cancelled():
                return 1 if plan.once else 0
            return playing.result()


async def _rounds(plan: Plan, stage: Stage, story: Story) -> int:
    site = Api(f"http://{LOOPBACK}:{plan.port}")
    watch = Watch(site, time.time() - 3600, story.changed)
    await _all_heard(watch)
    story.ready(plan.stores + 1)
    lacking = await _one_round(plan, stage, watch, story)
    while not plan.once:
        story.waiting(PAUSE)
        await asyncio.sleep(PAUSE)
        lacking = await _one_round(plan, stage, watch, story)
    return 1 if lacking else 0


async def _all_heard(watch: Watch) -> None:
    """A scenario says nothing before its stores are watched. Raises CommandFailed when some stay silent."""
    deadline = time.monotonic() + ALL_HEARD_WITHIN
    while silent := await watch.silent_stores():
        if time.monotonic() > deadline:
            raise CommandFailed(f"{len(silent)} stores were not heard within {ALL_HEARD_WITHIN:g} s: {silent[:5]}")
        await asyncio.sleep(0.1)


async def _one_round(plan: Plan, stage: Stage, watch: Watch, story: Story) -> int:
    """How many scenarios did not go as expected."""
    failed = 0
    for number, act in enumerate(plan.acts, 1):
        story.act(number, act)
        outcome = await play(act.scenario, stage, watch, plan.patience, story.tell)
        story.outcome(act, outcome)
        failed += bool(outcome.lacking)
    story.summary(len(plan.acts), failed)
    return failed


@asynccontextmanager
async def staged(plan: Plan, broker: Broker) -> AsyncIterator[Stage]:
    """All devices on and the line joined; everything off in the end."""
    simulated = [
        SimulatedStore(store, broker.url, plan.interval, pulse=max(2.0, PACE / plan.speed))
        for store in layout.simulated_stores(plan.stores)
    ]
    stage = Stage(layout.devices(), Line(broker.port), simulated)
    try:
        for device in stage.devices.values():
            await device.become("on")
        await stage.line.join()
        yield stage
    finally:
        for device in stage.devices.values():
            await device.become("stopped")
        await stage.line.cut()


def chained(
    plan: Plan, broker: Broker, stage: Stage, stop: asyncio.Event
) -> AbstractAsyncContextManager[asyncio.Task[None]]:
    """The collector and all agents on `stage`, as `together.running` has them."""
    collector = Collector(_collector_config(plan, broker), Serving())
    watched = Agent(_agent_config(plan, stage))
    return together.running(collector, [watched.run, *(store.run for store in stage.simulated)], stop)


def _collector_config(plan: Plan, broker: Broker) -> collector_config.Config:
    (plan.folder / "cmdb.yaml").write_text(yaml.safe_dump(layout.cmdb(plan.stores)))
    (plan.folder / "policy.yaml").write_text(yaml.safe_dump(policy.scaled(policy.load("retail"), plan.speed)))
    document = {
        "deployment": "demo",
        "broker": {"url": broker.url},
        "database": "sqlite:///collector.db",
        "cmdb": [{"kind": "yaml", "path": "cmdb.yaml"}],
        "policy": "policy.yaml",
        "http": {"listen": f"{LOOPBACK}:{plan.port}"},
    }
    return collector_config.parse(yaml.safe_dump(document), "collector.yaml", plan.folder)


def _agent_config(plan: Plan, stage: Stage) -> agent_config.Config:
    seconds = f"{plan.interval:g}s"
    document = {
        "store": layout.STORE,
        "agent": layout.AGENT,
        "broker": {"url": f"mqtt://{LOOPBACK}:{stage.line.port}"},
        "log": {"path": str(plan.folder / "agent.db")},
        "defaults": {
            "interval": seconds,
            "timeout": f"{min(3.0, plan.interval):g}s",
            "retry": f"{max(0.1, 2 / plan.speed):g}s",
            "pulse": f"{max(1.0, PACE / plan.speed):g}s",
        },
        "checks": layout.checks(stage.devices),
    }
    return agent_config.parse(yaml.safe_dump(document), "agent.yaml")
