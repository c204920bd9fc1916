"""Bugs that systems like this one have had, each built into one part of an otherwise unchanged world."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from collector.database import cursors, decisions, journal, leases
from collector.ingest import Ingest
from collector.intake import Intake
from collector.lead import Lead
from collector.line import Arrival
from collector.outcome import Done
from collector.plan import AckDue, Moment, Plan
from collector.presence import Presence
from collector.tracks import newest_seq
from contract import codec, topics
from contract.ranges import merged
from contract.rejection import Rejected
from contract.reports import Ack
from edge_agent.line import Flight
from edge_agent.session import Session
from edge_agent.uplink import Uplink
from rules.entries import Snapshot
from tests.simulation.crashing import FrailLog
from tests.simulation.host import Host
from tests.simulation.world import Parts


class AcksBeforeCommit(Ingest):
    """A batch is answered at once, and committed with the next one."""

    _waiting: tuple[Plan, Moment] | None = None

    def _commit(self, plan: Plan, moment: Moment) -> None:
        waiting, self._waiting = self._waiting, (plan, moment)
        if waiting is not None:
            super()._commit(*waiting)


class TakesTwice(Ingest):
    """What was committed is forgotten with every message, so a repetition is news."""

    def _take(self, arrival: Arrival, plan: Plan, moment: Moment) -> None:
        for track in self._tracks.values():
            for life in track.lives.values():
                life.ranges = ()
        super()._take(arrival, plan, moment)


class AcksUpTo(Ingest):
    """One number for all that came before it, as if nothing came out of order."""

    def _ack(self, due: AckDue, sent: float) -> Ack:
        ack = super()._ack(due, sent)
        return msgspec.structs.replace(ack, have=[(1, ack.have[-1][1])] if ack.have else [])


class LeasesByTheAgentsClock(Ingest):
    """A lease is renewed as of the instant that the agent wrote into its message."""

    def _take(self, arrival: Arrival, plan: Plan, moment: Moment) -> None:
        try:
            said = codec.decode_up(topics.sender(arrival.topic).report, arrival.payload).at
        except Rejected:
            said = moment.now
        super()._take(arrival, plan, Moment(said, moment.at))


class PausesAreSilence(Ingest):
    """Leases run on while the collector itself is paused."""

    def forget(self) -> None:
        super().forget()
        self._presence = _Unforgiving(self._clock.steady())
        self._intake = Intake(self.fleet, self._presence, self.counters)


class _Unforgiving(Presence):
    def _forgive_pause(self, gap: float, now: float) -> bool:  # noqa: ARG002 - that is the bug
        return False


class OneLife(Ingest):
    """A number is a duplicate whatever epoch it is of."""

    def _take(self, arrival: Arrival, plan: Plan, moment: Moment) -> None:
        super()._take(arrival, plan, moment)
        for track in self._tracks.values():
            every = merged(pair for life in track.lives.values() for pair in life.ranges)
            for life in track.lives.values():
                life.ranges = every


class SnapshotsWin(Ingest):
    """A snapshot counts as news of the moment in which it arrives."""

    def _planned(self, batch: Sequence[Arrival], moment: Moment) -> Plan:
        plan = super()._planned(batch, moment)
        plan.entries = [self._renewed_now(one) if isinstance(one, Snapshot) else one for one in plan.entries]
        return plan

    def _renewed_now(self, snapshot: Snapshot) -> Snapshot:
        track = self._tracks[snapshot.agent]
        life = track.lives[track.epoch or ""]
        now = {"generation": life.generation, "seq": max(1, newest_seq(life))}
        return msgspec.structs.replace(
            snapshot, beliefs=[msgspec.structs.replace(one, **now) for one in snapshot.beliefs]
        )


class CursorsApart(Ingest):
    """Cursors first, the journal in a transaction of its own."""

    def _commit(self, plan: Plan, moment: Moment) -> None:
        if not plan.entries:
            super()._commit(plan, moment)
            return
        with self.database.writing() as connection:
            cursors.save_agents(connection, [self._agent_row(agent, moment) for agent in plan.changed])
            moved = [_cursor_row(self, agent, epoch) for agent, epoch in plan.lives]
            cursors.save_cursors(connection, moved)
        with self.database.writing() as connection:
            journal.append(connection, plan.entries)
        self._appended()


def _cursor_row(ingest: Any, agent: str, epoch: str) -> cursors.CursorRow:
    life = ingest._tracks[agent].lives[epoch]
    return cursors.CursorRow(agent, epoch, life.generation, life.previous, life.ranges)


class PositionApart(Lead):
    """The engine's position moves in a transaction before what was decided."""

    def commit(self, done: Done) -> None:
        with self._database.writing() as connection:
            leases.advance(connection, done.commit.old, done.commit.new, done.commit.term)
        with self._database.writing() as connection:
            decisions.commit(connection, done.commit._replace(old=done.commit.new))


class BelievesTheBroker(Host):
    """A record is let go of when the broker has taken it."""

    def taken(self, topic: str, payload: bytes) -> None:
        report = codec.decode_up(topics.sender(topic).report, payload)
        seqs = [record.seq for record in getattr(report, "records", [])]
        if seqs:
            self._do(lambda: self._let_go(report.epoch, {*seqs}))

    def _let_go(self, epoch: str, seqs: set[int]) -> None:
        self.log.settle(epoch, merged((seq, seq) for seq in seqs), self.clock.stamp())
        line = self.session.uplink._line
        line.flights = [one for one in line.flights if not {record.seq for record in one.records} & seqs]


class SaysItOnce(Session):
    """What was sent is never sent again on the same connection."""

    def __init__(self, agent: str, identity: Any, log: Any, **more: Any) -> None:
        super().__init__(agent, identity, log, **more)
        self.uplink = _Once(identity, log.end(), log.beliefs(), more["random"])


class _Once(Uplink):
    def _fly(self, flight: Flight) -> None:
        super()._fly(flight)
        flight.due = math.inf

    def _resends(self, now: Any) -> Iterator[Any]:  # noqa: ARG002 - that is the bug
        return iter(())


class DropsWithoutAWord(FrailLog):
    """What a log has no room for is deleted, and not declared."""

    def _drop(self, rows: Sequence[tuple[int, int, bytes, int]], reason: str) -> None:  # noqa: ARG002
        self._db.executemany("DELETE FROM records WHERE ordinal = ? AND seq = ?", [row[:2] for row in rows])


BUGS: dict[str, Parts] = {
    "acknowledged before the commit": Parts(ingest=AcksBeforeCommit),
    "no deduplication": Parts(ingest=TakesTwice),
    "a cumulative ack over backlog": Parts(ingest=AcksUpTo),
    "leases by the agent's wall clock": Parts(ingest=LeasesByTheAgentsClock),
    "the collector's own pause is silence": Parts(ingest=PausesAreSilence),
    "epochs ignored": Parts(ingest=OneLife),
    "a snapshot overrides what is newer": Parts(ingest=SnapshotsWin),
    "the cursor moves outside the transaction": Parts(ingest=CursorsApart),
    "the engine's position moves outside the transaction": Parts(lead=PositionApart),
    "a record is deleted on PUBACK": Parts(host=BelievesTheBroker),
    "no resend while connected": Parts(session=SaysItOnce),
    "a gap is not declared": Parts(log=DropsWithoutAWord),
}
