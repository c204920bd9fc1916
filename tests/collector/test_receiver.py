"""The thread that takes messages in, on a real database and a line in our hands."""

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from collector.clock import SystemClock
from collector.database import Database, journal, leases, opened
from collector.ingest import Ingest
from collector.receiver import MOST_HELD, Receiver
from rules.entries import JournalEntry, LeasesSuspended, Records
from tests.collector.agents import CRITICAL, OK, Agent, Line

REGISTRY = {"0001-server": "0001"}
PATIENCE = 60.0


@contextlib.contextmanager
def running(database: Database, line: Line, holder: str = "me") -> Iterator[Receiver]:
    ingest = Ingest(database, REGISTRY, holder, lambda: None, SystemClock())
    receiver = Receiver(ingest, line, SystemClock())
    thread = threading.Thread(target=receiver.run)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.stop()
        thread.join()


def wait_for(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def entries(database: Database) -> list[JournalEntry]:
    with database.reading() as connection:
        return [placed.entry for placed in journal.after(connection, 0, 1000)]


def seqs(database: Database) -> list[int]:
    return [record.seq for entry in entries(database) if isinstance(entry, Records) for record in entry.records]


@pytest.fixture
def impatient(sqlite_url: str) -> Iterator[Database]:
    """A database that says at once that another program has locked it."""
    database = opened(sqlite_url)
    with database.writing() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=0")
    yield database
    database.close()


@pytest.fixture
def lock(sqlite_url: str) -> Iterator[sqlite3.Connection]:
    """Another program's connection to the same database."""
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    yield other
    other.close()


def test_a_locked_database_withholds_the_ack_and_nothing_is_lost(impatient: Database, lock: sqlite3.Connection) -> None:
    """Another program locks the database while messages come: they are committed and acknowledged once it lets go."""
    line, agent = Line(), Agent()
    with running(impatient, line):
        line.incoming.put(agent.hello(1.0))
        wait_for(lambda: line.acks)
        lock.execute("BEGIN IMMEDIATE")
        for _ in range(5):
            line.incoming.put(agent.live(2.0, agent.turns("a/b", OK, 2.0)))
        wait_for(line.incoming.empty)
        turns = len(line.asked)
        wait_for(lambda: len(line.asked) > turns + 20)
        assert (len(line.acks), len(line.tokens)) == (1, 1), "the line is served, and nothing is acknowledged"
        lock.execute("COMMIT")
        wait_for(lambda: len(line.acks) == 2)
    assert line.acks[-1][1].have == [(1, 5)]
    assert len(line.tokens) == 6
    assert seqs(impatient) == [1, 2, 3, 4, 5]


def test_what_waits_for_the_database_is_bounded(impatient: Database, lock: sqlite3.Connection) -> None:
    line, agent = Line(), Agent()
    with running(impatient, line):
        line.incoming.put(agent.hello(1.0))
        wait_for(lambda: line.acks)
        lock.execute("BEGIN IMMEDIATE")
        pulse = agent.live(2.0, agent.turns("a/b", OK, 2.0))
        for _ in range(MOST_HELD + 5):
            line.incoming.put(pulse)
        wait_for(lambda: line.asked[-1] == 0)
        assert line.incoming.qsize() == 5
        lock.execute("COMMIT")
        wait_for(lambda: len(line.tokens) == 1 + MOST_HELD + 5)
    assert seqs(impatient) == [1]


def test_a_line_that_is_lost_before_the_commit_takes_its_messages_along(
    impatient: Database, lock: sqlite3.Connection
) -> None:
    """Held messages of an earlier connection are dropped: the broker brings them again, and then they count once."""
    line, agent = Line(), Agent()
    with running(impatient, line):
        line.incoming.put(agent.hello(1.0))
        wait_for(lambda: line.acks)
        lock.execute("BEGIN IMMEDIATE")
        first = agent.live(2.0, agent.turns("a/b", OK, 2.0))
        line.incoming.put(first)
        turns = len(line.asked)
        wait_for(lambda: line.incoming.empty() and len(line.asked) > turns + 2)
        line.life += 1
        again = first._replace(token=object())
        line.incoming.put(again)
        wait_for(line.incoming.empty)
        lock.execute("COMMIT")
        wait_for(lambda: len(line.tokens) == 2)
    assert line.tokens[-1] is again.token
    assert seqs(impatient) == [1]


def test_a_broker_that_is_away_suspends_the_leases_once(sqlite_database: Database) -> None:
    line, agent = Line(), Agent()
    with running(sqlite_database, line):
        line.incoming.put(agent.hello(1.0))
        wait_for(lambda: line.acks)
        line.error, line.is_up = "connection refused", False
        wait_for(lambda: isinstance(entries(sqlite_database)[-1], LeasesSuspended))
        line.error, line.is_up = "", True
        line.incoming.put(agent.live(2.0, agent.turns("a/b", CRITICAL, 2.0)))
        wait_for(lambda: len(line.acks) == 2)
    assert [type(entry).__name__ for entry in entries(sqlite_database)] == [
        "AgentHeard",
        "Snapshot",
        "LeasesSuspended",
        "Records",
    ]


def test_a_receiver_without_the_parts_leaves_the_line_to_the_one_that_has_them(sqlite_database: Database) -> None:
    line = Line()
    with sqlite_database.writing() as connection:
        leases.take_parts(connection, "other", now=time.time(), lease=15.0)
    with running(sqlite_database, line):
        time.sleep(0.1)
        assert line.asked == []
        with sqlite_database.writing() as connection:
            leases.release_parts(connection, "other")
        wait_for(lambda: line.asked)
    assert not line.is_up
    with sqlite_database.writing() as connection:
        assert len(leases.take_parts(connection, "next", now=time.time(), lease=15.0)) == 64
