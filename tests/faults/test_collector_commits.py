"""The collector dies on either side of its commits, and in the middle of its migrations."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from collector.database import journal, opened, upgrade
from collector.database.tables import metadata
from rules.entries import Records
from tests.collector import chain, mosquitto, postgresql
from tests.collector.agents import Agent
from tests.collector.supervised import Supervised, deliver
from tests.collector.wire import Wire
from tests.faults.collector_cuts import inconsistent

COMMITS = int(os.environ.get("TILLWATCH_COMMITS", "20"))
EVERY = int(os.environ.get("TILLWATCH_EVERY_STATEMENT", "1"))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/collector.db"
        return
    with postgresql.server() as server:
        yield postgresql.create_database(server, "faults")


@pytest.mark.timeout(3600)
@pytest.mark.shows("row 19", "kill -9 of the collector at each side of its commits loses nothing and doubles nothing")
def test_a_collector_that_dies_at_each_side_of_its_commits(
    url: str, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    deaths = [(side, nth) for nth in range(1, COMMITS + 1) for side in ("before", "after", "between")]
    agent = Agent()
    with mosquitto.broker(tmp_path) as port:
        chain.config(tmp_path, url, port)
        path = tmp_path / "collector.yaml"
        path.write_text(chain.text(url, port))
        wire, supervised = Wire(port, agent.name), Supervised(path, list(deaths))
        try:
            deliver(agent, wire, supervised, [], patience=60.0 + 30 * len(deaths))
        finally:
            wire.close()
            supervised.kill()
    database = opened(url)
    with database.reading() as connection:
        placed = journal.after(connection, 0, 1_000_000)
    wrong = list(inconsistent(database))
    database.close()
    seqs = Counter(record.seq for one in placed if isinstance(one.entry, Records) for record in one.entry.records)
    figure(f"{supervised.died} deaths on {url.partition(':')[0]}, {agent.seq} records: {len(seqs)} in the journal")
    assert supervised.died == len(deaths)
    assert seqs == Counter(range(1, agent.seq + 1))
    assert wrong == []


MIGRATION = """
import os, signal, sys
from sqlalchemy import event
from collector.database import opened, upgrade
database, left = opened(sys.argv[1]), int(sys.argv[2])
def die(connection, cursor, statement, *rest):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
event.listen(database._writer, "before_cursor_execute", die)
upgrade(database)
"""


@pytest.mark.timeout(3600)
@pytest.mark.shows("row 22", "A migration that is killed before any of its statements completes with the next start")
def test_a_migration_that_is_killed_completes(url: str, figure: Callable[[str], None]) -> None:
    """One database, on which one start after the other is killed, each a statement later; then one is not."""
    killed = 0
    while True:
        command = [sys.executable, "-c", MIGRATION, url, str(killed * EVERY + 1)]
        done = subprocess.run(command, check=False, cwd=Path.cwd(), timeout=120)
        if done.returncode != -signal.SIGKILL:
            break
        killed += 1
    assert done.returncode == 0
    database = opened(url)
    with database.reading() as connection:
        differing = compare_metadata(MigrationContext.configure(connection), metadata)
    before, after = upgrade(database)
    database.close()
    figure(f"killed {killed} times on {url.partition(':')[0]}, then complete: {len(differing)} tables differ")
    assert killed * EVERY > 20
    assert (differing, before) == ([], after)
