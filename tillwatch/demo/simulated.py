"""Stores whose devices are only simulated: what they measured is made up, all else is the product's own agent.

Each has its own epoch, its own log (in memory), its own conversation with the collector and its own line to the broker.
"""

import asyncio
import random

from contract import topics
from contract.broker import Broker
from contract.records import Stamp
from contract.results import Result, Results, columns
from contract.status import Status
from edge_agent.clocks import HostClock
from edge_agent.judge import Change
from edge_agent.log import Draft
from edge_agent.memory import MemoryLog
from edge_agent.session import Session
from edge_agent.uplink import Identity
from edge_agent.wire import Wire
from tillwatch.demo import layout


class SimulatedStore:
    """One store's agent. `interval` is how often it pretends to measure, `pulse` how often it says so; seconds."""

    def __init__(self, store: str, broker: str, interval: float, pulse: float) -> None:
        agent = layout.agent_of(store)
        log = MemoryLog()
        self._agent, self._interval, self._clock = agent, interval, HostClock()
        self._found: dict[str, tuple[Status, str]] = {}
        self._due: dict[str, asyncio.TimerHandle] = {}
        self._wire = Wire(Broker(broker), agent, topics.agent_subscriptions(agent), self)
        self._session = Session(
            agent,
            Identity(log.epoch, "simulated", "simulated", pulse),
            log,
            publish=self._wire.publish,
            measured=self._measured,
            clock=self._clock,
            random=random.random,
        )
        for check in layout.SIMULATED_CHECKS:
            self.find(check, Status.OK)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; then says goodbye, as an agent does."""
        self._wire.start()
        talking, stopping = asyncio.create_task(self._session.run()), asyncio.create_task(stop.wait())
        await asyncio.wait([talking, stopping], return_when=asyncio.FIRST_COMPLETED)
        for task in (talking, stopping):
            task.cancel()
        ended, _ = await asyncio.gather(talking, stopping, return_exceptions=True)
        await self._session.part("stop")
        await self._wire.close()
        if isinstance(ended, Exception):
            raise ended

    def find_soon(self, check: str, status: Status, text: str = "") -> None:
        """Finds it within an interval, as stores do that measure each in its own time."""
        if check in self._due:
            self._due.pop(check).cancel()
        wait = random.random() * self._interval  # noqa: S311 - spreads stores, keeps no secret
        self._due[check] = asyncio.get_running_loop().call_later(wait, self.find, check, status, text)

    def find(self, check: str, status: Status, text: str = "") -> None:
        before = self._found.get(check, (Status.UNKNOWN, ""))[0]
        self._found[check] = (status, text)
        if before is not status:
            now: Stamp = self._clock.stamp()
            change = Change(before, status, now.wall, flapping=False, text=text)
            self._session.decide(Draft(check, change, now, self._interval))

    def recover(self) -> None:
        for check in layout.SIMULATED_CHECKS:
            self.find_soon(check, Status.OK)

    def _measured(self) -> Results | None:
        return columns(Result(check, status, 5.0, text) for check, (status, text) in self._found.items())

    # What the wire tells

    def connected(self) -> None:
        self._session.connected()

    def disconnected(self, _why: str) -> None:
        self._session.disconnected()

    def received(self, topic: str, payload: bytes) -> None:
        self._session.received(topic, payload)

    def will(self) -> tuple[str, bytes]:
        return topics.up(self._agent, "bye"), self._session.will()
