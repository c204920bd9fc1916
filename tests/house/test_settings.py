"""Every setting that people can write stands on a page, and every example on a page is one that the product takes."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from collector import cmdb
from collector import config as collector_config
from contract.documents import convert, load
from edge_agent import config as agent_config
from rules import cmdb as cmdb_shapes
from tests.house.tracked import ROOT, tracked
from tillwatch import up_config

# The struct, the page that explains it, and how the page writes its fields.
SETTINGS: list[tuple[type[msgspec.Struct], str, str]] = [
    (agent_config.AgentDocument, "agent.md", ""),
    (agent_config.BrokerSettings, "agent.md", "broker."),
    (agent_config.LogSettings, "agent.md", "log."),
    (agent_config.Defaults, "agent.md", "defaults."),
    (agent_config.CheckSettings, "agent.md", "checks[]."),
    (cmdb_shapes.CmdbDocument, "cmdb.md", ""),
    (cmdb_shapes.Store, "cmdb.md", ""),
    (cmdb_shapes.Item, "cmdb.md", ""),
    (cmdb_shapes.Offline, "cmdb.md", ""),
]
READERS: dict[str, Callable[[str, str], Any]] = {
    "agent.yaml": agent_config.parse,
    "collector.yaml": collector_config.parse,
    "cmdb.yaml": cmdb.parse,
    "up.yaml": lambda text, name: convert(load(text, name), up_config.UpDocument, name),
}
EXAMPLES = [
    pytest.param(name, text, id=f"{path.relative_to(ROOT)}: {name}")
    for path in tracked()
    if path.suffix == ".md"
    for name, text in re.findall(r"^```yaml\n# (\S+)[^\n]*\n(.*?)^```$", path.read_text(), re.MULTILINE | re.DOTALL)
]


@pytest.mark.parametrize(
    ("shape", "page", "prefix"), SETTINGS, ids=[f"{page} {shape.__name__}" for shape, page, _ in SETTINGS]
)
def test_every_setting_is_on_its_page(shape: type[msgspec.Struct], page: str, prefix: str) -> None:
    prose = re.sub(r"^```.*?^```$", "", (ROOT / "docs" / page).read_text(), flags=re.MULTILINE | re.DOTALL)
    words = set(re.findall(r"`([^`]+)`", prose))
    names = [field.encode_name for field in msgspec.structs.fields(shape)]
    # A row may hold several settings, the second without its prefix; one that holds others is named by theirs.
    lacking = [
        name
        for name in names
        if not {f"{prefix}{name}", name} & words
        and not any(word.startswith((f"{name}.", f"{name}[]")) for word in words)
    ]
    assert lacking == []


def test_every_setting_of_up_is_in_its_example() -> None:
    section = (ROOT / "docs" / "cli.md").read_text().partition("\n## tillwatch up\n")[2].partition("\n## ")[0]
    names = [field.name for field in msgspec.structs.fields(up_config.UpDocument)]
    assert [name for name in names if not re.search(rf"^ +{name}: *\S*", section, re.MULTILINE)] == []


@pytest.mark.parametrize(("name", "text"), EXAMPLES)
def test_an_example_is_taken_as_it_is_written(name: str, text: str) -> None:
    READERS[name](text, name)


def test_readme_shows_every_file_that_a_first_store_needs() -> None:
    readme = (ROOT / "README.md").read_text()
    shown = re.findall(r"^```yaml\n# (\S+)", readme, re.MULTILINE)
    assert {"agent.yaml", "collector.yaml", "cmdb.yaml"} <= set(shown)
    assert len(re.findall(r"^```yaml", readme, re.MULTILINE)) == len(shown), "a YAML block without the file's name"


def test_the_files_of_readme_belong_together(tmp_path: Path) -> None:
    """The agent is one that the CMDB knows, in the same store, and every item that it asks is there."""
    readme = (ROOT / "README.md").read_text()
    files = dict(re.findall(r"^```yaml\n# (\S+)[^\n]*\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL))
    agent = agent_config.parse(files["agent.yaml"], "agent.yaml").document
    collector = collector_config.parse(files["collector.yaml"], "collector.yaml")
    estate = cmdb.parse(files["cmdb.yaml"], "cmdb.yaml")
    assert cmdb.registry(estate)[agent.agent] == agent.store
    items = {item["id"] for item in estate["items"] if item.get("store") in (None, agent.store)}
    assert {check.ci for check in agent.checks} <= items
    assert [Path(source.path).name for source in collector.cmdb] == ["cmdb.yaml"]
