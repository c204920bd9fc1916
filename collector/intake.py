"""What each report means for the journal, the cursors and the fleet. No I/O: the commit is collector/ingest.py's."""

from collections.abc import Sequence

import msgspec

from collector import tracks
from collector.fleet import Fleet, plain
from collector.plan import AckDue, Moment, Plan
from collector.presence import Presence
from collector.services import Counters
from collector.tracks import Track
from contract import digest
from contract.records import Record, Transition
from contract.rejection import Rejected
from contract.reports import Bulk, Bye, Cmd, Hello, Live, UpReport
from rules.entries import AgentHeard, Records, SeenBelief, Snapshot

HELLO_WITHIN = 30.0  # seconds over which agents spread a hello that we ask for, and how often we ask one agent
ACK_EVERY = 60.0  # seconds between acks of mere pulses


class Intake:
    """Takes reports in, one after the other. Belongs to the ingest thread, as do `fleet` and `presence`."""

    def __init__(self, fleet: Fleet, presence: Presence, counters: Counters) -> None:
        self.fleet = fleet
        self.presence = presence
        self.counters = counters

    def take(self, track: Track, report: UpReport, received: float, plan: Plan, moment: Moment) -> None:
        """Raises Rejected, and then nothing has changed."""
        match report:
            case Live():
                self._live(track, report, received, plan, moment)
            case Hello():
                self._hello(track, report, received, plan, moment)
            case Bulk():
                self._bulk(track, report, received, plan, moment)
            case Bye():
                self._bye(track, report, plan, moment)

    def _live(self, track: Track, report: Live, received: float, plan: Plan, moment: Moment) -> None:
        if report.epoch != track.epoch:
            self._of_another_life(track, report.epoch, report.records, report.at, received, plan, moment)
            return
        if report.records:
            life = track.lives[report.epoch]
            fresh = tracks.new_records(life, report.records)
            ranges = tracks.with_records(life, fresh)
        if report.results:
            self.fleet.update(track.agent, track.store, report, received)
            self.counters.results += len(report.results)
        if report.offset is not None:
            track.offset = report.offset
        self._heard(track, plan, moment)
        if report.records:
            self._append(track, report.epoch, fresh, ranges, True, plan, moment)
            plan.duplicates += len(report.records) - len(fresh)
        if not tracks.believes_the_same(track, report.last, report.digest):
            self._ask_hello(track, plan, moment)
        if report.records or moment.now - track.acked >= ACK_EVERY:
            self._ack(track, report.epoch, report.at, received, plan, moment)

    def _hello(self, track: Track, report: Hello, received: float, plan: Plan, moment: Moment) -> None:
        current = report.epochs[-1]
        beliefs = report.snapshot
        if len({belief.check for belief in beliefs}) != len(beliefs):
            raise Rejected("invalid", "a check is listed twice in one snapshot")
        if len({span.epoch for span in report.epochs}) != len(report.epochs):
            raise Rejected("invalid", "an epoch is listed twice in one hello")
        if current.epoch != track.epoch and current.epoch in track.lives:
            return  # redelivered after its successor: an old life cannot become current again
        if not tracks.continues(track, report.epochs) and self._quarantines(track, current.epoch, plan, moment):
            return
        same_life, was_silent = current.epoch == track.epoch, self._heard(track, plan, moment, pulse=report.pulse)
        gone = tracks.number_lives(track, report.epochs, (belief.epoch for belief in beliefs))
        track.fork_epoch = track.fork_at = None
        track.pulse = report.pulse
        if report.offset is not None:
            track.offset = report.offset
        seen = digest.of_snapshot(beliefs)
        known = same_life and not was_silent and track.digest == seen
        if not (same_life and current.last < max(track.floor, tracks.newest_seq(track.lives[current.epoch]))):
            track.digest, track.floor = seen, current.last
        if not known:
            plan.entries.append(_snapshot(track, report, moment))
        plan.changed[track.agent] = None
        plan.lives |= {(track.agent, span.epoch): None for span in report.epochs}
        plan.gone += [(track.agent, epoch) for epoch in gone]
        self._ack(track, current.epoch, report.at, received, plan, moment)

    def _bulk(self, track: Track, report: Bulk, received: float, plan: Plan, moment: Moment) -> None:
        if report.epoch == track.epoch:
            self._heard(track, plan, moment)
        self._of_another_life(track, report.epoch, report.records, report.at, received, plan, moment)

    def _bye(self, track: Track, report: Bye, plan: Plan, moment: Moment) -> None:
        if report.epoch != track.epoch:
            return  # a will that comes after the rebirth
        entries = self.presence.leaving(track.agent, report.why, moment.at)
        if entries:
            plan.entries += entries
            plan.changed[track.agent] = None

    def _of_another_life(
        self,
        track: Track,
        epoch: str,
        records: Sequence[Record],
        at: float,
        received: float,
        plan: Plan,
        moment: Moment,
    ) -> None:
        """Backlog: history, which never decides a current state."""
        life = track.lives.get(epoch)
        if life is None:
            if not self._is_held_back(track, epoch, moment):
                self._ask_hello(track, plan, moment)
            return
        fresh = tracks.new_records(life, records)
        ranges = tracks.with_records(life, fresh)
        self._append(track, epoch, fresh, ranges, False, plan, moment)
        plan.duplicates += len(records) - len(fresh)
        if records:
            self._ack(track, epoch, at, received, plan, moment)

    def _append(  # noqa: PLR0913 - an entry's parts
        self,
        track: Track,
        epoch: str,
        fresh: Sequence[Record],
        ranges: "tracks.Ranges",
        live: bool,
        plan: Plan,
        moment: Moment,
    ) -> None:
        if not fresh:
            return
        tracks.take(track, epoch, fresh, ranges)
        records = [_cleaned(record) for record in fresh]
        plan.entries.append(
            Records(
                at=moment.at,
                agent=track.agent,
                generation=track.lives[epoch].generation,
                live=live,
                records=records,
                offset=track.offset,
            )
        )
        plan.records += len(fresh)
        plan.changed[track.agent] = None
        plan.lives[track.agent, epoch] = None

    def _heard(self, track: Track, plan: Plan, moment: Moment, pulse: float | None = None) -> bool:
        if not self.presence.heard(track.agent, pulse or track.pulse, moment.now, moment.at):
            return False
        plan.entries.append(AgentHeard(at=moment.at, agent=track.agent))
        plan.changed[track.agent] = None
        return True

    def _quarantines(self, track: Track, newcomer: str, plan: Plan, moment: Moment) -> bool:
        """A fork waits until the life that we know has been silent for one lease."""
        if not self.presence.is_fresh(track.agent, moment.now):
            return False
        self.counters.quarantined += 1
        if track.fork_epoch != newcomer:
            track.fork_epoch, track.fork_at = newcomer, moment.at
            plan.changed[track.agent] = None
        return True

    def _is_held_back(self, track: Track, epoch: str, moment: Moment) -> bool:
        return epoch == track.fork_epoch and self.presence.is_fresh(track.agent, moment.now)

    def _ask_hello(self, track: Track, plan: Plan, moment: Moment) -> None:
        if moment.now - track.asked >= HELLO_WITHIN:
            track.asked = moment.now
            plan.commands.append((track.agent, Cmd(kind="hello", within=HELLO_WITHIN)))
            self.counters.hellos_asked += 1

    def _ack(self, track: Track, epoch: str, at: float, received: float, plan: Plan, moment: Moment) -> None:
        track.acked = moment.now
        plan.ack(AckDue(track.agent, epoch, at, received))


def _snapshot(track: Track, report: Hello, moment: Moment) -> Snapshot:
    lives = track.lives
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
    return Snapshot(at=moment.at, agent=track.agent, beliefs=beliefs, offset=track.offset)


def _cleaned(record: Record) -> Record:
    if isinstance(record, Transition) and record.text:
        return msgspec.structs.replace(record, text=plain(record.text))
    return record
