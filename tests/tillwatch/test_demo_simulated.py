"""A simulated store speaks the contract through a real broker, as an agent does."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from contract import topics
from contract.broker import Broker as BrokerAddress
from contract.codec import decode_up, encode
from contract.records import Transition
from contract.reports import Ack, Bye, Hello, Live, UpReport
from contract.status import Status
from edge_agent.wire import Wire
from tillwatch import broker
from tillwatch.demo import layout
from tillwatch.demo.simulated import SimulatedStore


class Ear:
    """A collector that only listens and acknowledges."""

    def __init__(self, url: str) -> None:
        self.heard: list[tuple[str, UpReport]] = []
        self.wire = Wire(BrokerAddress(url), "ear", topics.collector_subscriptions(), self)
        self.listening, self._news = asyncio.Event(), asyncio.Event()

    def connected(self) -> None:
        self.listening.set()

    def disconnected(self, _why: str) -> None:
        self.listening.clear()

    def will(self) -> None:
        return None

    def received(self, topic: str, payload: bytes) -> None:
        sender = topics.sender(topic)
        report = decode_up(sender.report, payload)
        self.heard.append((sender.agent, report))
        self._news.set()
        now = time.time()
        match report:
            case Hello():
                ack = Ack(epoch=report.epochs[-1].epoch, have=[], echo=report.at, received=now, sent=now)
            case Live():
                ack = Ack(epoch=report.epoch, have=[(1, report.last)], echo=report.at, received=now, sent=now)
            case _:
                return
        self.wire.publish(topics.down(sender.agent, "ack"), encode(ack))

    def transitions(self) -> list[tuple[str, Status]]:
        """What arrived as a hello's beliefs and as live records, in order."""
        seen: list[tuple[str, Status]] = []
        for _, report in self.heard:
            if isinstance(report, Hello):
                seen += [(belief.check, belief.state) for belief in report.snapshot]
            elif isinstance(report, Live):
                seen += [(one.check, one.after) for one in report.records if isinstance(one, Transition)]
        return seen

    async def hears(self, what: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not what():
                self._news.clear()
                await self._news.wait()


def test_it_says_hello_what_it_finds_and_goodbye(tmp_path: Path) -> None:
    async def story(url: str) -> None:
        ear, stop = Ear(url), asyncio.Event()
        ear.wire.start()
        await ear.listening.wait()
        store = SimulatedStore("0002", url, interval=0.05, pulse=0.2)
        running = asyncio.create_task(store.run(stop))
        await ear.hears(lambda: {check for check, _ in ear.transitions()} == set(layout.SIMULATED_CHECKS))
        assert all(status is Status.OK for _, status in ear.transitions())
        store.find_soon("pos-01/tcp", Status.CRITICAL, "timed out")
        await ear.hears(lambda: ear.transitions()[-1] == ("pos-01/tcp", Status.CRITICAL))
        records = [one for _, report in ear.heard if isinstance(report, Live) for one in report.records]
        assert {one.interval for one in records if isinstance(one, Transition)} == {0.05}
        store.recover()
        await ear.hears(lambda: ear.transitions()[-1] == ("pos-01/tcp", Status.OK))
        await ear.hears(
            lambda: any(isinstance(one, Live) and one.results and len(one.results.ms) == 4 for _, one in ear.heard)
        )
        stop.set()
        await running
        await ear.hears(lambda: isinstance(ear.heard[-1][1], Bye))
        assert {agent for agent, _ in ear.heard} == {"0002-server"}
        await ear.wire.close()

    with broker.running(tmp_path) as running:
        asyncio.run(story(running.url))
