"""The collector in virtual time: the real receiver, ingest, journal and engine on a real database, in one process.

It can be killed at each side of every commit, paused, cut from the broker and refused by its database.
"""

import atexit
import shutil
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import Any

import msgspec

from collector import outcome
from collector.database import Database, DatabaseError, SteppedDown, leases, opened, upgrade
from collector.documents import Documents
from collector.ingest import Ingest
from collector.lead import LEASE, Lead
from collector.line import Answer, Arrival
from collector.receiver import Receiver
from contract import codec, topics
from rules import engine
from rules.entries import Tick
from rules.given import policy
from rules.state import State
from tests.simulation.broker import Broker, Message
from tests.simulation.crashing import Doom, FrailDatabase, Killed
from tests.simulation.ledger import Ledger
from tests.simulation.script import STORES, agent_of, cmdb
from tests.simulation.timeline import Timeline

TURN = 4.0  # seconds between two turns when nothing comes: several a pulse
_TOGETHER = 0.01
# A process that is killed loses nothing that the system has; power cuts are for others to try.
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
RETAIL = policy.load("retail")


def _raw(document: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(document))


class CentreClock:
    """`error`: seconds that the collector's wall clock is ahead of true time."""

    def __init__(self, timeline: Timeline) -> None:
        self.error = 0.0
        self._timeline = timeline

    def steady(self) -> float:
        return self._timeline.now

    def wall(self) -> float:
        return self._timeline.now + self.error


class CentreLine:
    """A Line: what the broker delivered since the last turn. Its process may die before each thing it says."""

    def __init__(
        self,
        broker: Broker,
        clock: CentreClock,
        ledger: Ledger,
        *,
        doom: Doom,
        came: Callable[[], None],
        is_cut: Callable[[], bool],
    ) -> None:
        self.life = 0
        self.error = ""
        self.is_up = False
        self._broker, self._clock, self._ledger, self._doom, self._came = broker, clock, ledger, doom, came
        self._met = 0  # the broker's life that we are connected to
        self._is_cut = is_cut
        self._inbox: list[Arrival] = []

    def turn(self, _longest: float, most: int) -> list[Arrival]:
        if self.is_up and (self._is_cut() or self._broker.life != self._met):
            self.lost()
        if not self.is_up and self._broker.up and not self._is_cut():
            self.life += 1
            life = self.life
            self._met = self._broker.life
            self.is_up, self.error = True, ""
            self._broker.collector_connects(lambda message: self._take(life, message))
        elif not self.is_up:
            self.error = "cannot connect"
        taken, self._inbox = self._inbox[:most], self._inbox[most:]
        for arrival in taken:
            sender = topics.sender(arrival.topic)
            report = codec.decode_up(sender.report, arrival.payload)
            self._ledger.arrived(sender.agent, report)
            if getattr(report, "records", ()):
                self._doom.work = "news"
        return taken

    def lost(self) -> None:
        self.is_up, self.error = False, "connection lost"
        self._inbox = []
        self._broker.collector_gone()

    def done(self, tokens: Iterable[object]) -> None:
        for token in tokens:
            self._doom.place("before acknowledging to the broker")
            life, message = token
            if self.is_up and life == self.life:
                self._broker.collector_took(message)

    def send(self, answer: Answer) -> None:
        self._doom.place("before answering")
        if self.is_up:
            self._broker.collector_says(answer.topic, answer.payload)

    def close(self) -> None:
        self.lost()
        self.error = ""

    def _take(self, life: int, message: Message) -> None:
        if life == self.life:
            self._inbox.append(Arrival(message.topic, message.payload, (life, message.id), self._clock.wall()))
            self._came()


class Centre:
    """`start`, `kill`, `pause`. While it lives it takes its turns by itself."""

    def __init__(
        self,
        *,
        timeline: Timeline,
        broker: Broker,
        chance: Random,
        ledger: Ledger,
        ingest: type[Ingest] = Ingest,
        lead: type[Lead] = Lead,
    ) -> None:
        self.clock = CentreClock(timeline)
        self.doom = Doom()
        self.line: CentreLine | None = None
        self._timeline, self._broker, self._chance, self._ledger = timeline, broker, chance, ledger
        self._make_ingest, self._make_lead = ingest, lead
        self._papers = Documents("retail", _raw(RETAIL), _raw(cmdb()), {}, {})
        self._away_until = self._paused_until = self._cut_until = 0.0
        self._alarm = 0
        self._starts = 0
        self._dead_since: float | None = None
        self._paused_from: float | None = None
        self.disk = emptied()

    def start(self) -> None:
        if self.line is not None:
            return
        self._starts += 1
        if self._dead_since is not None:
            self._ledger.deaf.append((self._dead_since, self._timeline.now))
        self._paused_until = 0.0
        self._resumed()
        self._timeline.tell("the collector starts")
        self.doom = doom = Doom()
        holder = f"collector-{self._starts}"
        self._database = FrailDatabase(self.disk, doom, self._is_away)
        with self.disk.writing() as connection:
            leases.bury(connection, lambda _: True)
        self.line = CentreLine(
            self._broker,
            self.clock,
            self._ledger,
            doom=doom,
            came=self._something_came,
            is_cut=lambda: self._timeline.now < self._cut_until,
        )
        registry = {agent_of(store): store for store in STORES}
        self._appended = True
        self.ingest: Any = self._make_ingest(self._database, registry, holder, self._note_append, self.clock)
        self._receiver = Receiver(self.ingest, self.line, self.clock)
        self._lead: Any = self._make_lead(self._database, self._papers, holder, self.clock, "simulation")
        self._term: int | None = None
        self._renewed = float("-inf")
        self._state = State.empty()
        self._position = 0
        self._turn()

    def kill(self, where: str) -> None:
        if self.line is None:
            return
        self._timeline.tell(f"the collector is killed {where}")
        self._dead_since = self._timeline.now
        self.line.lost()
        self.line = None
        self.disk.close()
        self._alarm += 1

    def pause(self, seconds: float) -> None:
        """SIGSTOP and, later, SIGCONT."""
        self._timeline.tell(f"the collector is paused for {seconds:.0f} s")
        self._paused_until = max(self._paused_until, self._timeline.now + seconds)
        self._paused_from = self._timeline.now if self._paused_from is None else self._paused_from

    def _resumed(self) -> None:
        if self._paused_from is not None:
            self._ledger.deaf.append((self._paused_from, self._timeline.now))
            self._paused_from = None

    def refuse(self, seconds: float) -> None:
        """The database is locked, or away."""
        self._timeline.tell(f"the database refuses for {seconds:.0f} s")
        self._away_until = self._timeline.now + seconds
        self._ledger.refused.append((self._timeline.now, self._away_until))

    def cut(self, seconds: float) -> None:
        """No way to the broker, for whatever process runs meanwhile."""
        self._timeline.tell(f"the collector is cut from the broker for {seconds:.0f} s")
        self._cut_until = max(self._cut_until, self._timeline.now + seconds)
        self._ledger.deaf.append((self._timeline.now, self._cut_until))

    def _is_away(self) -> bool:
        return self._timeline.now < self._away_until

    def _note_append(self) -> None:
        self._appended = True

    def _something_came(self) -> None:
        if self._next_turn > self._timeline.now + _TOGETHER:
            self._set_alarm(_TOGETHER)

    def _set_alarm(self, seconds: float) -> None:
        self._alarm += 1
        alarm = self._alarm
        self._next_turn = self._timeline.now + seconds
        self._timeline.at(self._next_turn, lambda: self._turn() if alarm == self._alarm else None)

    def _turn(self) -> None:
        if self.line is None:
            return
        if self._timeline.now < self._paused_until:
            self._set_alarm(self._paused_until - self._timeline.now)
            return
        self._resumed()
        try:
            self.doom.work = "pulses"
            pause = self._receiver.turn()
            self.doom.work = "engine"
            self._engine()
        except Killed as killed:
            self.kill(str(killed))
            self._timeline.after(self._chance.uniform(0.5, 60), self.start)
            return
        deadline = engine.next_deadline(self._state)
        until = TURN if deadline is None else min(max(deadline - self.clock.wall(), _TOGETHER), TURN)
        self._set_alarm(pause or until)

    def _engine(self) -> None:
        """What collector.engine_loop does, one turn of it."""
        try:
            if self._term is None:
                self._term = self._lead.take()
                if self._term is None:
                    return
                self._state, self._position = self._lead.begin()
                self._appended = True
            if self._timeline.now - self._renewed >= LEASE / 3:
                self._lead.prolong(self._term)
                self._renewed = self._timeline.now
            while self._appended or self._is_due():
                self._work_off(self._term)
        except (DatabaseError, SteppedDown) as error:
            self._timeline.tell(f"the engine begins anew: {error}")
            self._term, self._renewed = None, float("-inf")

    def _work_off(self, term: int) -> None:
        if self._is_due():
            self._lead.append([Tick(at=self.clock.wall())])
        self._appended = False
        placed, _ = self._lead.next(self._position)
        if placed:
            done = outcome.run(self._state, placed, self._position, term)
            self._lead.commit(done)
            self._position = done.commit.new
            self._appended = True

    def _is_due(self) -> bool:
        deadline = engine.next_deadline(self._state)
        return deadline is not None and deadline <= self.clock.wall()


def emptied() -> Database:
    """A new collector's database. Each process has one file and one set of compiled queries for all of its worlds."""
    database, path = _shelf()
    database.close()
    for old in path.parent.glob("collector.db*"):
        old.unlink()
    shutil.copy(path.parent / "empty.db", path)
    return database


@cache
def _shelf() -> tuple[Database, Path]:
    folder = Path(mkdtemp(prefix="tillwatch-simulation-", dir=MEMORY))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    empty = opened(f"sqlite:///{folder / 'empty.db'}")
    upgrade(empty)
    empty.close()
    return opened(f"sqlite:///{folder / 'collector.db'}"), folder / "collector.db"
