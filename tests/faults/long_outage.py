"""One store through a long outage in virtual time: the agent's real judge, log and session, a slow line in virtual
time, and the collector's real ingest, journal and rules.
"""

import heapq
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from collector.clock import Clock as CollectorClock
from collector.database import Database, journal, opened, upgrade
from collector.ingest import Ingest
from collector.line import Arrival
from contract.codec import decode_up
from contract.records import Stamp
from contract.reports import Bulk, Hello, Live
from contract.results import Result, Results, columns
from contract.status import Status
from contract.topics import sender
from edge_agent.disk import Bounds, DiskLog
from edge_agent.judge import Measurement, Patience, Watch, judged
from edge_agent.log import Draft
from edge_agent.session import Session
from edge_agent.uplink import Identity
from rules import engine
from rules.course.incident import Incident
from rules.decision import Effect
from rules.entries import CmdbLoaded, PolicyLoaded, Tick
from rules.given import policy
from rules.state import State

START = 1_794_819_600.0  # 2026-11-16 09:00 UTC, a Monday
AGENT, STORE = "0042-server", "0042"
PATIENCE = Patience(interval=60.0)
DELAY = 0.05  # seconds one way
SEGMENT, HEADERS = 1400, 52  # bytes of TCP payload in a packet, and what Ethernet carries around it of TCP and IP
WINDOW = 20  # edge_agent.wire.WINDOW

Failing = Callable[[str, float], bool]  # whether a CI is down at an instant


class Timeline:
    """`now` in seconds UTC; what is planned happens in order."""

    def __init__(self) -> None:
        self.now = START
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._planned = 0

    def at(self, when: float, what: Callable[[], None]) -> None:
        self._planned += 1
        heapq.heappush(self._heap, (max(when, self.now), self._planned, what))

    def run(self, until: float) -> None:
        while self._heap and self._heap[0][0] <= until:
            self.now, _, what = heapq.heappop(self._heap)
            what()
        self.now = until


class Hands(CollectorClock):
    """The virtual clock as both sides read it. Both are right: clocks that are not are the simulation's matter."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline

    def stamp(self) -> Stamp:
        return Stamp(self._timeline.now, "boot", self._timeline.now - START)

    def steady(self) -> float:
        return self._timeline.now

    def wall(self) -> float:
        return self._timeline.now


class Pipe:
    """One direction of a line: `rate` bits a second, one message behind the other."""

    def __init__(self, timeline: Timeline, rate: float) -> None:
        self.bytes = 0
        self._timeline, self._rate = timeline, rate
        self._free_at = 0.0

    def carry(self, size: int, arrived: Callable[[], None]) -> None:
        size += (size // SEGMENT + 1) * HEADERS
        self.bytes += size
        self._free_at = max(self._free_at, self._timeline.now) + size * 8 / self._rate
        self._timeline.at(self._free_at + DELAY, arrived)


class Centre:
    """Ingest, journal and rules. `answer` is called with each topic and payload that goes down."""

    def __init__(self, timeline: Timeline, folder: Path, items: list[dict[str, Any]], answer: Any) -> None:
        url = f"sqlite:///{folder}/collector.db"
        self.state = State.empty()
        self.effects: list[tuple[float, Effect]] = []
        self.incidents: dict[str, Incident] = {}
        self._timeline, self._answer = timeline, answer
        self._database: Database = opened(url)
        upgrade(self._database)
        self._position = 0
        store = {"id": STORE, "agents": [AGENT], "region": "north"}
        self._append(
            CmdbLoaded(at=START, document={"stores": [store], "items": items}),
            PolicyLoaded(at=START, name="retail", document=policy.load("retail")),
        )
        self._ingest = Ingest(self._database, {AGENT: STORE}, "centre", lambda: None, Hands(timeline))

    def take(self, topic: str, payload: bytes) -> None:
        self._handle([Arrival(topic, payload, None, self._timeline.now)])

    def look(self) -> None:
        """What time alone brings."""
        self._handle([])
        due = engine.next_deadline(self.state)
        if due is not None and due <= self._timeline.now:
            self._append(Tick(at=self._timeline.now))
            self._follow()

    def close(self) -> None:
        self._database.close()

    def entries(self) -> list[Any]:
        with self._database.reading() as connection:
            return [placed.entry for placed in journal.after(connection, 0, 1_000_000)]

    def _handle(self, arrivals: list[Arrival]) -> None:
        for answer in self._ingest.handle(arrivals):
            self._answer(answer.topic, answer.payload)
        self._follow()

    def _append(self, *entries: Any) -> None:
        with self._database.writing() as connection:
            journal.append(connection, entries)

    def _follow(self) -> None:
        with self._database.reading() as connection:
            placed = journal.after(connection, self._position, 10_000)
        for self._position, entry in placed:
            for decision in engine.run(self.state, entry):
                self.effects += [(self._timeline.now, effect) for effect in decision.effects]
                rows = {change.key: change.row for change in decision.changes if change.table == "incidents"}
                self.incidents |= {key: row for key, row in rows.items() if row is not None}


class Sent(NamedTuple):
    """A record as it came to the centre, and when."""

    at: float
    live: bool
    seq: int
    decided: float | None


class Store:
    """The agent. Its session is turned by hand: when something was decided, when it says so, and each few minutes."""

    def __init__(self, timeline: Timeline, log: DiskLog, checks: dict[str, str], failing: Failing, rate: float) -> None:
        self.up, self.down = Pipe(timeline, rate), Pipe(timeline, rate)
        self.arrived: list[Sent] = []
        self.log = log
        self.take: Callable[[str, bytes], None]
        self._timeline, self._checks, self._failing = timeline, checks, failing
        self._clock = Hands(timeline)
        self._watches = dict.fromkeys(checks, Watch())
        self._latest: dict[str, Measurement] = {}
        self._online, self._connection, self._untaken, self._alarm = False, 0, 0, 0
        self.session = Session(
            AGENT,
            Identity(log.epoch, "1", "c", 15.0),
            log,
            publish=self._publish,
            measured=self._results,
            clock=self._clock,
            random=Random(7).random,
        )
        for at, check in enumerate(checks):
            self._timeline.at(START + at * PATIENCE.interval / len(checks), lambda check=check: self._measure(check))

    def connect(self) -> None:
        self._online, self._untaken = True, 0
        self._connection += 1
        self.session.connected()
        self.turn()

    def cut(self) -> None:
        self._online = False
        self._connection += 1
        self.session.disconnected()

    def answered(self, topic: str, payload: bytes) -> None:
        connection = self._connection

        def arrived() -> None:
            if self._online and connection == self._connection:
                self.session.received(topic, payload)
                self.turn()

        if self._online:
            self.down.carry(len(topic) + len(payload) + 4, arrived)

    def turn(self) -> None:
        at_once(self.session.turn())
        self._alarm += 1
        if self._online:
            alarm = self._alarm
            when = self.session.wake() + START
            self._timeline.at(
                max(when, self._timeline.now + 0.005), lambda: self.turn() if alarm == self._alarm else None
            )

    def _measure(self, check: str) -> None:
        now = self._timeline.now
        status = Status.CRITICAL if self._failing(self._checks[check], now) else Status.OK
        measured = self._latest[check] = Measurement(status, now, 2.5, "refused" if status else "")
        self.session.sum_up(check, measured)
        watch, change, again = judged(self._watches[check], measured, PATIENCE)
        self._watches[check] = watch
        if change is not None:
            self.session.decide(Draft(check, change, self._clock.stamp(), PATIENCE.interval))
            self.turn()
        self._timeline.at(now + (PATIENCE.retry if again else PATIENCE.interval), lambda: self._measure(check))

    def _results(self) -> Results | None:
        return columns(Result(key, one.status, one.ms, one.text) for key, one in self._latest.items())

    def _publish(self, topic: str, payload: bytes) -> None:
        if not self._online or self._untaken >= WINDOW:
            return
        self._untaken += 1
        connection = self._connection

        def arrived() -> None:
            if connection != self._connection:
                return
            self._note(topic, payload)
            self.take(topic, payload)
            self.down.carry(4, taken)

        def taken() -> None:
            if connection == self._connection:
                self._untaken -= 1

        self.up.carry(len(topic) + len(payload) + 7, arrived)

    def _note(self, topic: str, payload: bytes) -> None:
        report = decode_up(sender(topic).report, payload)
        assert isinstance(report, Hello | Live | Bulk)
        for record in [] if isinstance(report, Hello) else report.records:
            decided = getattr(record, "decided", None)
            wall = None if decided is None else decided.wall
            self.arrived.append(Sent(self._timeline.now, isinstance(report, Live), record.seq, wall))


class World(NamedTuple):
    timeline: Timeline
    store: Store
    centre: Centre
    folder: Path

    @property
    def log_bytes(self) -> int:
        """Of the agent's log and what SQLite keeps beside it."""
        return sum(file.stat().st_size for file in self.folder.glob("agent.db*"))

    def every(self, seconds: float, what: Callable[[], None], until: float) -> None:
        """From now on and up to `until`."""

        def again() -> None:
            what()
            if self.timeline.now + seconds <= until:
                self.timeline.at(self.timeline.now + seconds, again)

        self.timeline.at(self.timeline.now + seconds, again)


def made(folder: Path, checks: dict[str, str], items: list[dict[str, Any]], failing: Failing, rate: float) -> World:
    """`checks`: check key → CI."""
    timeline = Timeline()
    log = DiskLog(folder / "agent.db", Bounds(), Stamp(START, "boot", 0.0))
    store = Store(timeline, log, checks, failing, rate)
    centre = Centre(timeline, folder, items, store.answered)
    store.take = centre.take
    return World(timeline, store, centre, folder)


def at_once(coroutine: Any) -> None:
    """Runs what is written as a coroutine and waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    raise RuntimeError("it waits")
