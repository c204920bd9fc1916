"""The shipped example of a store can be used as it is, and what breaks in it opens the incident of the table."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from collector import cmdb
from collector.config import read as read_collector
from contract.ids import split_check
from contract.units import Duration
from edge_agent import config
from rules.given import policy
from rules.given.cmdb import CmdbDocument
from rules.rehearsal import scenario
from rules.rehearsal.expected import Expected
from rules.rehearsal.scenario import Scenario, Step
from tillwatch.cmdb import agents, asking

EXAMPLE = Path(__file__).parents[2] / "examples" / "store"
PAGE = EXAMPLE.parents[1] / "docs" / "example-store.md"
STORE, AGENT = "0042", "0042-server"
# The classes of the four systems that customers of a store feel.
SYSTEMS = {"pos_terminal", "payment_gateway", "signage_player", "inventory_sync"}


@pytest.fixture(scope="module")
def estate() -> CmdbDocument:
    return msgspec.convert(cmdb.read_yaml(EXAMPLE / "cmdb.yaml"), CmdbDocument)


@pytest.fixture(scope="module")
def checks() -> list[str]:
    return [check.key for check in config.read(EXAMPLE / "agent.yaml").checks]


def played(estate: CmdbDocument, checks: list[str], broken: set[str], expected: list[Expected]) -> list[Any]:
    """All is well, then every check of the items in `broken` fails; what differs from `expected`."""
    well: dict[str, Any] = dict.fromkeys(checks, "ok")
    failing = {check: "critical" for check in checks if split_check(check)[0] in broken}
    assert failing
    steps = [
        Step(at=Duration(0), checks={AGENT: well}, expect=[]),
        Step(at=Duration(60), checks={AGENT: failing}),
        Step(at=Duration(180), expect=expected),
    ]
    return scenario.run(Scenario(name="example", rule="7", cmdb=estate, steps=steps))


def test_the_files_of_the_example_can_be_read_and_belong_together(estate: CmdbDocument, checks: list[str]) -> None:
    collector = read_collector(EXAMPLE / "collector.yaml")
    assert Path(collector.cmdb[0].path) == EXAMPLE / "cmdb.yaml"
    policy.load(collector.policy)
    agent = config.read(EXAMPLE / "agent.yaml").document
    assert agent.agent in next(store for store in estate.stores if store.id == agent.store).agents
    known = {item.id for item in estate.items if item.store in (agent.store, None)}
    assert {split_check(check)[0] for check in checks} == known, "every item is watched, and nothing else"


def test_the_agents_file_is_what_the_export_makes_of_the_cmdb_and_the_base() -> None:
    source = cmdb.together([EXAMPLE / "cmdb.yaml"])
    (made,) = agents.files(source, agents.read_base(EXAMPLE / "base.yaml"))
    assert made.text == (EXAMPLE / "agent.yaml").read_text(), "run `tillwatch cmdb export` as the page says"
    assert asking.unasked(asking.chain(source)) == ({}, [])


def test_all_four_systems_of_the_table_are_watched(estate: CmdbDocument, checks: list[str]) -> None:
    watched = {split_check(check)[0] for check in checks}
    assert {item.klass for item in estate.items if item.id in watched} >= SYSTEMS


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("pos-01", Expected(ci="0042/pos-01", category="pos_outage", priority="P3")),
        ("acquirer-a", Expected(ci="acquirer-a", category="payment_gateway", priority="P1")),
        ("sign-01", Expected(ci="0042/sign-01", category="signage", priority="P3")),
        ("stock-sync", Expected(ci="0042/stock-sync", category="inventory_sync", priority="P2")),
        ("ups-01", Expected(ci="0042/ups-01", category="power")),
        ("fw-01", Expected(ci="0042/fw-01", category="network")),
    ],
)
def test_what_breaks_opens_the_incident_of_the_table(
    estate: CmdbDocument, checks: list[str], item: str, expected: Expected
) -> None:
    assert played(estate, checks, {item}, [expected]) == []


def test_half_of_the_lanes_are_one_p2_and_not_two_incidents_of_one_lane(
    estate: CmdbDocument, checks: list[str]
) -> None:
    leading = Expected(ci="0042/pos-01", category="pos_outage", priority="P2")
    part = Expected(ci="0042/pos-02", category="pos_outage", parent="0042/pos-01")
    assert played(estate, checks, {"pos-01", "pos-02"}, [leading, part]) == []


def test_dead_lanes_behind_a_dead_switch_are_its_symptoms(estate: CmdbDocument, checks: list[str]) -> None:
    behind = {"sw-01", "pos-01", "pos-02", "pos-03", "pos-04", "sign-01", "sign-02"}
    lost = Expected(ci="0042/sw-01", category="network", priority="P1")
    assert played(estate, checks, behind, [lost]) == []


def test_the_page_explains_every_item_and_names_every_file(estate: CmdbDocument) -> None:
    page = PAGE.read_text()
    assert all(item.id in page for item in estate.items)
    assert all(f"examples/store/{path.name}" in page for path in EXAMPLE.iterdir())
