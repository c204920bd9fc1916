"""The docs say what the code does: every setting is in them, and the diagram is drawn from the table."""

from pathlib import Path

import msgspec
import pytest

from rules.course import lifecycle
from rules.given import calendars, numbers, playbook, policy
from rules.rehearsal import expected, scenario

DOCS = Path(__file__).parents[2] / "docs"
STRUCTS = [
    kind
    for module in (policy, playbook, numbers, calendars, scenario, expected)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind.__module__ == module.__name__
    if kind is not scenario.Failure
]


@pytest.mark.parametrize("kind", STRUCTS, ids=lambda kind: kind.__name__)
def test_every_key_of_a_policy_and_of_a_scenario_is_documented(kind: type[msgspec.Struct]) -> None:
    text = (DOCS / "semantics.md").read_text()
    assert [field.encode_name for field in msgspec.structs.fields(kind) if f"`{field.encode_name}" not in text] == []


def test_the_lifecycles_page_is_drawn_from_its_table() -> None:
    assert (DOCS / "lifecycle.md").read_text() == lifecycle.page()


def test_every_phase_is_reached_and_only_closed_is_the_end() -> None:
    phases = {phase for phase, _ in lifecycle.TRANSITIONS}
    assert set(lifecycle.TRANSITIONS.values()) == phases | {"closed"}
    assert "closed" not in phases
