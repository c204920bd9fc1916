"""Rule 14 at its edges: what is still within minutes, what a chain incident is called, and when it is looked at."""

import pytest

from rules.cause import crowd
from rules.course.incident import Incident
from tests.rules.estates import CRITICAL, OK, Story, store, till

NORTH = "chain:pos_outage:region=north"


def lost(story: Story, *numbers: int, name: str = "pos-01") -> None:
    for number in numbers:
        story.say(f"{number:04d}-s", {f"{name}/tcp": CRITICAL})


def stores(count: int) -> Story:
    numbers = range(1, count + 1)
    tills = [till(number) for number in numbers]
    fast = [till(number, "fast-01", provides=["self_checkout"]) | {"class": "self_checkout"} for number in numbers]
    return Story({"stores": [store(number, carrier=f"c{number}") for number in numbers], "items": [*tills, *fast]})


def chain_of(story: Story) -> Incident | None:
    found = [row for row in story.incidents() if row.cause == NORTH and row.state != "resolved"]
    return found[0] if found else None


@pytest.mark.parametrize(("last", "is_one"), [(600.0, True), (600.1, False)])
def test_three_within_ten_minutes_are_one(last: float, is_one: bool) -> None:
    story = stores(3)
    lost(story, 1)
    story.wait(300)
    lost(story, 2)
    story.wait(last - 300)
    lost(story, 3)
    assert (chain_of(story) is not None) is is_one


@pytest.mark.parametrize(
    ("checkout", "fast", "service"),
    [((1, 2), (3, 4), "checkout"), ((1,), (2, 3), "self_checkout"), ((2, 3), (1,), "checkout")],
)
def test_it_is_called_by_what_most_lost_and_of_equals_by_what_matters_most(
    checkout: tuple[int, ...], fast: tuple[int, ...], service: str
) -> None:
    story = stores(4)
    lost(story, *fast, name="fast-01")
    lost(story, *checkout)
    row = chain_of(story)
    assert row is not None
    assert (row.service, row.title.partition(":")[0]) == (service, story.state.estate.law.services[service].title)


def test_it_was_learnt_when_the_first_of_its_parts_was() -> None:
    story = stores(3)
    first = story.now
    for number in (1, 2, 3):
        lost(story, number)
        story.wait(100)
    row = chain_of(story)
    assert row is not None
    assert (row.started_at, row.learnt_at, row.opened_at) == (first, first, first + 200)


@pytest.mark.parametrize(("known", "at_once"), [(crowd.MANY - 1, 2), (crowd.MANY, 1), (crowd.MANY + 1, 1)])
def test_one_of_more_than_fifty_stores_takes_in_the_next_at_intervals(known: int, at_once: int) -> None:
    story = stores(known + 2)
    lost(story, *range(1, known + 1))
    story.wait(crowd.INTERVAL + 1)
    lost(story, known + 1)
    lost(story, known + 2)
    row = chain_of(story)
    assert row is not None
    assert len(row.stores) == known + at_once
    story.wait(crowd.INTERVAL)
    row = chain_of(story)
    assert row is not None
    assert len(row.stores) == known + 2


@pytest.mark.parametrize("count", [10, crowd.MANY + 10])
def test_it_was_well_when_the_last_of_its_parts_was_also_when_it_is_looked_at_later(count: int) -> None:
    story = stores(count)
    numbers = range(1, count + 1)
    lost(story, *numbers)
    for number in numbers:
        story.wait(1)
        story.say(f"{number:04d}-s", {"pos-01/tcp": OK})
    last = story.now
    story.wait(3_600)
    (row,) = [row for row in story.incidents() if row.cause == NORTH]
    parts = [row.restored_at for row in story.incidents() if row.cause != NORTH]
    assert (row.state, row.restored_at) == ("resolved", max(at for at in parts if at is not None))
    assert row.restored_at == last
