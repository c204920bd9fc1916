"""The first transaction: cursors moved and the journal appended, together; only then is anything acknowledged.

A thread of its own takes what the subscriber queued, as much as is there: while one commit waits for the disk the
next batch gathers, and a commit is shared by all of it. When a commit fails the batch is planned again from what the
database says, because only the database knows whether the commit happened.
"""

import logging
import queue
import threading
from collections.abc import Callable, Mapping

from collector import tracks
from collector.clock import Clock
from collector.database import Database, DatabaseError, PartsLost, cursors, journal, leases, letters
from collector.fleet import Fleet
from collector.intake import Intake, Visit
from collector.limits import LetterLimit
from collector.line import Arrival, Line
from collector.plan import AckDue, Moment, Plan
from collector.presence import Presence
from collector.services import Counters
from collector.tracks import Track
from contract import codec, topics
from contract.ids import part_of
from contract.ranges import oldest
from contract.rejection import Rejected
from contract.reports import MAX_RANGES, Ack, DownReport
from rules.entries import AgentSilent

_log = logging.getLogger(__name__)
MOST_QUEUED = 20_000  # messages; a broker with a sane window never gets there
MOST_A_BATCH = 1_000
GATHER = 0.004  # seconds; two threads that wake each other at every message cost more than all the rest
IDLE = 0.25  # seconds between two looks at the leases
PARTS_LEASE = 15.0
SAVE_HEARD_EVERY = 60.0
RETRY_LETTERS_EVERY = 5.0


class Ingest:
    """Start it with `run` in a thread. `offer` and the broker's comings and goings may come from any other thread."""

    def __init__(
        self,
        database: Database,
        registry: Mapping[str, str],
        holder: str,
        appended: Callable[[], None],
        clock: Clock,
    ) -> None:
        """`registry` is agent id → store id; `appended` is called after each commit that moved the journal."""
        self.database = database
        self.registry = registry
        self.holder = holder
        self.fleet = Fleet()
        self.counters = Counters()
        self.holding = threading.Event()
        self.last_message: float | None = None
        self._appended = appended
        self._clock = clock
        self._line: Line | None = None
        self._queue: queue.Queue[Arrival] = queue.Queue(MOST_QUEUED)
        self._news: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._limit = LetterLimit()
        self._is_stale = True
        self._renewed = self._saved = self._looked = float("-inf")
        self._forget()

    def attach(self, line: Line) -> None:
        self._line = line

    def offer(self, arrival: Arrival) -> bool:
        """False when there is no room: the message is then not acknowledged and comes again."""
        try:
            self._queue.put_nowait(arrival)
        except queue.Full:
            self.counters.refused += 1
            return False
        return True

    def broker_lost(self) -> None:
        self._news.put("lost")

    def broker_back(self) -> None:
        self._news.put("back")

    def may_listen(self) -> bool:
        return self.holding.is_set() and not self._stop.is_set()

    def stop(self) -> None:
        self._stop.set()

    def run(self) -> None:
        """Until `stop`. What is queued then stays unacknowledged and comes again."""
        while not self._stop.is_set():
            try:
                self._hold_parts()
                if self.holding.is_set():
                    self._handle(self._drained())
                else:
                    self._stop.wait(1.0)
            except PartsLost as lost:
                _log.warning("ingest stands by: %s", lost)
                self._forget()
            except DatabaseError as error:
                _log.warning("ingest waits for the database: %s", error)
                self._stop.wait(1.0)
            except Exception:  # a defect; the broker keeps what was not acknowledged and brings it again
                _log.exception("ingest begins anew")
                self._forget()
                self._stop.wait(1.0)
        self._released()

    def handle(self, batch: list[Arrival]) -> None:
        """One batch, planned, committed and answered. For tests; the thread does the same."""
        self._hold_parts()
        self._handle(batch)

    def _handle(self, batch: list[Arrival]) -> None:
        while not self._stop.is_set():
            moment = Moment(self._clock.steady(), self._clock.wall())
            try:
                if self._is_stale:
                    self._reload()
                plan = self._planned(batch, moment)
                self._commit(plan, moment)
            except DatabaseError as error:
                _log.warning("commit put off: %s", error)
                self._stop.wait(0.5)
                self._is_stale = True
            else:
                self._answer(plan, batch)
                return

    def _drained(self) -> list[Arrival]:
        """What is queued, after at most IDLE seconds; what comes within GATHER of the first shares its commit."""
        batch: list[Arrival] = []
        try:
            batch.append(self._queue.get(timeout=IDLE))
            self._stop.wait(GATHER)
            while len(batch) < MOST_A_BATCH:
                batch.append(self._queue.get_nowait())
        except queue.Empty:
            pass
        return batch

    def _planned(self, batch: list[Arrival], moment: Moment) -> Plan:
        plan = Plan()
        while not self._news.empty():
            self._hear_of_broker(self._news.get(), plan, moment)
        for arrival in batch:
            self._take(arrival, plan, moment)
        if moment.now - self._looked >= RETRY_LETTERS_EVERY:
            self._looked = moment.now
            self._take_letters_again(plan, moment)
        presences = self._presence.tick(moment.now, moment.at)
        plan.entries += presences
        plan.changed |= {entry.agent: None for entry in presences if isinstance(entry, AgentSilent)}
        return plan

    def _take(self, arrival: Arrival, plan: Plan, moment: Moment) -> None:
        """Never raises: what cannot be taken is a dead letter, or it would come again and again."""
        agent = ""
        try:
            agent, kind = topics.sender(arrival.topic)
            track = self._tracks.get(agent) or self._new_track(agent)
            report = codec.decode_up(kind, arrival.payload)
            self._intake.take(report, Visit(track, report.at, arrival.received, plan, moment))
        except Rejected as rejected:
            self._bury(arrival, rejected, agent, plan, moment)
        except Exception as error:
            _log.exception("a message of %r could not be taken", agent)
            self._is_stale = True  # it may have been taken half
            self._bury(arrival, Rejected("invalid", f"{type(error).__name__}: {error}"), agent, plan, moment)

    def _bury(self, arrival: Arrival, why: Rejected, agent: str, plan: Plan, moment: Moment) -> None:
        plan.counts[why.reason] = plan.counts.get(why.reason, 0) + 1
        if self._limit.allows(agent or arrival.topic, moment.now):
            letter = letters.Letter(moment.at, why.reason, why.detail, arrival.topic, arrival.payload)
            plan.letters.append(letter)

    def _new_track(self, agent: str) -> Track:
        store = self.registry.get(agent)
        if store is None:
            raise Rejected("unregistered", f"agent {agent} is in no store of the CMDB")
        track = self._tracks[agent] = Track(agent=agent, store=store, part=int(part_of(agent)))
        return track

    def _hear_of_broker(self, news: str, plan: Plan, moment: Moment) -> None:
        if news == "lost":
            plan.entries += self._presence.broker_lost(moment.at)
        else:
            self._presence.broker_back(moment.now)

    def _take_letters_again(self, plan: Plan, moment: Moment) -> None:
        with self.database.reading() as connection:
            again = letters.to_retry(connection)
        for letter in again:
            plan.retried.append(letter.id)
            self._take(Arrival(letter.topic, letter.payload, None, moment.at), plan, moment)

    def _commit(self, plan: Plan, moment: Moment) -> None:
        if not plan.writes:
            return
        with self.database.writing() as connection:
            parts = (self._tracks[agent].part for agent in plan.changed)
            leases.hold_parts(connection, self.holder, parts)
            cursors.save_agents(connection, [self._agent_row(agent, moment) for agent in plan.changed])
            moved = [tracks.cursor_row(self._tracks[agent], epoch) for agent, epoch in plan.lives]
            cursors.save_cursors(connection, moved)
            cursors.drop_cursors(connection, plan.gone)
            letters.drop(connection, plan.retried)
            letters.keep(connection, plan.letters, plan.counts)
            journal.append(connection, plan.entries)
        self.counters.commits += 1
        if plan.entries:
            self._appended()

    def _answer(self, plan: Plan, batch: list[Arrival]) -> None:
        sent = self._clock.wall()
        self._count(plan, batch, sent)
        if self._line is None:
            return
        self._line.done([arrival.token for arrival in batch])
        for due in plan.acks.values():
            self._send(due.agent, "ack", self._ack(due, sent))
        for agent, command in plan.commands:
            self._send(agent, "cmd", command)

    def _ack(self, due: AckDue, sent: float) -> Ack:
        have = self._tracks[due.agent].lives[due.epoch].ranges
        return Ack(
            epoch=due.epoch, have=list(oldest(have, MAX_RANGES)), echo=due.echo, received=due.received, sent=sent
        )

    def _send(self, agent: str, kind: topics.Down, report: DownReport) -> None:
        if self._line is not None:
            self._line.send(topics.down(agent, kind), codec.encode(report))

    def _count(self, plan: Plan, batch: list[Arrival], now: float) -> None:
        counters = self.counters
        counters.messages += len(batch)
        counters.records += plan.records
        counters.duplicates += plan.duplicates
        for reason, count in plan.counts.items():
            counters.dead_letters[reason] = counters.dead_letters.get(reason, 0) + count
        if batch:
            self.last_message = now
            counters.ingest_lag = max(0.0, now - batch[0].received)

    def _agent_row(self, agent: str, moment: Moment) -> cursors.AgentRow:
        lease = self._presence.leases.get(agent)
        silent, heard_at = (lease.silent, lease.at) if lease else (True, moment.at)
        return tracks.agent_row(self._tracks[agent], silent, heard_at)

    def _hold_parts(self) -> None:
        now = self._clock.steady()
        if now - self._renewed < PARTS_LEASE / 3:
            return
        save_heard = self.holding.is_set() and now - self._saved >= SAVE_HEARD_EVERY
        with self.database.writing() as connection:
            mine = leases.take_parts(connection, self.holder, self._clock.wall(), PARTS_LEASE)
            if save_heard:
                heard = [(agent, lease.at) for agent, lease in self._presence.leases.items() if not lease.silent]
                cursors.save_heard(connection, heard)
                self._saved = now
        if not mine:
            self.holding.clear()
            return
        # After so long another worker may have been here and gone: what we remember may be old.
        if self._is_stale or now - self._renewed > PARTS_LEASE:
            self._reload()
        self._renewed = now
        self.holding.set()

    def _reload(self) -> None:
        """Everything that is remembered, from the database. Leases that run go on running."""
        now = self._clock.steady()
        with self.database.reading() as connection:
            rows, lives = cursors.all_agents(connection), cursors.all_cursors(connection)
        by_agent: dict[str, list[cursors.CursorRow]] = {}
        for life in lives:
            by_agent.setdefault(life.agent, []).append(life)
        self._tracks.clear()
        for row in rows:
            store = self.registry.get(row.agent)
            if store is None:
                continue
            part = int(part_of(row.agent))
            self._tracks[row.agent] = tracks.restored(row, by_agent.get(row.agent, []), store, part)
            lease = self._presence.leases.get(row.agent)
            if lease is None:
                self._presence.restore(row.agent, row.pulse, row.heard_at, row.silent, now)
            else:
                lease.silent = row.silent
        for agent in [agent for agent in self._presence.leases if agent not in self._tracks]:
            self._presence.forget(agent)
        self.fleet.keep_only(self.registry)
        self._is_stale = False

    def _forget(self) -> None:
        self.holding.clear()
        self._is_stale = True
        self._renewed = float("-inf")
        self._tracks: dict[str, Track] = {}
        self._presence = Presence(self._clock.steady())
        self._intake = Intake(self.fleet, self._presence, self.counters)

    def _released(self) -> None:
        try:
            with self.database.writing() as connection:
                leases.release_parts(connection, self.holder)
        except DatabaseError as error:
            _log.warning("the parts stay leased for %.0f s: %s", PARTS_LEASE, error)
