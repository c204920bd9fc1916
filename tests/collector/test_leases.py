import subprocess
import sys

import pytest

from collector.database import Database, PartsLost, SteppedDown, decisions, leases
from collector.database.decisions import Commit
from collector.holder import is_gone, myself


def nothing(old: int, new: int, term: int) -> Commit:
    return Commit(old, new, term, rows=[("meta", "x", b"%d" % new)], incidents=[], story=[], effects=[])


def test_only_one_engine_leads_at_a_time(database: Database) -> None:
    with database.writing() as connection:
        assert leases.take_lead(connection, "a", now=100.0, lease=15.0) == 1
        assert leases.take_lead(connection, "b", now=114.0, lease=15.0) is None
        leases.renew_lead(connection, 1, now=114.0, lease=15.0)
        assert leases.take_lead(connection, "b", now=116.0, lease=15.0) is None
        assert leases.take_lead(connection, "b", now=130.0, lease=15.0) == 2
        with pytest.raises(SteppedDown):
            leases.renew_lead(connection, 1, now=130.0, lease=15.0)


def test_an_engine_that_lost_its_term_writes_nothing(database: Database) -> None:
    """Two engines believe that they lead: one writes, the other's whole transaction is undone."""
    with database.writing() as connection:
        old = leases.take_lead(connection, "a", now=0.0, lease=15.0) or 0
        new = leases.take_lead(connection, "b", now=20.0, lease=15.0) or 0
    with database.writing() as connection:
        decisions.commit(connection, nothing(0, 1, new))
    with pytest.raises(SteppedDown), database.writing() as connection:
        decisions.commit(connection, nothing(1, 2, old))
    with database.reading() as connection:
        assert decisions.engine_row(connection).position == 1
        assert decisions.state_rows(connection) == [("meta", "x", b"1")]


def test_a_commit_that_is_repeated_is_refused(database: Database) -> None:
    """When the answer to a commit was lost, doing it again does not do it twice."""
    with database.writing() as connection:
        term = leases.take_lead(connection, "a", now=0.0, lease=15.0) or 0
        decisions.commit(connection, nothing(0, 3, term))
    with pytest.raises(SteppedDown), database.writing() as connection:
        decisions.commit(connection, nothing(0, 3, term))


def test_a_leader_that_resigns_is_followed_at_once(database: Database) -> None:
    with database.writing() as connection:
        term = leases.take_lead(connection, "a", now=0.0, lease=15.0) or 0
        leases.resign_lead(connection, term)
        assert leases.take_lead(connection, "b", now=0.1, lease=15.0) == term + 1


def test_one_worker_takes_all_parts_and_another_gets_them_when_it_is_gone(database: Database) -> None:
    with database.writing() as connection:
        assert len(leases.take_parts(connection, "a", now=0.0, lease=15.0)) == 64
        assert leases.take_parts(connection, "b", now=10.0, lease=15.0) == frozenset()
        leases.hold_parts(connection, "a", [3, 63, 3])
        with pytest.raises(PartsLost, match=r"\[3\]"):
            leases.hold_parts(connection, "b", [3])
        assert len(leases.take_parts(connection, "b", now=16.0, lease=15.0)) == 64
        with pytest.raises(PartsLost):
            leases.hold_parts(connection, "a", [3])
        leases.release_parts(connection, "b")
        assert len(leases.take_parts(connection, "a", now=16.0, lease=15.0)) == 64


def test_a_successor_need_not_wait_for_a_holder_that_is_dead(database: Database) -> None:
    """Killed and restarted on the same machine: the dead one's leases end at once, anybody else's stay."""
    dead = subprocess.run(
        [sys.executable, "-c", "from collector.holder import myself; print(myself())"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    with database.writing() as connection:
        leases.take_lead(connection, dead, now=0.0, lease=15.0)
        leases.take_parts(connection, dead, now=0.0, lease=15.0)
        assert leases.bury(connection, is_gone) == [dead]
        assert leases.take_lead(connection, myself(), now=1.0, lease=15.0) == 2
        assert len(leases.take_parts(connection, "elsewhere:1:x", now=1.0, lease=15.0)) == 64
        assert leases.bury(connection, is_gone) == []
