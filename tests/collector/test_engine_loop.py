import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from collector import documents, replay
from collector.config import Keep
from collector.database import Database, checkpoints, decisions, incidents, journal, leases
from collector.engine_loop import EngineLoop
from collector.retention import A_DAY, Keeper
from collector.services import IncidentFilter
from contract.status import Status
from contract.units import Duration
from rules import rows
from rules.course.incident import Incident
from rules.entries import AgentHeard, JournalEntry, SeenBelief, Snapshot, Tick
from tests.collector import chain
from tests.collector.agents import CRITICAL, OK, Hands

START = 1_760_000_000.0


@pytest.fixture
def papers(tmp_path: Path) -> documents.Documents:
    return documents.read(documents.sources(chain.config(tmp_path, "sqlite:///unused.db", 1)))


def append(database: Database, *entries: JournalEntry) -> None:
    with database.writing() as connection:
        journal.append(connection, entries)


def believes(at: float, *states: tuple[str, Status]) -> list[JournalEntry]:
    beliefs = [SeenBelief(check, state, at, 1, seq, 15.0) for seq, (check, state) in enumerate(states, 1)]
    return [AgentHeard(at=at, agent="0001-server"), Snapshot(at=at, agent="0001-server", beliefs=beliefs)]


@asynccontextmanager
async def leading(database: Database, papers: documents.Documents, clock: Hands) -> AsyncIterator[EngineLoop]:
    loop = EngineLoop(database, papers, Keep(), "me", clock, version="1")
    stop = asyncio.Event()
    task = asyncio.create_task(loop.run(stop))
    await until(lambda: loop.term is not None)
    try:
        yield loop
    finally:
        stop.set()
        await task


async def until(found: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 30
    while not found():
        assert time.monotonic() < deadline, "it did not happen"
        await asyncio.sleep(0.01)


def all_incidents(database: Database) -> list[Incident]:
    with database.reading() as connection:
        return incidents.listed(connection, IncidentFilter(), 100)


def test_time_alone_moves_the_engine_by_a_tick(database: Database, papers: documents.Documents) -> None:
    """Nothing comes any more; the deadlines of an incident still run, each through a Tick in the journal."""

    async def scene() -> None:
        clock = Hands(START)
        async with leading(database, papers, clock) as loop:
            append(database, *believes(START, ("pos-01/tcp", CRITICAL), ("pos-02/tcp", OK)))
            await until(lambda: all_incidents(database))
            assert all_incidents(database)[0].sla.breached == ()
            clock.pass_(A_DAY / 2)
            loop.wake()
            await until(lambda: "respond" in all_incidents(database)[0].sla.breached)
        with database.reading() as connection:
            assert any(isinstance(one.entry, Tick) for one in journal.after(connection, 0, 1000))
            assert {effect["kind"] for effect in decisions.effects(connection)} >= {"open_ticket", "page"}

    asyncio.run(scene())


def test_a_leader_that_was_overtaken_writes_nothing_and_comes_back_with_the_truth(
    database: Database, papers: documents.Documents
) -> None:
    async def scene() -> None:
        clock = Hands(START)
        async with leading(database, papers, clock) as loop:
            await until(lambda: loop.position >= 3)
            with database.writing() as connection:
                assert leases.take_lead(connection, "other", clock.at + 60, 15.0) == 2
                journal.append(connection, believes(START, ("pos-01/tcp", CRITICAL)))
            loop.wake()
            await until(lambda: loop.term is None)
            await asyncio.sleep(0.2)
            assert all_incidents(database) == []
            clock.pass_(100)
            await until(lambda: loop.term == 3)
            await until(lambda: all_incidents(database))
            with database.reading() as connection:
                assert decisions.state_rows(connection) == rows.dump(loop.state)

    asyncio.run(scene())


def test_policy_and_cmdb_are_journalled_once_and_again_when_they_change(
    database: Database, papers: documents.Documents
) -> None:
    async def scene() -> None:
        for version in (papers, papers, msgspec.structs.replace(papers, cmdb=msgspec.Raw(b'{"stores":[]}'))):
            async with leading(database, version, Hands(START)):
                pass
        with database.reading() as connection:
            entries = [one.entry for one in journal.after(connection, 0, 100)]
        # What follows from another document is due at once, and may be done before the loop is left.
        kinds = [type(entry).__name__ for entry in entries if not isinstance(entry, Tick)]
        assert kinds == [
            *("EngineStarted", "PolicyLoaded", "CmdbLoaded"),
            "EngineStarted",
            *("EngineStarted", "CmdbLoaded"),
        ]

    asyncio.run(scene())


def test_a_restart_reads_the_very_state_that_was_left(database: Database, papers: documents.Documents) -> None:
    async def scene() -> None:
        clock = Hands(START)
        async with leading(database, papers, clock) as loop:
            append(database, *believes(START, ("pos-01/tcp", CRITICAL), ("pos-02/tcp", CRITICAL)))
            loop.wake()
            await until(lambda: all_incidents(database))
            left = rows.dump(loop.state)
        with database.reading() as connection:
            assert rows.dump(rows.restore(decisions.state_rows(connection))) == left

    asyncio.run(scene())


def test_the_past_is_replayed_from_a_checkpoint_as_from_the_beginning(
    database: Database, papers: documents.Documents
) -> None:
    """The state at an instant is the same with and without checkpoints; before the journal there is none."""

    async def scene() -> None:
        clock = Hands(START)
        async with leading(database, papers, clock) as loop:
            append(database, *believes(START + 10, ("pos-01/tcp", OK)))
            loop.wake()
            first = 5  # the engine's start, policy and CMDB, then these two
            await until(lambda: loop.position == first)
            Keeper(database, Keep()).checkpoint(START + 10)
            append(database, *believes(START + 100, ("pos-02/tcp", CRITICAL)))
            loop.wake()
            await until(lambda: all_incidents(database))
        with_checkpoint = rows.dump(replay.state_at(database, START + 50))
        later = replay.state_at(database, START + 100.5)
        assert [one.ci for one in later.incidents.values()] == ["0001/pos-02"]
        with database.writing() as connection:
            assert checkpoints.prune(connection, START + 60) == first
            assert journal.prune(connection, first + 1) == first
        assert rows.dump(replay.state_at(database, START + 50)) == with_checkpoint
        assert not replay.state_at(database, START + 50).incidents
        with pytest.raises(LookupError):
            replay.state_at(database, START)

    asyncio.run(scene())


def test_a_new_day_begins_with_a_checkpoint_and_what_is_too_old_is_forgotten(database: Database) -> None:
    keeper = Keeper(database, Keep(journal=Duration(2 * A_DAY), history=Duration(2 * A_DAY)))
    for day in range(6):
        append(database, Tick(at=day * A_DAY + 5))
        with database.writing() as connection:
            term = leases.take_lead(connection, "me", 0.0, 1.0) or 0
            position = journal.head_position(connection)
            decisions.commit(connection, decisions.Commit(position - 1, position, term, [], [], [], []))
        keeper.look_after(day * A_DAY + 5)
        keeper.look_after(day * A_DAY + 6)
    with database.reading() as connection:
        assert checkpoints.newest_at(connection) == 5 * A_DAY + 5
        assert journal.first_position(connection) == 5
        assert checkpoints.nearest(connection, 2 * A_DAY) is None
        assert checkpoints.nearest(connection, 5 * A_DAY) is not None
        assert journal.broken_link(connection) is None
