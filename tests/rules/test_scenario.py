import re
from pathlib import Path

import pytest

from rules.rehearsal import scenario

HERE = Path(__file__).parent
FILES = scenario.files(HERE / "scenarios")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_scenario_ends_as_it_says(path: Path) -> None:
    assert [failure.text for failure in scenario.run(scenario.read(path))] == []


SENDING = 29  # shadow mode is the collector's: tests/collector/desk/scenarios
DECIDED = [str(rule) for rule in range(1, 31) if rule != SENDING]


@pytest.mark.parametrize("rule", DECIDED)
def test_every_rule_that_is_built_has_a_scenario(rule: str) -> None:
    assert [path for path in FILES if path.stem.startswith(f"{int(rule):02d}-")]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_scenario_is_called_by_a_rule_that_it_is_about(path: Path) -> None:
    told = [int(number) for number in re.findall(r"\d+", str(scenario.read(path).rule))]
    assert int(path.stem.partition("-")[0]) in told


def test_a_scenario_that_expects_the_wrong_thing_fails_with_what_was_found() -> None:
    told = scenario.read(HERE / "wrong" / "wrong-priority.yaml")
    assert [(failure.step, failure.text) for failure in scenario.run(told)] == [
        (1, "expected an incident on 0042/pos-01: priority is 'P1', expected 'P3'"),
        (1, "not expected: open P1 pos_outage on 0042/pos-01"),
    ]
