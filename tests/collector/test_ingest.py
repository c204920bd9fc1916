from collections.abc import Iterator

import pytest

from collector.database import Database, PartsLost, cursors, journal, leases, letters
from collector.ingest import Ingest
from collector.line import Arrival
from contract.records import Gap
from contract.results import Result
from rules.entries import AgentHeard, AgentSilent, JournalEntry, Records, Snapshot
from tests.collector.agents import CRITICAL, OK, Agent, Hands, Line, epoch

REGISTRY = {"0001-server": "0001", "0002-server": "0002"}


class Bench:
    """An ingest on a real database, with a clock and a line in our hands."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = Hands()
        self.restart()

    def restart(self) -> None:
        """As after kill -9: nothing is left but the database."""
        self.line = Line()
        self.woken = 0
        self.ingest = Ingest(self.database, REGISTRY, "me", self._wake, self.clock)

    def _wake(self) -> None:
        self.woken += 1

    def take(self, *arrivals: Arrival) -> None:
        self.line.take(self.ingest, *arrivals)

    def entries(self) -> list[JournalEntry]:
        with self.database.reading() as connection:
            return [placed.entry for placed in journal.after(connection, 0, 1000)]

    def kinds(self) -> list[str]:
        return [type(entry).__name__ for entry in self.entries()]

    def wait(self, seconds: float) -> None:
        """Time passes while the ingest goes on looking at the leases."""
        for _ in range(int(seconds / 2.5)):
            self.clock.pass_(2.5)
            self.take()


@pytest.fixture
def bench(database: Database) -> Iterator[Bench]:
    return Bench(database)


def test_a_hello_and_a_record_are_committed_before_they_are_acknowledged(bench: Bench) -> None:
    agent = Agent()
    first = agent.turns("pos-01/tcp", OK, 5.0)
    bench.take(agent.hello(6.0))
    failed = agent.turns("pos-01/tcp", CRITICAL, 7.0, "refused\x1b[2J")
    arrival = agent.live(8.0, failed)
    bench.take(arrival)
    assert bench.kinds() == ["AgentHeard", "Snapshot", "Records"]
    records = bench.entries()[2]
    assert isinstance(records, Records)
    assert records.live
    assert (records.generation, [record.seq for record in records.records]) == (1, [2])
    assert records.records[0].text == "refused [2J", "control characters of a device stay out of the journal"
    assert bench.line.tokens[-1] is arrival.token
    assert bench.line.acks[-1] == ("0001-server", bench.line.acks[-1][1])
    assert bench.line.acks[-1][1].have == [(2, 2)]
    assert bench.line.acks[-1][1].echo == 8.0
    assert bench.woken == 2
    assert first.seq == 1


def test_what_is_sent_again_is_acknowledged_again_and_kept_once(bench: Bench) -> None:
    """The same records three times, in two messages and after a restart: one entry, three acks."""
    agent = Agent()
    bench.take(agent.hello(1.0))
    one, two = agent.turns("pos-01/tcp", OK, 2.0), agent.turns("pos-02/tcp", OK, 2.0)
    bench.take(agent.live(3.0, one, two), agent.live(3.0, two, one))
    bench.restart()
    bench.take(agent.live(4.0, one, two))
    records = [entry for entry in bench.entries() if isinstance(entry, Records)]
    assert [[record.seq for record in entry.records] for entry in records] == [[1, 2]]
    assert bench.line.acks[-1][1].have == [(1, 2)]
    assert bench.ingest.counters.duplicates == 2


def test_records_in_any_order_end_in_the_same_ranges(bench: Bench) -> None:
    agent = Agent()
    bench.take(agent.hello(1.0))
    records = [agent.turns("pos-01/tcp", state, 2.0) for state in (OK, CRITICAL, OK, CRITICAL)]
    bench.take(agent.live(3.0, records[3]), agent.live(3.0, records[0]))
    assert bench.line.acks[-1][1].have == [(1, 1), (4, 4)]
    bench.take(agent.live(4.0, records[2], records[1]))
    assert bench.line.acks[-1][1].have == [(1, 4)]
    bench.take(agent.live(5.0))
    assert bench.line.commands == [], "the digest came out right in spite of the order"


def test_the_journal_says_what_a_record_overtook(bench: Bench) -> None:
    agent = Agent()
    bench.take(agent.hello(1.0))
    records = [agent.turns("pos-01/tcp", state, 2.0) for state in (OK, CRITICAL, OK, CRITICAL)]
    bench.take(agent.live(3.0, records[0]), agent.live(4.0, records[3]), agent.live(5.0, records[1], records[2]))
    told = [entry for entry in bench.entries() if isinstance(entry, Records)]
    assert [(entry.records[0].seq, entry.holes) for entry in told] == [(1, ()), (4, ((2, 3),)), (2, ())]


def test_what_a_gap_declares_lost_counts_as_had(bench: Bench) -> None:
    agent = Agent()
    bench.take(agent.hello(1.0))
    bench.take(agent.bulk(2.0, Gap(seq=9, first=1, last=8, count=8, reason="full")))
    assert bench.line.acks[-1][1].have == [(1, 9)]


def test_a_pulse_reaches_the_fleet_and_never_the_journal(bench: Bench) -> None:
    agent = Agent()
    bench.take(agent.hello(1.0))
    before = bench.entries()
    results = [Result("pos-01/tcp", OK, 1.5), Result("pos-02/tcp", CRITICAL, 3000.0, "timed out")]
    bench.take(agent.live(2.0, results=results, pending=3, dropped=1))
    assert bench.entries() == before
    view = bench.ingest.fleet.views["0001-server"]
    assert (view.store, view.shape.keys, view.statuses) == ("0001", ("pos-01/tcp", "pos-02/tcp"), bytes([0, 2]))
    assert (list(view.ms), view.texts, view.pending, view.dropped) == ([1.5, 3000.0], {1: "timed out"}, 3, 1)


def test_pulses_are_acknowledged_once_a_minute(bench: Bench) -> None:
    agent = Agent()
    bench.take(agent.hello(1.0))
    for _ in range(8):
        bench.clock.pass_(15)
        bench.take(agent.live(2.0))
    assert len(bench.line.acks) == 1 + 2


def test_what_only_backlog_told_of_the_current_life_is_asked_for(bench: Bench) -> None:
    """Backlog decides no current state, so a hello that was lost must not be taken for heard because backlog came."""
    agent = Agent()
    bench.take(agent.hello(1.0))
    failed = agent.turns("pos-01/tcp", CRITICAL, 2.0)
    bench.take(agent.bulk(20.0, failed))
    bench.take(agent.live(21.0))
    assert [cmd.kind for _, cmd in bench.line.commands] == ["hello"]
    bench.take(agent.hello(22.0), agent.live(23.0))
    assert isinstance(bench.entries()[-1], Snapshot)
    assert len(bench.line.commands) == 1


def test_backlog_is_told_by_the_clock_that_it_was_sent_by(bench: Bench) -> None:
    """A host's clock may be stepped between its last live message and its backlog."""
    agent = Agent()
    bench.take(agent.hello(1.0))
    bench.take(agent.bulk(20.0, agent.turns("pos-01/tcp", CRITICAL, 2.0), offset=1800.0))
    bench.take(agent.bulk(21.0, agent.turns("pos-01/tcp", OK, 3.0)))
    assert [entry.offset for entry in bench.entries() if isinstance(entry, Records)] == [1800.0, 0.0]


def test_a_digest_that_differs_or_an_unknown_life_asks_for_one_hello(bench: Bench) -> None:
    agent = Agent()
    bench.take(agent.live(1.0), agent.live(1.0), agent.bulk(1.0, agent.turns("a/b", OK, 1.0)))
    assert [(name, cmd.kind, cmd.within) for name, cmd in bench.line.commands] == [("0001-server", "hello", 30.0)]
    assert bench.line.acks == [], "what nobody can place is not acknowledged"
    bench.clock.pass_(31)
    bench.take(agent.hello(2.0))
    bench.take(agent.live(3.0))
    assert len(bench.line.commands) == 1
    bench.take(agent.live(4.0, digest="0" * 16))
    assert len(bench.line.commands) == 2


def test_a_digest_is_not_compared_while_records_are_missing(bench: Bench) -> None:
    agent = Agent()
    bench.take(agent.hello(1.0))
    agent.turns("a/b", OK, 1.0)
    bench.take(agent.live(2.0))
    assert bench.line.commands == []


def test_generations_follow_the_order_of_lives_and_survive_a_restart(bench: Bench) -> None:
    agent = Agent(life=7)
    agent.turns("a/b", OK, 1.0)
    bench.take(agent.hello(1.0))
    bench.restart()
    agent.reborn(3)
    bench.take(agent.hello(2.0))
    agent.reborn(5)
    late = agent.turns("a/b", CRITICAL, 3.0)
    bench.take(agent.hello(3.0), agent.live(4.0, late))
    snapshots = [entry for entry in bench.entries() if isinstance(entry, Snapshot)]
    assert [entry.beliefs[0].generation for entry in snapshots] == [1, 1, 3]
    assert [entry.generation for entry in snapshots] == [1, 2, 3]
    with bench.database.reading() as connection:
        assert [(row.epoch, row.generation) for row in cursors.all_cursors(connection)] == [
            (epoch(7), 1),
            (epoch(3), 2),
            (epoch(5), 3),
        ]


def test_a_clone_waits_until_the_known_life_has_been_silent_for_one_lease(bench: Bench) -> None:
    """A restored image or a second machine with the same credential changes nothing while the first one lives."""
    agent, clone = Agent(life=1), Agent(life=2, previous=9)
    bench.take(agent.hello(1.0))
    acks = len(bench.line.acks)
    bench.take(clone.hello(1.0), clone.live(1.0, clone.turns("a/b", CRITICAL, 1.0)))
    assert len(bench.line.acks) == acks
    assert bench.ingest.counters.quarantined == 1
    assert bench.kinds() == ["AgentHeard", "Snapshot"]
    with bench.database.reading() as connection:
        assert cursors.all_agents(connection)[0].fork_epoch == epoch(2)
    bench.wait(50)
    bench.take(clone.hello(60.0))
    assert bench.line.acks[-1][1].epoch == epoch(2)
    assert bench.kinds()[2:] == ["AgentSilent", "AgentHeard", "Snapshot"]


def test_what_a_restored_image_believes_outdates_what_the_lost_life_said_last(bench: Bench) -> None:
    """That belief is older, and the check never changed since: it would be held critical for ever."""
    agent, restored = Agent(life=1), Agent(life=1)
    for one in (agent, restored):
        one.turns("a/b", OK, 1.0)
    bench.take(agent.hello(1.0))
    agent.reborn(2)
    bench.take(agent.hello(2.0), agent.live(3.0, agent.turns("a/b", CRITICAL, 3.0)))
    bench.wait(50)
    restored.reborn(3)
    bench.take(restored.hello(60.0))
    (belief,) = [entry for entry in bench.entries() if isinstance(entry, Snapshot)][-1].beliefs
    assert (belief.state, belief.generation, belief.seq) == (OK, 3, 0)
    assert (belief.generation, belief.seq) > (2, 1)


def test_a_hello_that_is_redelivered_after_its_successor_changes_nothing(bench: Bench) -> None:
    agent = Agent()
    old = agent.hello(1.0)
    bench.take(old)
    agent.reborn(2)
    bench.take(agent.hello(2.0))
    before = bench.entries()
    bench.take(old)
    assert bench.entries() == before


def test_the_same_beliefs_on_a_reconnect_need_no_entry(bench: Bench) -> None:
    agent = Agent()
    agent.turns("a/b", OK, 1.0)
    bench.take(agent.hello(1.0))
    bench.take(agent.hello(2.0))
    assert bench.kinds() == ["AgentHeard", "Snapshot"]
    assert len(bench.line.acks) == 2


def test_silence_and_return_are_entries_once_each_also_across_a_restart(bench: Bench) -> None:
    agent = Agent()
    bench.take(agent.hello(1.0))
    bench.wait(100)
    bench.restart()
    bench.wait(100)
    bench.take(agent.live(2.0))
    silent = bench.entries()[2]
    assert isinstance(silent, AgentSilent)
    assert (silent.since, silent.announced) == (1_000_000.0, "")
    assert isinstance(bench.entries()[3], AgentHeard)
    assert bench.kinds() == ["AgentHeard", "Snapshot", "AgentSilent", "AgentHeard"]


def test_a_goodbye_of_an_earlier_life_is_ignored(bench: Bench) -> None:
    agent = Agent()
    bench.take(agent.hello(1.0))
    agent.reborn(2)
    bench.take(agent.hello(2.0), agent.bye(1.0, "shutdown", of=epoch(1)))
    assert "AgentSilent" not in bench.kinds()
    bench.take(agent.bye(3.0, "shutdown"))
    last = bench.entries()[-1]
    assert isinstance(last, AgentSilent)
    assert last.announced == "shutdown"


def test_a_dead_letter_can_be_taken_again(bench: Bench) -> None:
    """An agent that was not registered: once it is, its letter is ingested and the letter is gone."""
    newcomer = Agent("0009-server")
    bench.take(newcomer.hello(1.0))
    with bench.database.writing() as connection:
        assert [letter.reason for letter in letters.listed(connection, 10)] == ["unregistered"]
        assert letters.ask_retry(connection, letters.listed(connection, 10)[0].id)
    bench.ingest.adopt(REGISTRY | {"0009-server": "0009"})
    bench.clock.pass_(6)
    bench.take()
    assert bench.kinds() == ["AgentHeard", "Snapshot"]
    with bench.database.reading() as connection:
        assert letters.listed(connection, 10) == []


def test_without_its_parts_an_ingest_neither_writes_nor_acknowledges(bench: Bench) -> None:
    """Another worker took over: the message counts when it comes again, and then once."""
    agent = Agent()
    bench.take(agent.hello(1.0))
    arrival = agent.live(2.0, agent.turns("a/b", OK, 2.0))
    with bench.database.writing() as connection:
        leases.take_parts(connection, "other", now=bench.clock.at + 100, lease=15.0)
    with pytest.raises(PartsLost):
        bench.take(arrival)
    assert arrival.token not in bench.line.tokens
    assert bench.kinds() == ["AgentHeard", "Snapshot"]
    with bench.database.writing() as connection:
        leases.release_parts(connection, "other")
    bench.restart()
    bench.take(arrival, arrival)
    assert bench.kinds() == ["AgentHeard", "Snapshot", "Records"]
    assert bench.line.acks[-1][1].have == [(1, 1)]


def test_a_store_that_a_registry_does_not_have_is_never_taken_from_a_payload(bench: Bench) -> None:
    bench.take(Agent("0001-server").hello(1.0), Agent("0002-server").hello(1.0))
    bench.take(Agent("0001-server").live(2.0, results=[Result("pos-01/tcp", OK, 1.0)]))
    assert {view.store for view in bench.ingest.fleet.views.values()} == {"0001"}


def test_what_the_agent_holds_for_acknowledged_and_we_lack_is_asked_for_by_ranges(bench: Bench) -> None:
    """As after a restore. Two pulses must say so; it is not asked for again with every pulse."""
    agent = Agent()
    bench.take(agent.hello(1.0))
    one, two, three = (agent.turns("pos-01/tcp", state, 2.0) for state in (OK, CRITICAL, OK))
    well = [Result("pos-01/tcp", OK, 1.5)]
    bench.take(agent.live(3.0, one), agent.live(4.0, results=well))
    bench.take(agent.live(5.0, results=well, pending=2))
    assert bench.line.commands == [], "a pulse may overtake what it counts, and what is pending comes by itself"
    bench.take(agent.live(6.0, results=well), agent.live(7.0, results=well), agent.live(8.0, results=well))
    asked = [cmd for _, cmd in bench.line.commands if cmd.kind == "ranges"]
    assert [(cmd.epoch, cmd.ranges) for cmd in asked] == [(agent.epoch, [(2, 3)])]
    bench.take(agent.bulk(9.0, two, three))
    assert bench.line.acks[-1][1].have == [(1, 3)]


def test_a_hello_tells_of_earlier_lives_what_we_lack(bench: Bench) -> None:
    agent = Agent()
    bench.take(agent.hello(1.0))
    records = [agent.turns("pos-01/tcp", state, 2.0) for state in (OK, CRITICAL, OK)]
    bench.take(agent.live(3.0, records[0]))
    earlier = agent.epoch
    agent.reborn(2)
    bench.take(agent.hello(4.0))
    asked = [(cmd.epoch, cmd.ranges) for _, cmd in bench.line.commands if cmd.kind == "ranges"]
    assert asked == [(earlier, [(2, 3)])]
