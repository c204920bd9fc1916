"""`./run removals`: each scenario of the rules fails when its rule is removed, and every one has a removal."""

import subprocess
import sys

import pytest
import yaml

from tests.house.tracked import ROOT
from tools.removal import table
from tools.removal.table import Removal

REMOVALS = table.read()
RULES = sorted({one.rule for one in REMOVALS})
ROWS = ["pos_outage", "payment_gateway", "ecommerce", "loyalty", "inventory_sync", "signage"]
BEYOND = ["store_unreachable", "power", "network", "receipt_printer", "contact_centre"]


@pytest.mark.timeout(600)  # rule 7 alone is fifty times a scenario, and other tests run beside it
@pytest.mark.parametrize("rule", RULES)
def test_the_scenarios_of_a_rule_fail_when_it_is_removed(rule: int) -> None:
    """In a process of its own: in this one the rules are imported already. All removals: `./run removals`."""
    command = [sys.executable, "-m", "tools.removal", "--fewest", "--jobs", "1", "--rule", str(rule)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr


def test_every_scenario_has_a_removal_of_its_rule() -> None:
    assert list(table.mistakes(REMOVALS, table.scenarios())) == []


def test_every_rule_has_a_removal() -> None:
    assert list(range(1, 31)) == RULES


@pytest.mark.parametrize("row", [*ROWS, *BEYOND])
def test_every_row_of_the_incident_table_has_a_scenario_that_fails_without_any_of_its_cells(row: str) -> None:
    name = f"07-row-{row.replace('_', '-')}"
    removed = [one for one in REMOVALS if one.row == row]
    assert len(removed) >= 2
    assert [one.without for one in removed if one.fails != [name]] == []


def test_every_row_is_one_of_the_policy() -> None:
    policy = yaml.safe_load((ROOT / "rules" / "policies" / "retail.yaml").read_text())
    assert [row for row in ROWS + BEYOND if row not in policy["categories"]] == []


@pytest.mark.parametrize("one", REMOVALS, ids=lambda one: f"{one.rule}-{one.row}-{one.without}".replace(" ", "_"))
def test_what_is_removed_is_there(one: Removal) -> None:
    for file, source in table.sources(one).items():
        compile(source, file, "exec")
        assert source != (ROOT / file).read_text()


SOURCE = '''\
class Window:
    def holds(self) -> bool:
        """Words."""
        return (
            self.since < 1
        )

def after() -> int:
    return 1
'''


def test_a_function_does_only_what_is_said_instead() -> None:
    changed = table.replaced(SOURCE, "Window.holds", "return True")
    assert changed == SOURCE.replace(
        '        """Words."""\n        return (\n            self.since < 1\n        )', "        return True"
    )


def test_a_part_of_a_function_becomes_another_text() -> None:
    assert table.replaced(SOURCE, "after", {"return 1": "return 2"}) == SOURCE.replace("return 1", "return 2")


@pytest.mark.parametrize(("function", "instead"), [("before", "pass"), ("Window.after", "pass"), ("after", {"x": "y"})])
def test_what_is_not_there_cannot_be_removed(function: str, instead: str | dict[str, str]) -> None:
    with pytest.raises(LookupError, match="its removal has to follow"):
        table.replaced(SOURCE, function, instead)


def test_keys_of_a_policy_have_another_value_or_none() -> None:
    document = {"a": {"b": {"c": 1, "d": 2}, "e": 3}, "f": [{"category": "g"}, {"category": "h"}], "i": 4}
    assert table.without(document, {"a.b.c": 5, "a.e": None, "f.g": None}) == {
        "a": {"b": {"c": 5, "d": 2}},
        "f": [{"category": "h"}],
    }


def test_a_scenario_without_a_removal_is_named() -> None:
    removal = Removal(rule=7, without="x", fails=["07-lanes"], policy={"i": 1})
    (said,) = table.mistakes([removal], ["07-lanes", "08-new"])
    assert said == "08-new: no removal of rule 8 says that it fails; add it to one in tests/rules/removals/08-*.yaml"


def test_the_fewest_removals_have_every_scenario_once() -> None:
    broad = Removal(rule=7, without="x", fails=["07-a", "07-b"])
    narrow = Removal(rule=7, without="y", fails=["07-b"])
    other = Removal(rule=7, without="z", fails=["07-b", "07-c"])
    assert [(one.without, one.fails) for one in table.fewest([narrow, broad, other])] == [
        ("x", ["07-a", "07-b"]),
        ("z", ["07-c"]),
    ]
