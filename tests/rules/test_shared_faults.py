"""Forty stores and what they share: the acquirer, one store's path to it, or a carrier's network."""

import random
from typing import Any

import pytest

from contract.status import Status
from rules.course.incident import Incident
from rules.decision import Effect
from tests.rules.estates import CRITICAL, OK, Story, store

STORES = range(1, 41)
OTHERS = range(41, 81)  # of another carrier, and well throughout
SHARED = [
    {"id": "acquirer-a", "class": "payment_gateway", "vendor": "AcquirerCo", "provides": ["card_payment"]},
    {"id": "internet", "class": "control_target"},
    {"id": "resolver", "class": "control_target"},
]
CHECKS = ("acquirer-a/http", "internet/icmp", "resolver/dns")


def agent(number: int) -> str:
    return f"{number:04d}-s"


def well() -> Story:
    stores = [store(number, carrier="bt" if number in STORES else "vm") for number in (*STORES, *OTHERS)]
    cmdb: dict[str, Any] = {"stores": stores, "items": SHARED}
    story = Story(cmdb)
    for number in (*STORES, *OTHERS):
        story.say(agent(number), dict.fromkeys(CHECKS, OK))
    story.wait(60)
    return story


def effects(story: Story) -> list[Effect]:
    return [effect for decision in story.decisions for effect in decision.effects]


def open_tickets(story: Story) -> list[Incident]:
    """What the desk has to work on: opened, unresolved and explained by nothing else."""
    return [row for row in story.incidents() if row.opened_at and row.state != "resolved" and row.suppressed is None]


@pytest.mark.parametrize("seed", range(10))
def test_forty_stores_lose_the_acquirer_and_it_is_one_p1_with_its_vendor_in_the_step_of_the_quorum(seed: int) -> None:
    story = well()
    order = random.Random(seed).sample(list(STORES), 40)
    quorum = 8  # 20 % of the forty of a cohort, and three at least
    for said, number in enumerate(order, 1):
        made = story.say(agent(number), {"acquirer-a/http": CRITICAL})
        story.wait(0.2)
        assert len(story.incidents()) == (said >= quorum)
        if said == quorum:
            assert len(made) == 1
            kinds = [(effect.kind, effect.to) for effect in made[0].effects]
            assert ("open_ticket", "payments") in kinds
            assert ("escalate", "AcquirerCo") in kinds
    story.wait(120)
    [row] = story.incidents()
    assert (row.ci, row.category, row.priority, len(row.stores)) == ("acquirer-a", "payment_gateway", 1, 40)
    assert row.major == "proposed"
    assert [effect.kind for effect in effects(story)].count("open_ticket") == 1


def test_one_store_of_forty_that_does_not_reach_it_has_an_incident_of_its_own() -> None:
    story = well()
    story.say(agent(7), {"acquirer-a/http": CRITICAL})
    story.wait(120)
    [row] = story.incidents()
    assert (row.ci, row.home, row.stores, row.major) == ("0007", "0007", ("0007",), "")
    assert ("escalate", "AcquirerCo") not in [(effect.kind, effect.to) for effect in effects(story)]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("apart", [0.0, 1.0])
def test_a_carrier_fails_and_it_is_one_incident_of_the_network_whichever_check_notices_first(
    seed: int, apart: float
) -> None:
    story, chance = well(), random.Random(seed)
    facts = [(agent(number), check) for number in STORES for check in CHECKS]
    chance.shuffle(facts)
    for name, check in facts:
        story.say(name, {check: CRITICAL})
        story.wait(apart)
    story.wait(120)
    [row] = open_tickets(story)
    assert (row.ci, row.category, row.priority, len(row.stores)) == ("internet", "network", 1, 40)
    assert row.symptoms == ("acquirer-a", "resolver")
    assert "carrier bt" in row.title
    assert [one for one in story.incidents() if one.state != "closed" and one.ci == "acquirer-a"] == []
    for name, check in facts:
        story.say(name, {check: OK})
    story.wait(301)
    assert {one.state for one in story.incidents()} == {"resolved"}


def test_the_acquirer_that_fails_on_when_the_network_is_back_is_one_incident_after_a_while() -> None:
    story = well()
    for number in STORES:
        story.say(agent(number), dict.fromkeys(CHECKS, CRITICAL))
    story.wait(600)
    for number in STORES:
        story.say(agent(number), {"internet/icmp": OK, "resolver/dns": OK})
        story.wait(0.5)
    story.wait(250)
    assert [row.ci for row in open_tickets(story)] == ["internet"]
    story.wait(60)
    assert [(row.ci, row.priority) for row in open_tickets(story)] == [("acquirer-a", 1)]


def test_a_control_target_that_fails_alone_proves_nothing_about_lines() -> None:
    story = well()
    for number in STORES:
        story.say(agent(number), {"internet/icmp": CRITICAL, "acquirer-a/http": CRITICAL})
    story.wait(60)
    assert sorted(row.ci for row in open_tickets(story)) == ["acquirer-a", "internet"]


@pytest.mark.parametrize(("crowd", "seen"), [(48, [49, 50, 50]), (49, [50, 51, 51]), (50, [51, 51, 52])])
def test_what_more_than_fifty_stores_see_is_judged_at_intervals_and_less_at_every_vote(
    crowd: int, seen: list[int]
) -> None:
    story = Story({"stores": [store(number) for number in range(1, 55)], "items": SHARED[:1]})
    for number in range(1, 55):
        story.say(agent(number), {"acquirer-a/http": OK})
    story.wait(60)
    for number in range(1, crowd + 1):
        story.say(agent(number), {"acquirer-a/http": CRITICAL})
    story.wait(10)
    found = []
    for number, later in ((53, 4.0), (54, 1.0)):
        story.say(agent(number), {"acquirer-a/http": CRITICAL})
        found.append(len(story.incidents()[0].stores))
        story.wait(later)
    assert [*found, len(story.incidents()[0].stores)] == seen


def test_a_store_that_cannot_say_how_it_is_has_no_incident_of_that_while_it_is_known_to_fail() -> None:
    story = well()
    story.say(agent(40), {"acquirer-a/http": Status.UNKNOWN})
    story.wait(1_000)
    assert [row.cause for row in open_tickets(story)] == ["payment_gateway:acquirer-a@0040"]
    for number in range(1, 31):
        story.say(agent(number), {"acquirer-a/http": CRITICAL})
    assert [row.cause for row in open_tickets(story)] == ["payment_gateway:acquirer-a"]
    story.wait(1_000)
    for number in range(1, 31):
        story.say(agent(number), {"acquirer-a/http": OK})
    story.wait(1_000)
    assert [row.cause for row in open_tickets(story)] == ["payment_gateway:acquirer-a@0040"]
