"""kill -9 on either side of a commit, and at any moment: nothing is lost and nothing is there twice."""

import random
from collections import Counter
from pathlib import Path

import pytest

from collector.database import journal, opened
from rules.entries import Records
from tests.collector import chain, mosquitto
from tests.collector.agents import Agent
from tests.collector.supervised import Supervised, deliver
from tests.collector.wire import Wire


@pytest.mark.parametrize(
    ("deaths", "kills"),
    [
        ([("before", 5), ("before", 6)], []),
        ([("after", 1), ("after", 1)], []),
        ([], [random.uniform(0.5, 2.5), random.uniform(3.0, 5.0)]),
    ],
    ids=["before the commit", "after the commit", "at any moment"],
)
def test_nothing_is_lost_or_doubled(
    tmp_path: Path, database_url: str, deaths: list[tuple[str, int]], kills: list[float]
) -> None:
    with mosquitto.broker(tmp_path) as port:
        config = chain.config(tmp_path, database_url, port)
        path = tmp_path / "collector.yaml"
        path.write_text(chain.text(database_url, port))
        expected, agent = len(deaths) + len(kills), Agent()
        wire, supervised = Wire(port, agent.name), Supervised(path, list(deaths))
        try:
            deliver(agent, wire, supervised, list(kills))
        finally:
            wire.close()
            supervised.kill()
        assert supervised.died >= expected
    database = opened(config.database)
    with database.reading() as connection:
        placed = journal.after(connection, 0, 10_000)
        assert journal.broken_link(connection) is None
    database.close()
    seqs = Counter(record.seq for one in placed if isinstance(one.entry, Records) for record in one.entry.records)
    assert seqs == Counter(range(1, agent.seq + 1))
    assert [one.position for one in placed] == list(range(1, len(placed) + 1))
