"""Which releases run, and how many agents run by another configuration than they should."""

from collector.expected import Installed
from collector.metrics import agents
from rules.given.cmdb import Store

STORES = [Store(id="1", region="north", agents=["a", "b"]), Store(id="2", region="south", agents=["c"])]


def test_a_region_without_drift_is_there_with_nought() -> None:
    installed = {"a": Installed("1", "aa"), "b": Installed("1", "aa"), "c": Installed("1", "aa")}
    expected = {"a": "aa", "b": "bb", "c": "aa"}
    assert agents.drifting(STORES, installed, expected) == {("north",): 1, ("south",): 0}


def test_agents_are_counted_by_release_and_invented_releases_share_a_row() -> None:
    installed = {f"a{at}": Installed("0.1.0", "") for at in range(100)}
    installed |= {f"b{at}": Installed(f"evil-{at}", "") for at in range(50)}
    found = agents.versions(installed)
    assert found["0.1.0",] == 100
    assert len(found) == agents.MOST_VERSIONS + 1
    assert found["other",] == 150 - 100 - (agents.MOST_VERSIONS - 1)


def test_the_text_has_both() -> None:
    text = agents.text(STORES, {"a": Installed("1", "aa")}, {"a": "bb"})
    assert 'tillwatch_agent_config_drift{region="north"} 1' in text
    assert 'tillwatch_agent_versions{version="1"} 1' in text
