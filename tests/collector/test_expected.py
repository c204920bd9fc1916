"""Whether agents run by what the CMDB's export gave them: known after a hello, and still known after a restart."""

from pathlib import Path

import pytest

from collector import expected
from collector.database import Database
from collector.expected import AgentRun, Installed
from collector.ingest import Ingest
from contract.documents import DocumentError
from tests.collector.agents import Agent, Hands, Line


def test_what_an_agent_runs_is_known_after_its_hello_and_after_a_restart(database: Database) -> None:
    registry = {"0001-server": "0001"}
    for said in ((Agent().hello(1.0),), ()):
        ingest = Ingest(database, registry, "me", lambda: None, Hands())
        Line().take(ingest, *said)
        assert ingest.fleet.installed == {"0001-server": Installed("1", "c")}


@pytest.mark.parametrize(
    ("installed", "wanted", "drift"),
    [
        (Installed("1", "aa"), "aa", False),
        (Installed("1", "aa"), "bb", True),
        (Installed("1", "aa"), None, None),
        (None, "bb", None),
    ],
)
def test_drift_is_told_only_where_both_hashes_are_known(
    installed: Installed | None, wanted: str | None, drift: bool | None
) -> None:
    assert AgentRun("a", installed, wanted).drift is drift


def test_a_hash_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "expected.yaml"
    path.write_text("agents: {0001-server: yes-it-is}\n")
    with pytest.raises(DocumentError, match=r"expected.yaml:1: agents.0001-server: "):
        expected.read(path)
