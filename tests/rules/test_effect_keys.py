"""The outbox keeps one effect a key, so what is to be done anew has a key of its own: else nobody is told."""

from collections import defaultdict
from pathlib import Path

import pytest

from rules import engine
from rules.decision import Decision, Effect
from rules.rehearsal import scenario
from rules.state import State
from tests.rules.estates import CRITICAL, OK, Story, chain

FILES = scenario.files(Path(__file__).parent / "scenarios")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_two_steps_tell_a_desk_different_things_under_one_key(path: Path) -> None:
    """A deadline that is warned of again because its priority changed is the one exception: it is the same deadline."""
    state, said = State.empty(), defaultdict[str, set[str]](set)
    for _, entry in scenario.entries(scenario.read(path)):
        for effect in effects(engine.run(state, scenario.resolved(state, entry))):
            said[effect.key].add(f"{effect.kind} {effect.to}: {effect.text}")
    doubled = {key: texts for key, texts in said.items() if len(texts) > 1}
    assert {key: texts for key, texts in doubled.items() if ":at-risk:" not in key} == {}


def test_who_was_called_for_a_priority_is_called_again_when_it_is_raised_again_after_it_was_lowered() -> None:
    story = Story(chain(1))
    story.say("0001-s", {f"pos-0{lane}/tcp": CRITICAL for lane in (1, 2)})
    story.wait(60.0)
    first = pages(story.say("0001-s", {f"pos-0{lane}/tcp": CRITICAL for lane in (3, 4)}))
    story.wait(60.0)
    story.say("0001-s", {f"pos-0{lane}/tcp": OK for lane in (3, 4)})
    story.wait(900.0)
    assert [row.priority for row in story.incidents() if row.parent is None and row.state == "open"] == [2]
    again = pages(story.say("0001-s", {f"pos-0{lane}/tcp": CRITICAL for lane in (3, 4)}))
    assert len(first) == len(again) == 1
    assert first != again


def test_each_of_two_changes_at_one_instant_reaches_the_ticket() -> None:
    story = Story(chain(1))
    story.say("0001-s", {"pos-01/tcp": CRITICAL})
    story.wait(60.0)
    keys = [updates(story.say("0001-s", {f"pos-0{lane}/tcp": CRITICAL})) for lane in (2, 3, 4)]
    assert [len(one) for one in keys] == [1, 1, 1]
    assert len({*keys[0], *keys[1], *keys[2]}) == 3


def effects(decisions: list[Decision]) -> list[Effect]:
    return [effect for decision in decisions for effect in decision.effects]


def pages(decisions: list[Decision]) -> list[str]:
    return [effect.key for effect in effects(decisions) if effect.kind == "page"]


def updates(decisions: list[Decision]) -> list[str]:
    return [effect.key for effect in effects(decisions) if effect.kind == "update_ticket"]
