"""Which message goes to the collector when: a sans-I/O core. Time, randomness and pages of the log are passed in.

The caller reports what happened (`connected`, `committed`, `acknowledged`, …), then takes what to do from `actions` and
comes back at `wake` at the latest. Its rules:

* A hello is first on every connection. Until it is acknowledged no backlog goes.
* What was decided while connected goes out at once in a live message, together with whatever else is still unsent.
* What was pending before the connection is backlog: bulk, in log order, one batch at a time (edge_agent.pacing).
* At most four messages with a hello or records are on their way; a pulse without records needs no ack.
* Unacknowledged after 10 s, doubling, with jitter, at most 5 min: sent again on the same connection.
* Only an ack settles a record. A broker's word is worth nothing here.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, assert_never

from contract import digest
from contract.clock import Exchange
from contract.ranges import Ranges, contains, merged
from contract.records import Record, Stamp, Summary, Transition
from contract.reports import MAX_RANGES, Ack, Belief, Bulk, Bye, Cmd, EpochSpan, Hello, Live
from contract.results import Results
from edge_agent.clocks import Skew, redated, restamped
from edge_agent.line import FIRST_PATIENCE, Flight, Line, ReadPage
from edge_agent.log import START, Page, Position, Standing, belief

MOST_PATIENCE = 300.0  # seconds
MOST_FRESH = 1_000  # records in memory; beyond it they are backlog like any other
LIVE_ROOM = 500  # records in one live message
# A broker may end the connection at a word that its ACL denies (mosquitto with max_queued_messages 0): after so many it
# is no accident of the line.
UNHEARD = 3


class Identity(NamedTuple):
    """What a hello says that does not change while the agent runs. `pulse` in seconds."""

    epoch: str
    version: str
    config: str
    pulse: float


class Send(NamedTuple):
    """Publish this."""

    report: Hello | Live | Bulk


class SendHello(NamedTuple):
    """Ask the log for its spans, make the hello with `Uplink.hello` and publish it."""


class Settle(NamedTuple):
    """The collector has these: the log may let go of them."""

    epoch: str
    have: Ranges


class Reopen(NamedTuple):
    """The collector wants these again: they are pending once more."""

    epoch: str
    ranges: Ranges


Action = Send | SendHello | Settle | Reopen | ReadPage


class Uplink:
    """One agent's side of the conversation. `random` gives 0 ≤ r < 1. Waiting is by the `up` of stamps.

    `told`: when an earlier life decided what is believed, by the clock of then.
    """

    def __init__(
        self,
        identity: Identity,
        end: Position,
        beliefs: Iterable[Belief],
        random: Callable[[], float],
        told: Mapping[str, Stamp] | None = None,
    ) -> None:
        self._identity = identity
        self._random = random
        self._skew = Skew()
        self._beliefs = {held.check: held for held in beliefs}
        self._told = dict(told or {})  # when each belief was written, on the clock of then
        self._digest = digest.of_snapshot(self._beliefs.values())
        self._end = end
        self._standing = Standing(0, 0)
        self._queue: list[Action] = []
        self._settled: dict[str, Ranges] = {}
        self.last_ack: float | None = None  # wall time
        self._line = Line()
        self._unheard = 0  # connections in a row that ended after our hello and before any ack
        self._unheard_since = math.inf

    # What happened

    def connected(self, now: Stamp) -> None:
        """The broker is there and our subscriptions hold. What is pending by now is backlog."""
        self._line = Line(online=True, hello_due=now.up, until=self._end)
        for check in self._beliefs:
            self._told.setdefault(check, now)

    def disconnected(self) -> None:
        if self._line.greeted and not self._line.welcome:
            self._unheard += 1
        self._line = Line()

    def committed(self, records: Sequence[Transition]) -> None:
        """The log has these."""
        for record in records:
            self._digest = digest.after_transition(self._digest, record)
            self._beliefs[record.check] = belief(record, self._identity.epoch)
            self._told[record.check] = record.decided
            self._end = self._end._replace(seq=record.seq)
            if self._line.online:
                self._line.fresh.append(record)
        if len(self._line.fresh) > MOST_FRESH:
            self._demote_fresh()

    def summarised(self, records: Sequence[Summary]) -> None:
        """The log has these too. They are history, so they are backlog also while the line stands."""
        if not records:
            return
        if self._line.after == self._line.until:
            self._line.after = Position(self._end.ordinal, records[0].seq - 1)
        self._line.until = self._end = self._end._replace(seq=records[-1].seq)

    def retire(self, checks: Iterable[str]) -> None:
        """These checks are no longer configured: the snapshot and the digest go on without them."""
        for check in checks:
            self._beliefs.pop(check, None)
            self._told.pop(check, None)
        self._digest = digest.of_snapshot(self._beliefs.values())

    def grew(self, end: Position) -> None:
        """Something older is pending that was not before: the backlog is read from its start again."""
        self._end = max(self._end, end)
        self._line.after, self._line.until, self._line.reading = START, self._end, None

    def counted(self, standing: Standing) -> None:
        """What live messages say of the log."""
        self._standing = standing

    def acknowledged(self, ack: Ack, now: Stamp) -> None:
        self.last_ack = now.wall
        self._line.pulsed, self._unheard = math.inf, 0
        self._skew.learn(Exchange(ack.echo, ack.received, ack.sent, now.wall), now)
        have = merged(ack.have)
        if have and self._settled.get(ack.epoch) != have:
            self._settled[ack.epoch] = have
            self._queue.append(Settle(ack.epoch, have))
        for flight in [flight for flight in self._line.flights if flight.epoch == ack.epoch]:
            if self._answered(flight, ack, have):
                self._line.flights.remove(flight)
                if flight.kind == "bulk":
                    self._line.pacing = self._line.pacing.acknowledged(now.up - flight.sent, now.up)
            elif flight.kind == "live" and flight.at < ack.echo and len(have) < MAX_RANGES:
                # Something later has been answered, so this one was lost on the way: no need to wait for it.
                flight.due = now.up

    def commanded(self, cmd: Cmd, now: Stamp) -> None:
        match cmd.kind:
            case "hello":
                self._line.hello_due = min(self._line.hello_due, now.up + cmd.within * self._random())
            case "ranges":
                if cmd.epoch and cmd.ranges:
                    self._settled.pop(cmd.epoch, None)
                    self._queue.append(Reopen(cmd.epoch, merged(cmd.ranges)))
            case "pause":
                self._line.paused = True
            case "resume":
                self._line.paused = False
            case _:
                assert_never(cmd.kind)

    # What to do

    def actions(self, now: Stamp) -> list[Action]:
        """What to do now, in order."""
        actions, self._queue = self._queue, []
        if not self._line.online:
            return actions
        if self._line.hello_due <= now.up:
            self._line.hello_due = math.inf
            actions.append(SendHello())
        if self._line.greeted:
            actions += self._resends(now)
            if self._line.fresh and self._line.has_slot():
                actions.append(Send(self._live(now, None)))
            if self._line.backlog_waits() and self._line.pacing.rest_until <= now.up:
                request = ReadPage(self._line.after, self._line.until, self._line.pacing.room)
                self._line.reading = request
                actions.append(request)
        return actions

    def wake(self) -> float:
        """When to ask for actions again if nothing happens, in seconds of `Stamp.up`."""
        return self._line.wake()

    def hello(self, spans: Sequence[EpochSpan], now: Stamp) -> Hello:
        """The hello that `SendHello` asked for. From here on it is on its way."""
        earlier = [flight for flight in self._line.flights if flight.kind == "hello"]
        patience = self._longer(earlier[0].patience) if earlier else FIRST_PATIENCE
        self._line.flights = [flight for flight in self._line.flights if flight.kind != "hello"]
        flight = Flight("hello", self._identity.epoch, [], now.wall, now.up, patience)
        flight.first = min((one.first for one in earlier), default=math.inf)
        self._fly(flight)
        if self._unheard == 0 and not self._line.greeted:
            self._unheard_since = now.up
        self._line.greeted = True
        return Hello(
            at=now.wall,
            epochs=list(spans),
            snapshot=[redated(held, self._told.get(held.check, now), now) for held in self._beliefs.values()],
            boot=now.boot,
            version=self._identity.version,
            config=self._identity.config,
            pulse=self._identity.pulse,
            dropped=self._standing.dropped,
            offset=self._skew.offset(now),
        )

    def page_read(self, request: ReadPage, page: Page | None, now: Stamp) -> Bulk | None:
        """The message of the page that `request` asked for. A page asked for before the last connection is ignored."""
        if request is not self._line.reading:
            return None
        self._line.reading = None
        if page is None:
            self._line.after = self._line.until
            return None
        self._line.after = page.end
        self._fly(Flight("bulk", page.epoch, page.records, now.wall, now.up))
        return self._bulk(page.epoch, page.records, now)

    def pulse(self, measured: Callable[[], Results | None], now: Stamp) -> Live | None:
        """All latest measurements, and what is unsent; None while there is nobody to say it to."""
        if not self._line.greeted:
            return None
        self._line.pulsed = min(self._line.pulsed, now.up)
        return self._live(now, measured())

    def bye(self, why: Literal["stop", "shutdown", "will"], now: Stamp) -> Bye:
        return Bye(at=now.wall, epoch=self._identity.epoch, why=why)

    def unacknowledged(self) -> int:
        """Records sent on this connection that no ack has named yet."""
        return sum(len(flight.records) for flight in self._line.flights)

    def unanswered(self, now: Stamp) -> float:
        """For how many seconds something is sent and not acknowledged; 0.0 as long as that need mean nothing."""
        if self._unheard >= UNHEARD:
            return now.up - self._unheard_since
        return self._line.unanswered(now.up)

    def offset(self, now: Stamp) -> float | None:
        """Seconds to add to this host's wall clock to read the collector's; None: not known yet."""
        return self._skew.offset(now)

    def doubt(self, now: Stamp) -> float | None:
        """Seconds by which `offset` may be wrong; None: it is not known."""
        return self._skew.doubt(now)

    # How

    def _answered(self, flight: Flight, ack: Ack, have: Ranges) -> bool:
        if flight.kind == "hello":
            self._line.welcome = self._line.welcome or ack.echo >= flight.at
            return ack.echo >= flight.at
        return all(contains(have, record.seq) for record in flight.records)

    def _resends(self, now: Stamp) -> Iterator[Action]:
        for flight in self._line.flights:
            if flight.due <= now.up:
                flight.patience = self._longer(flight.patience)
                flight.at, flight.sent, flight.due = now.wall, now.up, now.up + flight.patience
                if flight.kind == "hello":
                    yield SendHello()
                elif flight.kind == "live":
                    yield Send(self._live_of(flight.records, None, now))
                else:
                    yield Send(self._bulk(flight.epoch, flight.records, now))

    def _live(self, now: Stamp, results: Results | None) -> Live:
        """A live message with as much as is unsent and as fits; it is on its way when it holds a record."""
        records: list[Record] = []
        if self._line.has_slot():
            records = [self._line.fresh.popleft() for _ in range(min(len(self._line.fresh), LIVE_ROOM))]
        if records:
            self._fly(Flight("live", self._identity.epoch, records, now.wall, now.up))
        return self._live_of(records, results, now)

    def _live_of(self, records: Sequence[Record], results: Results | None, now: Stamp) -> Live:
        return Live(
            at=now.wall,
            epoch=self._identity.epoch,
            last=self._end.seq,
            digest=digest.text(self._digest),
            results=results,
            records=[restamped(record, now) for record in records],
            pending=self._standing.pending,
            dropped=self._standing.dropped,
            offset=self._skew.offset(now),
            unanswered=self.unanswered(now),
        )

    def _bulk(self, epoch: str, records: Sequence[Record], now: Stamp) -> Bulk:
        told = [restamped(record, now) for record in records]
        return Bulk(at=now.wall, epoch=epoch, records=told, offset=self._skew.offset(now))

    def _fly(self, flight: Flight) -> None:
        flight.first = min(flight.first, flight.sent)
        flight.due = flight.sent + flight.patience * (1 + self._random() / 4)
        self._line.flights.append(flight)

    def _longer(self, patience: float) -> float:
        return min(patience * 2, MOST_PATIENCE) * (1 - self._random() / 4)

    def _demote_fresh(self) -> None:
        """Nobody acknowledges and memory is bounded: what is unsent is read from the log when its turn comes."""
        if self._line.after == self._line.until:
            self._line.after = Position(self._end.ordinal, self._line.fresh[0].seq - 1)
        self._line.until = self._end
        self._line.fresh.clear()
