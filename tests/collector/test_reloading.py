"""Policy, CMDB and expected hashes change under a running collector, and a mistake in them changes nothing."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from collector import documents, reading
from collector.config import Config, Keep
from collector.database import Database, journal, letters
from collector.engine_loop import EngineLoop
from collector.ingest import Ingest
from collector.reloading import Reloading, stamp_of
from contract.documents import DocumentError
from rules.entries import CmdbLoaded, PolicyLoaded
from tests.collector import chain
from tests.collector.agents import OK, Agent, Hands, Line

THIRD = '  - {id: "0003", name: Three, region: south, agents: [0003-server]}\n'
START = 1_760_000_000.0


class Desk:
    """Everything of a collector that a reload touches, and its files."""

    def __init__(self, folder: Path, database: Database) -> None:
        config = chain.config(folder, "sqlite:///unused.db", 1)
        self.config: Config = msgspec.structs.replace(config, expected_agents=str(folder / "expected.yaml"))
        self.cmdb, self.expected = folder / "cmdb.yaml", folder / "expected.yaml"
        self.expected.write_text("agents: {}\n")
        self.database, clock = database, Hands(START)
        sources = documents.sources(self.config)
        papers = reading.at_start(sources)
        self.engine = EngineLoop(database, papers, Keep(), "me", clock, version="1")
        self.ingest = Ingest(database, papers.registry, "me", self.engine.wake, clock)
        self.reloading = Reloading(
            self.config, self.engine, self.ingest, clock,
            expected=papers.expected, stamp=stamp_of(documents.files(sources)), look_every=0.02,
        )  # fmt: skip
        self.line = Line()

    def loaded(self) -> list[str]:
        """Which documents the journal got, in order."""
        with self.database.reading() as connection:
            entries = [placed.entry for placed in journal.after(connection, 0, 1000)]
        return [type(entry).__name__ for entry in entries if isinstance(entry, CmdbLoaded | PolicyLoaded)]

    def says_hello(self, agent: str) -> None:
        one = Agent(agent)
        one.turns("pos-01/tcp", OK, START)
        self.line.take(self.ingest, one.hello(START))

    def grows(self) -> None:
        self.cmdb.write_text(chain.CMDB.replace("items:", THIRD + "items:"))


@asynccontextmanager
async def running(desk: Desk) -> AsyncIterator[None]:
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(desk.engine.run(stop))
        tasks.create_task(desk.reloading.run(stop))
        try:
            await until(lambda: "0001" in desk.engine.state.estate.stores)
            yield
        finally:
            stop.set()


async def until(found: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 30
    while not found():
        assert time.monotonic() < deadline, "it did not happen"
        await asyncio.sleep(0.01)


@pytest.fixture
def desk(tmp_path: Path, sqlite_database: Database) -> Desk:
    return Desk(tmp_path, sqlite_database)


def test_a_new_store_is_known_and_its_agent_is_heard_without_a_restart(desk: Desk) -> None:
    async def scene() -> None:
        async with running(desk):
            desk.says_hello("0003-server")
            assert "0003-server" not in desk.ingest.fleet.installed
            desk.grows()
            await until(lambda: "0003" in desk.engine.state.estate.stores)
            await until(lambda: desk.reloading.read_at and not desk.reloading.refused and _is_adopted(desk))
            desk.says_hello("0003-server")
            assert desk.ingest.fleet.installed["0003-server"].version == "1"
            await until(lambda: "0003-server" in desk.engine.state.agents)
        assert desk.loaded() == ["PolicyLoaded", "CmdbLoaded", "CmdbLoaded"]

    asyncio.run(scene())


def _is_adopted(desk: Desk) -> bool:
    desk.line.take(desk.ingest)
    return "0003-server" in desk.ingest.registry


def test_an_agent_that_left_the_cmdb_is_not_listened_to_any_more(desk: Desk) -> None:
    async def scene() -> None:
        async with running(desk):
            desk.says_hello("0002-server")
            await until(lambda: "0002-server" in desk.engine.state.agents)
            desk.cmdb.write_text(chain.CMDB.replace("agents: [0002-server]", "agents: []"))
            await until(lambda: not desk.engine.state.estate.agents("0002"))
            await until(lambda: "0002-server" not in desk.ingest.registry or desk.line.take(desk.ingest))
            assert "0002-server" not in desk.ingest.fleet.installed
            desk.says_hello("0002-server")
        with desk.database.reading() as connection:
            assert [letter.reason for letter in letters.listed(connection, 10)] == ["unregistered"]

    asyncio.run(scene())


def test_a_mistake_keeps_what_was_there_and_says_so_until_it_is_mended(desk: Desk) -> None:
    async def scene() -> None:
        async with running(desk):
            desk.cmdb.write_text(chain.CMDB.replace("class: pos_terminal", "clas: pos_terminal", 1))
            await until(lambda: desk.reloading.refused)
            assert "items[0].clas: unknown key; did you mean 'class'?" in desk.reloading.refused
            assert len(desk.engine.state.estate.items) == 3
            desk.grows()
            await until(lambda: not desk.reloading.refused)
            assert "0003" in desk.engine.state.estate.stores or desk.loaded()[-1] == "CmdbLoaded"
        assert desk.loaded() == ["PolicyLoaded", "CmdbLoaded", "CmdbLoaded"]

    asyncio.run(scene())


def test_asked_to_read_what_did_not_change_it_appends_nothing(desk: Desk) -> None:
    async def scene() -> None:
        async with running(desk):
            before = desk.reloading.read_at = 0.0
            desk.reloading.ask()
            await until(lambda: desk.reloading.read_at > before)
        assert desk.loaded() == ["PolicyLoaded", "CmdbLoaded"]

    asyncio.run(scene())


def test_expected_hashes_change_without_the_engine(desk: Desk) -> None:
    async def scene() -> None:
        async with running(desk):
            desk.expected.write_text("agents: {0001-server: 00000000000000aa}\n")
            await until(lambda: desk.reloading.expected)
            assert desk.reloading.expected == {"0001-server": "00000000000000aa"}
        assert desk.loaded() == ["PolicyLoaded", "CmdbLoaded"]

    asyncio.run(scene())


def test_a_collector_that_stops_does_not_wait_for_a_reading_that_goes_on(desk: Desk) -> None:
    async def scene() -> None:
        os.mkfifo(desk.cmdb.with_name("slow.yaml"))  # nobody writes into it: reading it takes for ever
        desk.cmdb.unlink()
        desk.cmdb.symlink_to("slow.yaml")
        await asyncio.wait_for(desk.reloading.run(_soon()), 30)

    def _soon() -> asyncio.Event:
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(0.5, stop.set)
        return stop

    asyncio.run(scene())


def test_a_large_cmdb_is_read_in_another_process_to_the_same_end(tmp_path: Path) -> None:
    config = chain.config(tmp_path, "sqlite:///unused.db", 1)
    (tmp_path / "cmdb.yaml").write_text(chain.CMDB + "# padding\n" * (reading.LARGE // 10 + 1))
    where = documents.sources(config)
    assert reading.at_start(where) == documents.read(where)


def test_a_mistake_in_a_large_cmdb_is_told_as_in_a_small_one(tmp_path: Path) -> None:
    config = chain.config(tmp_path, "sqlite:///unused.db", 1)
    (tmp_path / "cmdb.yaml").write_text("stors: []\n" + "# padding\n" * (reading.LARGE // 10 + 1))
    with pytest.raises(DocumentError, match=r"cmdb.yaml:1: stors: unknown key; did you mean 'stores'\?"):
        reading.at_start(documents.sources(config))


def test_a_file_that_was_replaced_or_removed_has_another_stamp(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("one")
    first = stamp_of([path])
    (tmp_path / "b").write_text("two")
    (tmp_path / "b").replace(path)
    second = stamp_of([path])
    path.unlink()
    assert len({first, second, stamp_of([path])}) == 3
