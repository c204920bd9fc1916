"""The same facts in any order of arrival end in the same record."""

import itertools
import random

import pytest

from contract.status import Status
from tests.rules.estates import CRITICAL, OK, START, Story, chain

Told = tuple[str, str, Status]


def record(story: Story) -> set[tuple[str, str, str, int, str]]:
    worst: dict[str, int] = {}
    for row in story.incidents():
        worst[row.home] = min(worst.get(row.home, 3), row.worst_priority)
    return {(row.home, row.ci, row.category, worst[row.home], row.state) for row in story.incidents()}


def played(facts: tuple[Told, ...], gaps: tuple[float, ...]) -> Story:
    story = Story(chain())
    for agent in ("0001-s", "0002-s", "0003-s"):
        well = dict.fromkeys(("sw-01/icmp", "pos-01/tcp", "pos-02/tcp", "pos-03/tcp", "pos-04/tcp"), OK)
        story.say(agent, {**well, "acquirer-a/http": OK, "sign/tcp": OK})
    story.wait(20)
    for (agent, check, status), gap in zip(facts, gaps, strict=True):
        story.say(agent, {check: status})
        story.wait(gap)
    story.wait(120)
    return story


SWITCH = tuple(
    ("0001-s", check, CRITICAL) for check in ("sw-01/icmp", "pos-01/tcp", "pos-02/tcp", "pos-03/tcp", "pos-04/tcp")
)


@pytest.mark.parametrize("gap", [0.0, 2.0, 7.0])
def test_a_dead_switch_and_its_tills_are_one_incident_on_the_switch_in_every_order(gap: float) -> None:
    for order in itertools.permutations(SWITCH):
        story = played(order, (gap,) * len(order))
        assert record(story) == {("0001", "0001/sw-01", "network", 1, "open")}
        assert story.incidents()[0].symptoms == ("0001/pos-01", "0001/pos-02", "0001/pos-03", "0001/pos-04")


@pytest.mark.parametrize("gap", [0.0, 2.0, 7.0, 30.0])
def test_three_votes_against_the_acquirer_are_one_incident_on_it_in_every_order(gap: float) -> None:
    votes = tuple((f"000{number}-s", "acquirer-a/http", CRITICAL) for number in (1, 2, 3))
    for order in itertools.permutations(votes):
        story = played(order, (gap,) * 3)
        assert record(story) == {("", "acquirer-a", "payment_gateway", 1, "open")}
        assert story.incidents()[0].stores == ("0001", "0002", "0003")


def test_many_failures_and_recoveries_of_a_store_end_alike_in_random_orders() -> None:
    """Per check the agent's order is kept, for its log has one; between checks anything goes."""
    chance = random.Random(7)
    checks = ["sw-01/icmp", "pos-01/tcp", "pos-02/tcp", "pos-03/tcp", "sign/tcp", "acquirer-a/http"]
    for _ in range(60):
        failing = chance.sample(checks, chance.randint(2, 6))
        endings = set()
        for _ in range(4):
            order = chance.sample(failing, len(failing))
            gaps = tuple(chance.choice((0.0, 1.0, 6.0, 20.0)) for _ in order)
            story = played(tuple(("0001-s", check, CRITICAL) for check in order), gaps)
            endings.add(frozenset(record(story)))
        assert len(endings) == 1, (failing, endings)


def test_everything_that_failed_and_is_well_again_ends_resolved() -> None:
    story = played(SWITCH, (3.0,) * 5)
    for agent, check, _ in SWITCH:
        story.say(agent, {check: OK})
    story.wait(301)
    assert record(story) == {("0001", "0001/sw-01", "network", 1, "resolved")}
    assert story.now > START


@pytest.mark.parametrize("gap", [2.0, 7.0])
def test_a_cause_began_with_the_first_of_what_it_explains_whether_or_not_that_had_an_incident(gap: float) -> None:
    story = played((), ())
    began = story.now
    for check in ("pos-01/tcp", "sw-01/icmp"):
        story.say("0001-s", {check: CRITICAL})
        story.wait(gap)
    (row,) = story.incidents()
    assert (row.ci, row.started_at) == ("0001/sw-01", began)
