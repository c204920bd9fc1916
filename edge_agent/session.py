"""Drives an uplink: keeps what was decided in the log, and carries the uplink's messages to a transport it is given.

An agent has one session for each life of its log. A store that is only simulated has one too, with edge_agent.memory
for its log, so that it speaks exactly what a real one speaks.
"""

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from functools import partial
from typing import Literal, TypeVar, assert_never

import msgspec

from contract.codec import decode_ack, decode_cmd, encode
from contract.records import Transition
from contract.rejection import Rejected
from contract.reports import Bulk, Bye, Hello, UpReport
from contract.results import Results
from contract.topics import Up, down, up
from edge_agent.clocks import Clock
from edge_agent.judge import Measurement
from edge_agent.line import ReadPage
from edge_agent.log import Draft, Log, Standing
from edge_agent.summing import Sum, Sums
from edge_agent.uplink import Identity, Reopen, Send, SendHello, Settle, Uplink

TIDY_EVERY = 10.0  # seconds
LONGEST_WAIT = 60.0
T = TypeVar("T")

Publish = Callable[[str, bytes], None]  # topic and payload; what cannot be sent is dropped, the uplink tries again
Measured = Callable[[], Results | None]  # the latest measurement of every check


class Session:
    """The conversation of one agent. All methods are called on the event loop that `run` runs on.

    `writer` is the one thread that `log` belongs to; None calls it here, which suits a log in memory. `drafts` is what
    an earlier session had decided and could not keep.
    """

    def __init__(  # noqa: PLR0913 - everything it touches is passed in
        self,
        agent: str,
        identity: Identity,
        log: Log,
        *,
        publish: Publish,
        measured: Measured,
        clock: Clock,
        random: Callable[[], float],
        writer: Executor | None = None,
        drafts: list[Draft] | None = None,
        rejected: Callable[[str], None] = lambda _text: None,
    ) -> None:
        self.drafts = drafts or []
        self.uplink = Uplink(identity, log.end(), log.beliefs(), random, log.told())
        self.standing: Standing = log.standing()
        self._agent = agent
        self._pulse = identity.pulse
        self._log = log
        self._publish = publish
        self._measured = measured
        self._clock = clock
        self._writer = writer
        self._rejected = rejected
        self._woken = asyncio.Event()
        self._ack_topic = down(agent, "ack")
        self._next_pulse = self._next_tidy = 0.0
        self._sums = Sums(clock.stamp().up)
        self._unheard: list[Sum] = []

    def connected(self) -> None:
        self.uplink.connected(self._clock.stamp())
        self._next_pulse = 0.0
        self._woken.set()

    def disconnected(self) -> None:
        self.uplink.disconnected()
        self._next_pulse = 0.0  # or a pulse that nobody is there for would be due at once, again and again

    def received(self, topic: str, payload: bytes) -> None:
        """A message that came down. Whatever bytes it holds, it is understood or reported as rejected."""
        now = self._clock.stamp()
        try:
            if topic == self._ack_topic:
                self.uplink.acknowledged(decode_ack(payload), now)
                self._unheard += self._sums.heard(now.up)
            else:
                self.uplink.commanded(decode_cmd(payload), now)
        except Rejected as error:
            self._rejected(f"a message on {topic} was not understood: {error}")
        self._woken.set()

    def decide(self, draft: Draft) -> None:
        """Takes a decided change; `run` keeps it and sends it."""
        self.drafts.append(draft)
        self._woken.set()

    def sum_up(self, check: str, measured: Measurement) -> None:
        """Takes a measurement; only of an outage is anything kept, and no more than the disk will have."""
        self._sums.add(check, measured)

    def retire(self, checks: Iterable[str]) -> None:
        """These checks are no longer configured, and the log has forgotten them."""
        self.uplink.retire(checks)

    async def part(self, why: Literal["stop", "shutdown"]) -> None:
        """Keeps and sends what is still to be said, then says bye. Raises LogCorrupt."""
        await self.flush()
        for action in self.uplink.actions(self._clock.stamp()):
            await self._do(action)
        self.say_bye(why)

    def say_bye(self, why: Literal["stop", "shutdown"]) -> None:
        self._send(self.uplink.bye(why, self._clock.stamp()))

    def will(self) -> bytes:
        """What the broker is to say when this agent goes without a word."""
        return encode(self.uplink.bye("will", self._clock.stamp()))

    async def run(self) -> None:
        """Until cancelled. Raises LogCorrupt; `drafts` then holds what is not kept yet."""
        while True:
            self._woken.clear()
            await self.turn()
            await self._wait()

    async def turn(self) -> None:
        """All that is due now. Raises LogCorrupt. Without a `writer` it waits for nothing."""
        await self.flush()
        await self._summarise()
        for action in self.uplink.actions(self._clock.stamp()):
            await self._do(action)
        if self._clock.stamp().up >= self._next_tidy:
            await self._tidy()
        self._say_pulse()

    def wake(self) -> float:
        """When the next turn is due if nothing happens, in seconds of `Stamp.up`."""
        wake = min(self.uplink.wake(), self._next_tidy)
        return min(wake, self._next_pulse) if self._next_pulse else wake

    async def flush(self) -> None:
        """Keeps what was decided so far. Raises LogCorrupt."""
        while self.drafts:
            taken = list(self.drafts)
            records = await self._call(partial(self._log.commit, taken))
            del self.drafts[: len(taken)]
            self.uplink.committed(records)
        await self._count()

    async def _summarise(self) -> None:
        now = self._clock.stamp()
        sums = [*self._unheard, *self._sums.due(now.up)]
        self._unheard.clear()
        if sums and not self.standing.trouble:
            self.uplink.summarised(await self._call(lambda: self._log.summarise(sums, now)))
            await self._count()

    async def _do(self, action: Send | SendHello | Settle | Reopen | ReadPage) -> None:
        now = self._clock.stamp()
        match action:
            case Send(report):
                self._send(report)
            case SendHello():
                spans = await self._call(self._log.spans)
                self._send(self.uplink.hello(spans, self._clock.stamp()))
                self._next_pulse = 0.0
            case Settle(epoch, have):
                await self._call(lambda: self._log.settle(epoch, have, now))
                await self._count()
            case Reopen(epoch, ranges):
                if await self._call(lambda: self._log.reopen(epoch, ranges)):
                    self.uplink.grew(await self._call(self._log.end))
            case ReadPage(after, until, room):
                page = await self._call(lambda: self._log.page(after, until, room))
                bulk = self.uplink.page_read(action, page, self._clock.stamp())
                if bulk is not None:
                    self._send(bulk)
            case _:
                assert_never(action)

    async def _tidy(self) -> None:
        now = self._clock.stamp()
        self._next_tidy = now.up + TIDY_EVERY
        if await self._call(lambda: self._log.tidy(now)):
            self.uplink.grew(await self._call(self._log.end))
        await self._count()

    async def _count(self) -> None:
        self.standing = await self._call(self._log.standing)
        self.uplink.counted(self.standing)

    def _say_pulse(self) -> None:
        now = self._clock.stamp()
        if now.up < self._next_pulse:
            return
        live = self.uplink.pulse(self._measured, now)
        if live is not None:
            # A turn that is late does not move the later ones; turns that were missed are not made up for.
            late = (now.up - self._next_pulse) % self._pulse if self._next_pulse else 0.0
            self._next_pulse = now.up + self._pulse - late
            self._send(live)

    async def _wait(self) -> None:
        delay = min(max(self.wake() - self._clock.stamp().up, 0.0), LONGEST_WAIT)
        try:
            async with asyncio.timeout(delay):
                await self._woken.wait()
        except TimeoutError:
            return

    async def _call(self, work: Callable[[], T]) -> T:
        if self._writer is None:
            return work()
        return await asyncio.get_running_loop().run_in_executor(self._writer, work)

    def _send(self, report: UpReport) -> None:
        self._publish(up(self._agent, _kind(report)), fitting(report))


def _kind(report: UpReport) -> Up:
    kinds: dict[str, Up] = {"Hello": "hello", "Live": "live", "Bulk": "bulk", "Bye": "bye"}
    return kinds[type(report).__name__]


def fitting(report: UpReport) -> bytes:
    """The message's bytes; texts are left out when a message would be too large with them, as states never may."""
    try:
        return encode(report)
    except ValueError:
        return encode(_terse(report))


def _terse(report: UpReport) -> UpReport:
    replace = msgspec.structs.replace
    if isinstance(report, Bye):
        return report
    if isinstance(report, Hello):
        return replace(report, snapshot=[replace(held, text="") for held in report.snapshot])
    records = [replace(record, text="") if isinstance(record, Transition) else record for record in report.records]
    if isinstance(report, Bulk):
        return replace(report, records=records)
    return replace(report, records=records, results=report.results and replace(report.results, texts={}))
