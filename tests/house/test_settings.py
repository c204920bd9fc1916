"""Settings of the CMDB and of `up` stand on a page; every example on any page is one that the product takes."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from collector import class_checks, cmdb
from collector import config as collector_config
from contract.documents import convert, load
from edge_agent import config as agent_config
from rules.given import cmdb as cmdb_shapes
from tests.house.tracked import ROOT, tracked
from tillwatch import up_config
from tillwatch.cmdb import agents


def up(text: str, name: str) -> Any:
    """As `tillwatch up` takes it, checks included, without making its folder."""
    loaded = load(text, name)
    document = convert(loaded, up_config.UpDocument, name)
    return up_config.Up(document, loaded.lines, name, Path("/nowhere")).agent("mqtt://127.0.0.1:1")


def base(text: str, name: str) -> Any:
    """As an export takes it, for a chain of one agent."""
    chain = cmdb.whole('stores: [{id: "1", agents: [a]}]', "cmdb.yaml")
    return agents.files(chain, agents.parse_base(text, name))


READERS: dict[str, Callable[[str, str], Any]] = {
    "agent.yaml": agent_config.parse,
    "collector.yaml": collector_config.parse,
    "base.yaml": base,
    "cmdb.yaml": cmdb.parse,
    "up.yaml": up,
}
EXAMPLES = [
    pytest.param(name, text, id=f"{path.relative_to(ROOT)}: {name}")
    for path in tracked()
    if path.suffix == ".md"
    for name, text in re.findall(r"^```yaml\n# (\S+)[^\n]*\n(.*?)^```$", path.read_text(), re.MULTILINE | re.DOTALL)
]


@pytest.mark.parametrize(
    "shape",
    [
        cmdb_shapes.CmdbDocument,
        cmdb_shapes.Store,
        cmdb_shapes.Event,
        cmdb_shapes.Item,
        cmdb_shapes.Offline,
        class_checks.ClassCheck,
    ],
    ids=lambda it: it.__name__,
)
def test_every_key_of_the_cmdb_is_on_its_page(shape: type[msgspec.Struct]) -> None:
    prose = re.sub(r"^```.*?^```$", "", (ROOT / "docs" / "cmdb.md").read_text(), flags=re.MULTILINE | re.DOTALL)
    names = [field.encode_name for field in msgspec.structs.fields(shape)]
    assert [name for name in names if f"`{name}`" not in prose] == []


def test_every_setting_of_up_is_in_its_example() -> None:
    section = (ROOT / "docs" / "cli.md").read_text().partition("\n## tillwatch up\n")[2].partition("\n## ")[0]
    names = [field.name for field in msgspec.structs.fields(up_config.UpDocument)]
    assert [name for name in names if not re.search(rf"^ +{name}: *\S*", section, re.MULTILINE)] == []


@pytest.mark.parametrize(("name", "text"), EXAMPLES)
def test_an_example_is_taken_as_it_is_written(name: str, text: str) -> None:
    READERS[name](text, name)


def test_the_guide_shows_every_file_that_a_first_store_needs() -> None:
    guide = (ROOT / "docs" / "install.md").read_text()
    shown = re.findall(r"^```yaml\n# (\S+)", guide, re.MULTILINE)
    assert {"agent.yaml", "collector.yaml", "cmdb.yaml"} <= set(shown)
    assert len(re.findall(r"^```yaml", guide, re.MULTILINE)) == len(shown), "a YAML block without the file's name"


def test_the_files_of_the_guide_belong_together(tmp_path: Path) -> None:
    """The agent is one that the CMDB knows, in the same store, and every item that it asks is there."""
    guide = (ROOT / "docs" / "install.md").read_text()
    files = dict(re.findall(r"^```yaml\n# (\S+)[^\n]*\n(.*?)^```$", guide, re.MULTILINE | re.DOTALL))
    agent = agent_config.parse(files["agent.yaml"], "agent.yaml").document
    collector = collector_config.parse(files["collector.yaml"], "collector.yaml")
    estate = cmdb.parse(files["cmdb.yaml"], "cmdb.yaml")
    assert cmdb.registry(estate)[agent.agent] == agent.store
    items = {item["id"] for item in estate["items"] if item.get("store") in (None, agent.store)}
    assert {check.ci for check in agent.checks} <= items
    assert [Path(source.path).name for source in collector.cmdb] == ["cmdb.yaml"]
