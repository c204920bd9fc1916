"""A store's agent in virtual time: the real judge, log, uplink and session, on a host that can die and come back."""

from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random
from typing import Any

from contract.records import Stamp
from contract.reports import Belief
from contract.results import Result, Results, columns
from edge_agent import schedule
from edge_agent.disk import Bounds
from edge_agent.judge import Measurement, Patience, Watch, judged
from edge_agent.log import Draft
from edge_agent.schedule import Schedule
from edge_agent.session import Session
from edge_agent.uplink import Identity, Uplink
from tests.simulation.crashing import Doom, FrailLog, Killed
from tests.simulation.ledger import Ledger
from tests.simulation.network import AgentLine
from tests.simulation.script import INTERVAL, Script, checks
from tests.simulation.timeline import Timeline

PULSE = 15.0
_A_MOMENT = 0.005  # seconds: a turn that has something left to do at once


class HostClock:
    """`error`: seconds that this host's wall clock is ahead of true time."""

    def __init__(self, timeline: Timeline, error: float) -> None:
        self.error = error
        self._timeline = timeline

    def stamp(self) -> Stamp:
        return Stamp(self._timeline.now + self.error, "b1", self._timeline.now - 1_000_000.0)

    def steady(self) -> float:
        return self._timeline.now


class Eyes:
    """Asks the script how the devices are, in the turns that the schedule gives, and judges what it says."""

    def __init__(self, agent: str, store: str, script: Script, clock: HostClock, believed: Iterable[Belief]) -> None:
        self._agent, self._store, self._script, self._clock = agent, store, script, clock
        self._start = clock.steady()
        self._patience = Patience(INTERVAL)
        self._watches = {key: Watch() for key, _ in checks()}
        self._watches.update((held.check, Watch(state=held.state)) for held in believed)
        self._latest: dict[str, Measurement] = {}
        self._cis = dict(checks())
        self._schedule = Schedule()
        for key in self._cis:
            self._schedule.plan(key, schedule.first_due(self._start, self._part(key), INTERVAL))

    def next(self) -> float:
        """When something is to be measured again, in true time."""
        return self._schedule.next() or 0.0

    def look(self) -> list[Draft]:
        """Measures what is due; the changes that follow."""
        now = self._clock.steady()
        drafts = []
        for key in self._schedule.take_due(now):
            measured = Measurement(self._script.status(self._store, self._cis[key], now), self._clock.stamp().wall, 1.0)
            self._latest[key] = measured
            watch, change, again = judged(self._watches[key], measured, self._patience)
            self._watches[key] = watch
            due = schedule.next_due(self._start, self._part(key), INTERVAL, now)
            self._schedule.plan(key, min(due, now + self._patience.retry) if again else due)
            if change is not None:
                drafts.append(Draft(key, change, self._clock.stamp(), INTERVAL))
        return drafts

    def results(self) -> Results | None:
        return columns(Result(key, one.status, one.ms, one.text) for key, one in self._latest.items())

    def _part(self, key: str) -> float:
        return schedule.fraction(self._agent, key)


class Host:
    """`start`, `kill`. While it lives it takes its turns by itself. `line` is how it reaches the broker."""

    def __init__(
        self,
        agent: str,
        store: str,
        *,
        timeline: Timeline,
        script: Script,
        path: Path,
        bounds: Bounds,
        error: float,
        chance: Random,
        ledger: Ledger,
        log: type[FrailLog] = FrailLog,
        session: type[Session] = Session,
    ) -> None:
        self.agent, self.store = agent, store
        self.clock = HostClock(timeline, error)
        self.line: AgentLine
        self.log: Any = None
        self.doom = Doom()
        self.session: Any = None
        self._timeline, self._script, self._chance, self._ledger = timeline, script, chance, ledger
        self._path, self._bounds = path, bounds
        self._make_log, self._make_session = log, session
        self._eyes: Eyes
        self._alarm = 0

    def start(self) -> None:
        if self.session is not None:
            return
        self.doom = Doom()
        self.log = self._make_log(
            self._path,
            self._bounds,
            self.clock.stamp(),
            agent=self.agent,
            doom=self.doom,
            ledger=self._ledger,
            name_epoch=lambda: f"{self._chance.getrandbits(64):016x}",
        )
        self._ledger.born(self.agent, self.log.epoch)
        self._timeline.tell(f"{self.agent} starts with epoch {self.log.epoch}")
        self._eyes = Eyes(self.agent, self.store, self._script, self.clock, self.log.beliefs())
        self.session = self._make_session(
            self.agent,
            Identity(self.log.epoch, "1", "c", PULSE),
            self.log,
            publish=self.line.publish,
            measured=self._eyes.results,
            clock=self.clock,
            random=self._chance.random,
        )
        self.line.open(self.session.will)
        self._turn()

    def kill(self, where: str) -> None:
        """At once: what is not on disk is gone."""
        if self.session is None:
            return
        self._timeline.tell(f"{self.agent} is killed {where}")
        self.log.abandon()
        self.session = self.log = None
        self._alarm += 1
        self.line.process_died()

    def knows_the_time(self) -> bool:
        return self.session is not None and self.session.uplink.offset(self.clock.stamp()) is not None

    def connected(self) -> None:
        if self.session is not None:
            self._do(self.session.connected)

    def disconnected(self) -> None:
        if self.session is not None:
            self._do(self.session.disconnected)

    def received(self, topic: str, payload: bytes) -> None:
        self._do(lambda: self.session.received(topic, payload))

    def taken(self, topic: str, payload: bytes) -> None:
        """The broker's PUBACK of this: worth nothing."""

    def _turn(self) -> None:
        self._do(lambda: None)

    def _do(self, what: Callable[[], None]) -> None:
        """What happened, and the turn that follows from it."""
        if self.session is None:
            return
        try:
            what()
            if self._eyes.next() <= self._timeline.now:
                for draft in self._eyes.look():
                    self._timeline.tell(f"{self.agent} decides: {draft.check} is {draft.change.after.word}")
                    self.session.decide(draft)
            try:
                at_once(self.session.turn())
            finally:
                self._note_doubt(self.session.uplink)
        except Killed as killed:
            self.kill(str(killed))
            self._timeline.after(self._chance.uniform(1, 40), self.start)
            return
        self._set_alarm()

    def _note_doubt(self, uplink: Uplink) -> None:
        """Of the offset with which something has been sent; what a right clock says is never moved."""
        if self.clock.error and uplink.unacknowledged():
            self._ledger.told(self.agent, uplink.doubt(self.clock.stamp()) or 0.0)

    def _set_alarm(self) -> None:
        self._alarm += 1
        alarm = self._alarm
        now = self._timeline.now
        wake = min(now + self.session.wake() - self.clock.stamp().up, self._eyes.next())
        self._timeline.at(max(wake, now + _A_MOMENT), lambda: self._turn() if alarm == self._alarm else None)


def at_once(coroutine: Any) -> None:
    """Runs what is written as a coroutine and waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    raise RuntimeError("it waits")
