from pathlib import Path

import pytest

from rules.given.policy import SHIPPED
from rules.rehearsal.check import check

INVALID = Path(__file__).parent / "invalid"
SCENARIOS = Path(__file__).parent / "scenarios"


@pytest.mark.parametrize("path", sorted(INVALID.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_invalid_file_gets_exactly_the_message_beside_it(path: Path) -> None:
    found = [mistake.replace(str(path), path.name) for mistake in check(path).mistakes]
    assert found == path.with_suffix(".txt").read_text().splitlines()
    assert found != []


@pytest.mark.parametrize(
    "path", sorted([*SHIPPED.glob("*.yaml"), *SCENARIOS.glob("*.yaml")]), ids=lambda path: path.stem
)
def test_what_is_shipped_is_without_mistakes(path: Path) -> None:
    assert check(path).mistakes == []


def test_a_scenario_is_told_from_a_policy_by_its_steps() -> None:
    assert check(SHIPPED / "retail.yaml").kind == "policy"
    assert check(next(SCENARIOS.glob("*.yaml"))).kind == "scenario"


def test_a_file_that_is_not_there_is_a_mistake_and_not_a_crash() -> None:
    assert check(Path("/nowhere/policy.yaml")).mistakes == ["/nowhere/policy.yaml: No such file or directory"]


def test_all_mistakes_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    text = (SHIPPED / "retail.yaml").read_text().replace("stable: 5m", "stable: 5").replace("nudge: 30m", "nudge: half")
    (tmp_path / "two.yaml").write_text(text)
    assert len(check(tmp_path / "two.yaml").mistakes) == 2
