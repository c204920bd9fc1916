"""What each report means for the journal, the cursors and the fleet. No I/O: the commit is collector/ingest.py's."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from collector import tracks
from collector.expected import Installed
from collector.fleet import Fleet, plain
from collector.plan import AckDue, Moment, Plan
from collector.presence import Presence
from collector.pressure import refused
from collector.services import Counters
from collector.tracks import Track
from contract import digest
from contract.ranges import Ranges, holes_before, oldest
from contract.records import Record, Transition
from contract.rejection import Rejected
from contract.reports import MAX_RANGES, Bulk, Bye, Cmd, Hello, Live, UpReport
from rules.entries import AgentHeard, Records, SeenBelief, Snapshot

HELLO_WITHIN = 30.0  # seconds over which agents spread a hello that we ask for, and how often we ask one agent
ACK_EVERY = 60.0  # seconds between acks of mere pulses
RANGES_EVERY = 300.0  # seconds before one agent is asked for the same records again: it may not have them any more


class Visit(NamedTuple):
    """A report's sender, its `at` and arrival, the plan it goes into, and now."""

    track: Track
    at: float
    received: float
    plan: Plan
    moment: Moment


class Intake:
    """Takes reports in, one after the other. Belongs to the receiver's thread, as do `fleet` and `presence`."""

    def __init__(self, fleet: Fleet, presence: Presence, counters: Counters) -> None:
        self.fleet = fleet
        self.presence = presence
        self.counters = counters

    def take(self, report: UpReport, visit: Visit) -> None:
        """Raises Rejected, and then nothing has changed."""
        match report:
            case Live():
                self._live(report, visit)
            case Hello():
                self._hello(report, visit)
            case Bulk():
                self._bulk(report, visit)
            case Bye():
                self._bye(report, visit)

    def _live(self, report: Live, visit: Visit) -> None:
        track, moment = visit.track, visit.moment
        if report.epoch != track.epoch:
            self._of_another_life(report, visit)
            return
        fresh = _fresh(track, report.epoch, report.records) if report.records else None
        if report.results:
            self.fleet.update(track.agent, track.store, report, report.results, visit.received)
            self.counters.results += len(report.results.ms)
        if report.offset is not None:
            track.offset = report.offset
        self._heard(visit)
        if fresh is not None:
            self._append(fresh, True, track.offset, visit)
        is_lost = report.results is not None and self._asks_again(report, visit)
        if not tracks.believes_the_same(track, report.last, report.digest) or (
            is_lost and tracks.differs(track, report.digest)
        ):
            self._ask_hello(visit)
        if fresh is not None or moment.now - track.acked >= ACK_EVERY:
            _ack(report.epoch, visit)

    def _hello(self, report: Hello, visit: Visit) -> None:
        track, plan = visit.track, visit.plan
        current, beliefs = report.epochs[-1], report.snapshot
        if len({belief.check for belief in beliefs}) != len(beliefs):
            raise Rejected("invalid", "a check is listed twice in one snapshot")
        if len({span.epoch for span in report.epochs}) != len(report.epochs):
            raise Rejected("invalid", "an epoch is listed twice in one hello")
        if current.epoch != track.epoch and current.epoch in track.lives:
            return  # redelivered after its successor: an old life cannot become current again
        continues = tracks.continues(track, report.epochs)
        if not continues and self._quarantines(current.epoch, visit):
            return
        same_life, was_silent = current.epoch == track.epoch, self._heard(visit, pulse=report.pulse)
        gone = tracks.number_lives(track, report.epochs, (belief.epoch for belief in beliefs))
        if track.fork_epoch is not None:
            track.fork_epoch = track.fork_at = None
            self.fleet.quarantined.pop(track.agent, None)
        track.pulse = report.pulse
        track.version, track.config = plain(report.version), plain(report.config)
        self.fleet.installed[track.agent] = Installed(track.version, track.config)
        if report.offset is not None:
            track.offset = report.offset
        seen = digest.of_snapshot(beliefs)
        is_known = same_life and not was_silent and track.digest == seen
        is_older = same_life and current.last < max(track.floor, tracks.newest_seq(track.lives[current.epoch]))
        if not is_older:
            track.digest, track.floor = seen, current.last
        if not is_known:
            snapshot = _snapshot(report, visit)
            generation = track.lives[current.epoch].generation
            plan.entries.append(snapshot if continues else _of_fork(snapshot, generation))
        plan.changed[track.agent] = None
        plan.lives |= {(track.agent, span.epoch): None for span in report.epochs}
        plan.gone += [(track.agent, epoch) for epoch in gone]
        for span in report.epochs[:-1]:
            if holes := tracks.kept_and_lacking(track, span):
                _ask_ranges(span.epoch, holes, visit)
        _ack(current.epoch, visit)

    def _bulk(self, report: Bulk, visit: Visit) -> None:
        if report.epoch == visit.track.epoch:
            self._heard(visit)
        self._of_another_life(report, visit)

    def _bye(self, report: Bye, visit: Visit) -> None:
        track, plan = visit.track, visit.plan
        if report.epoch != track.epoch:
            return  # a will that comes after the rebirth
        entries = self.presence.leaving(track.agent, report.why, visit.moment.at)
        if entries:
            plan.entries += entries
            plan.changed[track.agent] = None

    def _of_another_life(self, report: Live | Bulk, visit: Visit) -> None:
        """Backlog: history, which never decides a current state, told by the clock that its message was sent by."""
        track, epoch = visit.track, report.epoch
        if epoch not in track.lives:
            if not self._is_held_back(epoch, visit):
                self._ask_hello(visit)
        elif report.records:
            offset = track.offset if report.offset is None else report.offset
            self._append(_fresh(track, epoch, report.records), False, offset, visit)
            _ack(epoch, visit)

    def _append(self, fresh: "Fresh", live: bool, offset: float, visit: Visit) -> None:
        track, plan = visit.track, visit.plan
        plan.duplicates += fresh.repeated
        if not fresh.records:
            return
        tracks.take(track, fresh.epoch, fresh.ranges)
        if live:
            tracks.believe(track, fresh.records)
        entry = Records(
            at=visit.moment.at,
            agent=track.agent,
            generation=track.lives[fresh.epoch].generation,
            live=live,
            records=[_cleaned(record) for record in fresh.records],
            offset=offset,
            holes=holes_before(fresh.ranges, (record.seq for record in fresh.records)),
        )
        plan.entries.append(entry)
        plan.records += len(fresh.records)
        plan.changed[track.agent] = None
        plan.lives[track.agent, fresh.epoch] = None

    def _heard(self, visit: Visit, pulse: float | None = None) -> bool:
        track, moment = visit.track, visit.moment
        if not self.presence.heard(track.agent, pulse or track.pulse, moment.now, moment.at):
            return False
        visit.plan.entries.append(AgentHeard(at=moment.at, agent=track.agent))
        visit.plan.changed[track.agent] = None
        return True

    def _quarantines(self, newcomer: str, visit: Visit) -> bool:
        """A fork waits until the life that we know has been silent for one lease."""
        track, moment = visit.track, visit.moment
        if not self.presence.is_fresh(track.agent, moment.now):
            return False
        self.counters.quarantined += 1
        before = self.fleet.quarantined.get(track.agent)
        self.fleet.quarantined[track.agent] = refused(before, "forked", 1, moment.at)
        if track.fork_epoch != newcomer:
            track.fork_epoch, track.fork_at = newcomer, moment.at
            visit.plan.changed[track.agent] = None
        return True

    def _is_held_back(self, epoch: str, visit: Visit) -> bool:
        return epoch == visit.track.fork_epoch and self.presence.is_fresh(visit.track.agent, visit.moment.now)

    def _asks_again(self, report: Live, visit: Visit) -> bool:
        """Whether records are lost here that the agent holds for acknowledged, as after a restore. Asks for them.

        Two pulses must say so, because one may have been overtaken by what it counts.
        """
        track, now = visit.track, visit.moment.now
        holes = tracks.lacking(track, report.epoch, report.last, report.pending)
        is_sure, track.lacked = bool(holes) and holes == track.lacked, holes
        if is_sure and now - track.asked_again >= RANGES_EVERY:
            track.asked_again = now
            _ask_ranges(report.epoch, holes, visit)
        return is_sure

    def _ask_hello(self, visit: Visit) -> None:
        track, moment = visit.track, visit.moment
        if moment.now - track.asked >= HELLO_WITHIN:
            track.asked = moment.now
            visit.plan.commands.append((track.agent, Cmd(kind="hello", within=HELLO_WITHIN)))
            self.counters.hellos_asked += 1


class Fresh(NamedTuple):
    """Records that are new to us, the ranges once they are committed, and how many of the message were not new."""

    epoch: str
    records: Sequence[Record]
    ranges: Ranges
    repeated: int


def _fresh(track: Track, epoch: str, records: Sequence[Record]) -> Fresh:
    life = track.lives[epoch]
    new = tracks.new_records(life, records)
    return Fresh(epoch, new, tracks.with_records(life, new), len(records) - len(new))


def _ask_ranges(epoch: str, holes: Ranges, visit: Visit) -> None:
    wanted = list(oldest(holes, MAX_RANGES))
    visit.plan.commands.append((visit.track.agent, Cmd(kind="ranges", epoch=epoch, ranges=wanted)))


def _ack(epoch: str, visit: Visit) -> None:
    visit.track.acked = visit.moment.now
    visit.plan.ack(AckDue(visit.track.agent, epoch, visit.at, visit.received))


def _snapshot(report: Hello, visit: Visit) -> Snapshot:
    lives = visit.track.lives
    beliefs = [
        SeenBelief(
            belief.check,
            belief.state,
            belief.since,
            lives[belief.epoch].generation if belief.epoch in lives else 0,
            belief.seq,
            belief.interval,
            plain(belief.text) if belief.text else "",
        )
        for belief in report.snapshot
    ]
    return Snapshot(
        at=visit.moment.at,
        agent=visit.track.agent,
        beliefs=beliefs,
        offset=visit.track.offset,
        generation=lives[report.epochs[-1].epoch].generation,
    )


def _of_fork(snapshot: Snapshot, generation: int) -> Snapshot:
    """What a fork believes from before it, as a fact of its own life: the life that it forked from has gone on since,
    and what that one said last would never be outdated by anything older."""
    beliefs = [
        msgspec.structs.replace(belief, generation=generation, seq=0) if belief.generation < generation else belief
        for belief in snapshot.beliefs
    ]
    return msgspec.structs.replace(snapshot, beliefs=beliefs)


def _cleaned(record: Record) -> Record:
    if isinstance(record, Transition) and record.text:
        return msgspec.structs.replace(record, text=plain(record.text))
    return record
