"""An uplink and a collector joined by a line in virtual time: messages and acks arrive, or are lost, as a test says."""

import math
from collections import deque
from collections.abc import Callable

from contract import digest
from contract.codec import decode_up, encode
from contract.ranges import Ranges, contains, merged
from contract.records import Gap, Stamp, Transition
from contract.reports import Ack, Bulk, Hello, Live, UpReport
from contract.status import Status
from edge_agent.line import ReadPage
from edge_agent.memory import MemoryLog
from edge_agent.session import _kind
from edge_agent.uplink import Identity, Reopen, Send, SendHello, Settle, Uplink
from tests.edge_agent.drafts import draft


class Link:
    """`now` is virtual. `loses(kind)` decides about each message, `ack` being one kind. Acks arrive `delay` later."""

    def __init__(
        self, loses: Callable[[str], bool] = lambda _kind: False, delay: float = 0.1, random: float = 0.5
    ) -> None:
        self.now = 1000.0
        self.log = MemoryLog()
        self.uplink = Uplink(Identity(self.log.epoch, "1", "c", 15.0), self.log.end(), [], lambda: random)
        self.sent: list[UpReport] = []
        self.have: Ranges = ()
        self._loses = loses
        self._delay = delay
        self._arriving: deque[tuple[float, Ack]] = deque()
        self._connected = False

    def stamp(self) -> Stamp:
        return Stamp(self.now, "b1", self.now)

    def connect(self) -> None:
        self._connected = True
        self._arriving.clear()
        self.uplink.connected(self.stamp())
        self.act()

    def disconnect(self) -> None:
        self._connected = False
        self.uplink.disconnected()

    def decide(self, check: str = "pos-01/tcp", after: Status = Status.CRITICAL) -> Transition:
        (record,) = self.log.commit([draft(check, after, at=self.now)])
        self.uplink.committed([record])
        self.act()
        return record

    def act(self) -> None:
        """All that is due now."""
        while actions := self.uplink.actions(self.stamp()):
            for action in actions:
                self._do(action)

    def run(self, seconds: float) -> None:
        """Until `seconds` later, with everything that falls due in between at its instant."""
        end = self.now + seconds
        while True:
            arrival = self._arriving[0][0] if self._arriving else math.inf
            step = max(min(arrival, self.uplink.wake()), self.now)
            if step > end:
                break
            self.now = step
            if arrival <= self.now:
                self.uplink.acknowledged(self._arriving.popleft()[1], self.stamp())
            self.act()
        self.now = end

    def pulse(self) -> Live | None:
        live = self.uplink.pulse(lambda: None, self.stamp())
        if live is not None:
            self._send(live)
        return live

    def live_records(self) -> list[list[int]]:
        return [[record.seq for record in one.records] for one in self.sent if isinstance(one, Live) and one.records]

    def bulk_records(self) -> list[list[int]]:
        return [[record.seq for record in one.records] for one in self.sent if isinstance(one, Bulk)]

    def hellos(self) -> list[Hello]:
        return [one for one in self.sent if isinstance(one, Hello)]

    def collector_digest(self) -> str:
        """What a collector that has everything computes from the last hello alone."""
        return digest.text(digest.of_snapshot(self.hellos()[-1].snapshot))

    def _do(self, action: Send | SendHello | Settle | Reopen | ReadPage) -> None:
        match action:
            case Send(report):
                self._send(report)
            case SendHello():
                self._send(self.uplink.hello(self.log.spans(), self.stamp()))
            case Settle(epoch, have):
                self.log.settle(epoch, have, self.stamp())
            case Reopen(epoch, ranges):
                if self.log.reopen(epoch, ranges):
                    self.uplink.grew(self.log.end())
            case ReadPage(after, until, room):
                bulk = self.uplink.page_read(action, self.log.page(after, until, room), self.stamp())
                if bulk is not None:
                    self._send(bulk)

    def _send(self, report: UpReport) -> None:
        assert self._connected
        kind = _kind(report)
        assert decode_up(kind, encode(report)) == report
        self.sent.append(report)
        if self._loses(kind):
            return
        if isinstance(report, Live | Bulk):
            for record in report.records:
                span = (record.first, record.last) if isinstance(record, Gap) else (record.seq, record.seq)
                self.have = merged([*self.have, (record.seq, record.seq), span])
        if (isinstance(report, Hello) or getattr(report, "records", None)) and not self._loses("ack"):
            at = self.now + self._delay
            ack = Ack(epoch=self.log.epoch, have=list(self.have)[:32], echo=report.at, received=self.now, sent=self.now)
            self._arriving.append((at, ack))

    def has(self, seq: int) -> bool:
        return contains(self.have, seq)
