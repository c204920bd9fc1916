"""Eight tills behind a dead switch, told in any order: the switch in each of nine places of 200 orders of the tills."""

import copy
import random
from collections.abc import Iterator
from typing import Any

import pytest

from rules.course.incident import Incident
from rules.state import State
from tests.rules.estates import CRITICAL, OK, Story, store, till

TILLS = [f"pos-{lane:02d}" for lane in range(1, 9)]
SWITCH = "sw-01"
ORDERS = 200
PROMOTED = 20  # orders that are told slowly, for they take a step for every hold


def well() -> Story:
    items: list[dict[str, Any]] = [{"id": SWITCH, "store": "0001", "class": "network_switch"}]
    story = Story({"stores": [store(1)], "items": [*items, *(till(1, one, depends_on=[SWITCH]) for one in TILLS)]})
    story.say("0001-s", {f"{one}/tcp": OK for one in (SWITCH, *TILLS)})
    story.wait(20)
    return story


def again(first: Story) -> Story:
    """A story that goes on from there; the policy is not read anew for each of thousands."""
    story = copy.copy(first)
    story.state, story.fleet = State.empty(), copy.deepcopy(first.fleet)
    story.state.adopt(first.state.estate)
    story.journal, story.decisions = [], []
    for decision in first.decisions:
        for change in decision.changes:
            if change.key not in ("policy", "cmdb"):
                story.state.put(change)
    return story


WELL = well()


def orders(place: int, many: int) -> Iterator[list[str]]:
    for seed in range(many):
        tills = random.Random(seed).sample(TILLS, len(TILLS))
        yield [*tills[:place], SWITCH, *tills[place:]]


def told(order: list[str], gap: float) -> Story:
    """Each of them `gap` seconds after the one before. No two tickets are ever open for it."""
    story = again(WELL)
    for one in order:
        story.say("0001-s", {f"{one}/tcp": CRITICAL})
        if gap:
            story.wait(gap)
            if SWITCH in order[: order.index(one) + 1]:
                assert len(actionable(story)) == 1
    story.wait(6)
    return story


def actionable(story: Story) -> list[Incident]:
    return [row for row in story.incidents() if row.opened_at and row.suppressed is None and row.state != "closed"]


def opened(story: Story) -> int:
    effects = [effect for decision in story.decisions for effect in decision.effects]
    return [effect.kind for effect in effects].count("open_ticket")


def record(row: Incident) -> tuple[Any, ...]:
    return (row.ci, row.category, row.state, row.priority, row.worst_priority, row.started_at, row.symptoms, row.title)


@pytest.mark.parametrize("place", range(9))
def test_inside_the_hold_it_is_one_incident_with_eight_symptoms_and_the_same_record(place: int) -> None:
    records = set()
    for order in orders(place, ORDERS):
        story = told(order, 0.0)
        [row] = story.incidents()
        assert opened(story) == 1
        assert row.symptoms == tuple(f"0001/{one}" for one in TILLS)
        records.add((row.id, *record(row)))
    assert len(records) == 1


@pytest.mark.parametrize("place", range(9))
def test_half_a_second_apart_it_is_still_inside_the_hold_and_the_same(place: int) -> None:
    for order in orders(place, PROMOTED):
        story = told(order, 0.5)
        [row] = story.incidents()
        assert opened(story) == 1
        assert record(row)[:5] == ("0001/sw-01", "network", "open", 1, 1)
        assert len(row.symptoms) == 8


@pytest.mark.parametrize("place", range(9))
def test_outside_the_hold_the_oldest_ticket_becomes_the_switchs_and_two_are_never_open_for_it(place: int) -> None:
    for order in orders(place, PROMOTED):
        story = told(order, 7.0)
        [row] = actionable(story)
        assert (row.ci, row.number, row.priority) == ("0001/sw-01", 1, 1)
        assert row.symptoms == tuple(f"0001/{one}" for one in TILLS)
        left = [one for one in story.incidents() if one.id != row.id]
        assert left == []
