"""The first transaction: cursors moved and the journal appended, together; only then is anything acknowledged.

All that came in one turn of the line shares a commit. When a commit fails everything remembered is read again before
the next one, because only the database knows whether the commit happened.
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from collector import tracks
from collector.clock import Clock
from collector.database import Database, DatabaseError, PartsLost, cursors, journal, leases, letters
from collector.expected import Installed
from collector.fleet import Fleet
from collector.intake import Intake, Visit
from collector.limits import LetterLimit
from collector.line import Answer, Arrival
from collector.plan import AckDue, Moment, Plan
from collector.presence import Presence, Presences
from collector.pressure import FORK_QUIET, Limits, Pressure, Quarantined, Spent, carried, refused, weight
from collector.services import Counters
from collector.tracks import Track
from contract import codec, topics
from contract.ids import part_of
from contract.ranges import oldest
from contract.rejection import Rejected
from contract.reports import MAX_RANGES, Ack
from contract.topics import Sender
from rules.entries import AgentSilent

_log = logging.getLogger(__name__)
PARTS_LEASE = 15.0
SAVE_HEARD_EVERY = 60.0
RETRY_LETTERS_EVERY = 5.0
_sender = lru_cache(maxsize=16_384)(topics.sender)  # agents use the same topic for ever; refusals are not kept


class Ingest:
    """Takes batches in, each with `handle`. Belongs to one thread; `holding`, `fleet` and `counters` are for readers.

    `holding` is set while we hold the parts: without them nothing may be taken in.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what it stands on
        self,
        database: Database,
        registry: Mapping[str, str],
        holder: str,
        appended: Callable[[], None],
        clock: Clock,
        limits: Limits = Limits(),  # noqa: B008 - it never changes
    ) -> None:
        """`registry` is agent id → store id; `appended` is called after each commit that moved the journal."""
        self.database = database
        self.registry = self._next_registry = registry
        self.holder = holder
        self.fleet = Fleet()
        self.counters = Counters()
        self.holding = threading.Event()
        self.last_message: float | None = None
        self._appended = appended
        self._clock = clock
        self._limit = LetterLimit()
        self._pressure = Pressure(limits)
        self._uncounted = 0  # messages refused by a limit: a flood must not make us write each time
        self._unwritten: list[Presences] = []
        self._saved = self._looked = float("-inf")
        self.forget()

    def forget(self) -> None:
        """Gives up what is remembered and the belief that the parts are ours: the database will say."""
        self.holding.clear()
        self._is_stale = True
        self._renewed = float("-inf")
        self._tracks: dict[str, Track] = {}
        self._presence = Presence(self._clock.steady())
        self._intake = Intake(self.fleet, self._presence, self.counters)
        self._unwritten.clear()

    def handle(self, batch: Sequence[Arrival]) -> list[Answer]:
        """Commits the batch, and what time brought, and says what to answer. An empty batch is for the time alone.

        Raises PartsLost, or DatabaseError: then it is not known whether the batch is committed, and it may be handled
        again as often as need be.
        """
        if not self.hold_parts():
            raise PartsLost("another ingest worker holds them")
        moment = Moment(self._clock.steady(), self._clock.wall())
        if self._next_registry is not self.registry:
            # What is remembered of an agent goes with its store, and one that is back has a past in the database.
            self._is_stale = self._is_stale or self._next_registry != self.registry
            self.registry = self._next_registry
        try:
            if self._is_stale:
                self._reload()
            plan = self._planned(batch, moment)
            self._commit(plan, moment)
        except DatabaseError:
            self._is_stale = True
            raise
        self._unwritten.clear()
        self._charge(plan, moment)
        sent = self._clock.wall()
        self._count(plan, batch, sent)
        return self._answers(plan, sent)

    def adopt(self, registry: Mapping[str, str]) -> None:
        """Which agents there are, from the next batch on. May be called from any thread."""
        self._next_registry = registry

    def broker_lost(self) -> None:
        self._unwritten += self._presence.broker_lost(self._clock.wall())

    def broker_back(self) -> None:
        self._presence.broker_back(self._clock.steady())

    def _planned(self, batch: Sequence[Arrival], moment: Moment) -> Plan:
        plan = Plan(entries=[*self._unwritten])
        for arrival in batch:
            self._take(arrival, plan, moment)
        if moment.now - self._looked >= RETRY_LETTERS_EVERY:
            self._looked = moment.now
            self._take_letters_again(plan, moment)
            self._release_quiet(plan, moment)
            if self._uncounted:
                plan.counts["limited"] = plan.counts.get("limited", 0) + self._uncounted
        presences = self._presence.tick(moment.now, moment.at)
        plan.entries += presences
        plan.changed |= {entry.agent: None for entry in presences if isinstance(entry, AgentSilent)}
        return plan

    def _take(self, arrival: Arrival, plan: Plan, moment: Moment) -> None:
        """Never raises: what cannot be taken is a dead letter, or it would come again and again."""
        agent = ""
        try:
            agent, kind = _sender(arrival.topic)
            track = self._tracks.get(agent) or self._new_track(agent)
            spent = plan.spent.setdefault(agent, Spent())
            if not self._pressure.admits(agent, spent, moment.now):
                self._refuse(arrival, Sender(agent, kind), plan, moment)
                return
            spent.messages += weight(kind)
            report = codec.decode_up(kind, arrival.payload)
            if load := carried(report):
                if not self._pressure.has_room(agent, spent, report, moment.now):
                    self._refuse(arrival, Sender(agent, kind), plan, moment)
                    return
                spent.records += load
            self._intake.take(report, Visit(track, report.at, arrival.received, plan, moment))
        except Rejected as rejected:
            self._bury(arrival, rejected, agent, plan, moment)
        except Exception as error:
            _log.exception("a message of %r could not be taken", agent)
            self._is_stale = True  # it may have been taken half
            self._bury(arrival, Rejected("invalid", f"{type(error).__name__}: {error}"), agent, plan, moment)

    def _refuse(self, arrival: Arrival, sender: Sender, plan: Plan, moment: Moment) -> None:
        """More than one agent may send. It is there all the same, and what it does not get acknowledged it keeps."""
        spent = plan.spent[sender.agent]
        spent.refused += 1
        if sender.report != "bye":
            self._presence.renew(sender.agent, moment.now, moment.at)
        if spent.refused == 1 and sender.agent not in self.fleet.quarantined:
            why = f"agent {sender.agent} sends more than the limits allow; in quarantine until it is quiet"
            plan.letters.append(letters.Letter(moment.at, "limited", why, arrival.topic, arrival.payload))

    def _charge(self, plan: Plan, moment: Moment) -> None:
        """After the commit: what was tried in vain before costs nobody anything."""
        self._pressure.charge(plan.spent, moment.now)
        self._uncounted -= min(self._uncounted, plan.counts.get("limited", 0))
        for agent, spent in plan.spent.items():
            if spent.refused:
                self._uncounted += spent.refused
                before = self.fleet.quarantined.get(agent)
                self.fleet.quarantined[agent] = refused(before, "chatty", spent.refused, moment.at)

    def _release_quiet(self, plan: Plan, moment: Moment) -> None:
        for agent, held in list(self.fleet.quarantined.items()):
            if held.why == "chatty" and self._pressure.is_quiet(agent, moment.now):
                del self.fleet.quarantined[agent]
                _log.info("agent %s is quiet again; %d messages were refused", agent, held.refused)
            elif held.why == "forked" and moment.at - held.latest > FORK_QUIET:
                del self.fleet.quarantined[agent]
                track = self._tracks[agent]
                track.fork_epoch = track.fork_at = None
                plan.changed[agent] = None
                _log.info("the other life of agent %s has not been heard for %.0f s", agent, FORK_QUIET)

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

    def _answers(self, plan: Plan, sent: float) -> list[Answer]:
        acks = [Answer(topics.down(due.agent, "ack"), codec.encode(self._ack(due, sent))) for due in plan.acks.values()]
        commands = [Answer(topics.down(agent, "cmd"), codec.encode(command)) for agent, command in plan.commands]
        return acks + commands

    def _ack(self, due: AckDue, sent: float) -> Ack:
        have = self._tracks[due.agent].lives[due.epoch].ranges
        return Ack(
            epoch=due.epoch, have=list(oldest(have, MAX_RANGES)), echo=due.echo, received=due.received, sent=sent
        )

    def _count(self, plan: Plan, batch: Sequence[Arrival], now: float) -> None:
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

    def hold_parts(self) -> bool:
        """Takes or renews the parts when it is time; False while another collector has them. Raises DatabaseError."""
        now = self._clock.steady()
        if now - self._renewed < PARTS_LEASE / 3:
            return True
        save_heard = self.holding.is_set() and now - self._saved >= SAVE_HEARD_EVERY
        with self.database.writing() as connection:
            mine = leases.take_parts(connection, self.holder, self._clock.wall(), PARTS_LEASE)
            if save_heard:
                heard = [(agent, lease.at) for agent, lease in self._presence.leases.items() if not lease.silent]
                cursors.save_heard(connection, heard)
                self._saved = now
        if not mine:
            self.holding.clear()
            return False
        # After so long another worker may have been here and gone: what we remember may be old.
        if self._is_stale or now - self._renewed > PARTS_LEASE:
            self._reload()
        self._renewed = now
        self.holding.set()
        return True

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
            if row.fork_at is not None and row.agent not in self.fleet.quarantined:
                self.fleet.quarantined[row.agent] = Quarantined("forked", row.fork_at, self._clock.wall())
            if row.config is not None:
                self.fleet.installed[row.agent] = Installed(row.version or "", row.config)
            lease = self._presence.leases.get(row.agent)
            if lease is None:
                self._presence.restore(row.agent, row.pulse, row.heard_at, row.silent, now)
            else:
                lease.silent = row.silent
        for agent in [agent for agent in self._presence.leases if agent not in self._tracks]:
            self._presence.forget(agent)
        self.fleet.keep_only(self.registry)
        self._pressure.keep_only(self.registry)
        self._is_stale = False

    def release(self) -> None:
        """Lets the next collector have the parts at once."""
        try:
            with self.database.writing() as connection:
                leases.release_parts(connection, self.holder)
        except DatabaseError as error:
            _log.warning("the parts stay leased for %.0f s: %s", PARTS_LEASE, error)
