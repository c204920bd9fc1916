"""A store that sends far more than stores do is limited and seen; nothing of it is lost, and it is let go by itself."""

from collector.database import Database, letters
from collector.ingest import Ingest
from collector.pressure import FORK_QUIET, Limits, Pressure, Spent
from contract.reports import Bulk, Live
from contract.units import Duration, Rate
from rules.entries import AgentSilent
from tests.collector.agents import CRITICAL, OK, Agent, Line, epoch
from tests.collector.test_ingest import Bench

LIMITS = Limits(messages=Rate(1), records=Rate(100), burst=Duration(20))
REGISTRY = {"0001-server": "0001", "0002-server": "0002"}


class Limited(Bench):
    def restart(self) -> None:
        self.line = Line()
        self.ingest = Ingest(self.database, REGISTRY, "me", lambda: None, self.clock, LIMITS)


def flooded(database: Database) -> tuple[Limited, Agent]:
    """One hello and 39 messages more at one instant, of which 20 are allowed."""
    bench, agent = Limited(database), Agent()
    bench.take(agent.hello(1.0))
    bench.take(*(agent.live(2.0, agent.turns("a/b", state, 2.0)) for state in [OK, CRITICAL] * 20))
    return bench, agent


def test_what_exceeds_the_limit_is_refused_and_comes_again(sqlite_database: Database) -> None:
    bench, agent = flooded(sqlite_database)
    assert bench.line.acks[-1][1].have == [(1, 19)]
    assert len(bench.line.tokens) == 41, "the broker is told that it need not bring them again"
    bench.wait(40)
    again = [agent.turns("a/b", OK, 3.0) for _ in range(5)]
    bench.take(agent.live(4.0, *again))
    assert bench.line.acks[-1][1].have == [(1, 19), (41, 45)], "the agent knows what to send again"


def test_pages_of_backlog_may_be_five_times_as_many(sqlite_database: Database) -> None:
    bench, agent = Limited(sqlite_database), Agent()
    bench.take(agent.hello(1.0))
    bench.take(*(agent.bulk(2.0, agent.turns("a/b", OK, 1.0)) for _ in range(120)))
    [(first, last)] = bench.line.acks[-1][1].have
    assert (first, 90 <= last < 100) == (1, True)


def test_a_chatty_agent_is_in_quarantine_until_it_is_quiet(sqlite_database: Database) -> None:
    bench, agent = flooded(sqlite_database)
    held = bench.ingest.fleet.quarantined["0001-server"]
    assert (held.why, held.refused, held.since) == ("chatty", 21, bench.clock.at)
    for _ in range(30):
        bench.clock.pass_(0.5)
        bench.take(agent.live(3.0))
    assert bench.ingest.fleet.quarantined["0001-server"].since == held.since, "it goes on"
    bench.wait(30)
    assert bench.ingest.fleet.quarantined == {}


def test_the_first_refused_message_is_a_dead_letter_and_all_are_counted(sqlite_database: Database) -> None:
    bench, _ = flooded(sqlite_database)
    bench.wait(10)
    with sqlite_database.reading() as connection:
        [letter] = letters.listed(connection, 10)
        assert letters.totals(connection) == {"limited": 21}
    assert (letter.reason, letter.whole) == ("limited", True)
    assert "0001-server" in letter.detail
    assert bench.ingest.counters.dead_letters == {"limited": 21}


def test_a_store_is_not_limited_by_another(sqlite_database: Database) -> None:
    bench, _ = flooded(sqlite_database)
    other = Agent("0002-server", life=2)
    bench.take(other.hello(2.0), *(other.live(2.0, other.turns("a/b", OK, 2.0)) for _ in range(10)))
    assert bench.line.acks[-1][1].have == [(1, 10)]


def test_who_talks_too_much_is_not_silent(sqlite_database: Database) -> None:
    """Four leases long every message is refused, and no store is said to be gone."""
    bench, agent = flooded(sqlite_database)
    for _ in range(180):
        bench.clock.pass_(1.0)
        bench.take(*(agent.live(3.0) for _ in range(3)))
    assert not [entry for entry in bench.entries() if isinstance(entry, AgentSilent)]
    bench.wait(60)
    assert [entry.agent for entry in bench.entries() if isinstance(entry, AgentSilent)] == ["0001-server"]


def test_a_flood_that_is_refused_costs_no_commit(sqlite_database: Database) -> None:
    bench, agent = flooded(sqlite_database)
    before = bench.ingest.counters.commits
    for _ in range(50):
        bench.take(*(agent.live(3.0) for _ in range(20)))
    assert bench.ingest.counters.commits == before


def test_a_batch_that_could_not_be_committed_costs_the_agent_nothing() -> None:
    """A database that is away for minutes has the same batch tried again and again: charged once, with its commit."""
    pressure, batch = Pressure(LIMITS), {"a": Spent(messages=15)}
    assert all(pressure.admits("a", batch["a"], now) for now in (1.0, 1.5, 2.0))
    pressure.charge(batch, 2.0)
    assert pressure.admits("a", Spent(messages=4), 2.0)
    assert not pressure.admits("a", Spent(messages=5), 2.0)


def test_backlog_leaves_half_of_the_records_to_what_is_live() -> None:
    agent, pressure = Agent(), Pressure(LIMITS)
    record = agent.turns("a/b", OK, 1.0)
    bulk = Bulk(at=1.0, epoch=agent.epoch, records=[record])
    live = Live(at=1.0, epoch=agent.epoch, last=1, digest=epoch(0), records=[record])
    pressure.charge({"a": Spent(records=1_000)}, 1.0)
    assert not pressure.has_room("a", Spent(), bulk, 1.0)
    assert pressure.has_room("a", Spent(), live, 1.0)
    assert pressure.has_room("a", Spent(), bulk, 1.1)
    assert not pressure.has_room("a", Spent(records=1_000), live, 1.0)


def test_a_fork_is_in_quarantine_until_it_is_not_heard_any_more(sqlite_database: Database) -> None:
    bench, agent, clone = Limited(sqlite_database), Agent(), Agent(life=9)
    bench.take(agent.hello(1.0))
    bench.take(clone.hello(2.0))
    assert bench.ingest.fleet.quarantined["0001-server"].why == "forked"
    bench.restart()
    bench.take(agent.live(3.0))
    assert bench.ingest.fleet.quarantined["0001-server"].why == "forked", "a restart forgets no fork"
    for _ in range(int(FORK_QUIET / 10) + 2):
        bench.clock.pass_(10)
        bench.take(agent.live(4.0))
    assert bench.ingest.fleet.quarantined == {}
