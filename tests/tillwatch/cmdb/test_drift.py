"""The doctor asks the collector's database which agents run by another configuration than they should."""

from pathlib import Path

import msgspec

from collector.config import parse
from collector.database import cursors, opened, upgrade
from collector.database.cursors import AgentRow
from collector.expected import AgentRun, Installed
from tests.collector import chain
from tillwatch.cmdb.drift import drifting


def test_only_agents_whose_hashes_are_known_and_differ_are_named(tmp_path: Path) -> None:
    config = parse(chain.text(f"sqlite:///{tmp_path}/c.db", 1), "collector.yaml", tmp_path)
    database = opened(config.database)
    upgrade(database)
    with database.writing() as connection:
        said = {"a": "00000000000000aa", "b": "00000000000000bb", "d": None}
        cursors.save_agents(connection, [AgentRow(agent, version="1", config=config) for agent, config in said.items()])
    assert drifting(config, database) == []
    path = tmp_path / "expected.yaml"
    path.write_text("agents: {a: 00000000000000aa, b: 00000000000000cc, c: 00000000000000cc, d: 00000000000000dd}\n")
    compared = msgspec.structs.replace(config, expected_agents=str(path))
    assert drifting(compared, database) == [AgentRun("b", Installed("1", "00000000000000bb"), "00000000000000cc")]
    database.close()
