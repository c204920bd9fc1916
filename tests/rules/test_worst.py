"""What an incident is called: by the service that matters most, as it grows, and by the worst of it once it shrinks."""

from typing import Any

from contract.status import Status
from rules.course.incident import Incident
from rules.entries import Command
from tests.rules.estates import CRITICAL, OK, RETAIL, Story, chain, store, till

LANES = [f"pos-0{lane}" for lane in range(1, 9)]
SWITCH, SIGN = {"sw-01/icmp": CRITICAL}, {"sign/tcp": CRITICAL}
NO_LANES = {f"{lane}/tcp": CRITICAL for lane in LANES}
ALL_WELL = {"sw-01/icmp": OK, "sign/tcp": OK, **{f"{lane}/tcp": OK for lane in LANES}}


def behind_a_switch() -> dict[str, Any]:
    """A store with eight tills and a sign, all of which need the switch."""
    sign = {"id": "sign", "store": "0001", "class": "signage", "provides": ["promotions"], "depends_on": ["sw-01"]}
    items = [{"id": "sw-01", "store": "0001", "class": "network_switch", "name": "Switch"}, sign]
    return {"stores": [store(1)], "items": [*items, *(till(1, lane, depends_on=["sw-01"]) for lane in LANES)]}


def told(*said: dict[str, Any], document: dict[str, Any] | None = None) -> Story:
    story = Story(behind_a_switch(), document)
    story.say("0001-s", ALL_WELL)
    story.wait(60)
    for checks in said:
        story.say("0001-s", checks)
    return story


def seen(row: Incident) -> tuple[str, str, int, int, str]:
    return row.title, row.service, row.affected.lanes_down, row.affected.lanes_total, row.affected.unit


ALL_LANES = ("Checkout: 8 of 8 lanes down at 0001", "checkout", 8, 8, "lanes")


def test_of_services_lost_equally_the_policys_first_names_the_incident() -> None:
    assert [seen(row) for row in told({**SIGN, **SWITCH, **NO_LANES}).incidents()] == [ALL_LANES]


def test_among_equal_losses_the_order_is_the_policys_and_not_the_alphabets() -> None:
    """Signage without its ceiling of P3: both services are then lost at P1."""
    services = {"promotions": RETAIL["services"]["promotions"], **RETAIL["services"]}
    categories = {name: {**one} for name, one in RETAIL["categories"].items()}
    for one in categories.values():
        if one.get("service") == "promotions":
            one.pop("ceiling", None)
    document = {**RETAIL, "services": services, "categories": categories}
    [row] = told({**SIGN, **SWITCH, **NO_LANES}, document=document).incidents()
    assert seen(row) == ("Promotions: Switch failing at 0001", "promotions", 1, 1, "screens")


def test_a_title_follows_the_loss_as_it_grows() -> None:
    story = told({**SIGN, **SWITCH})
    assert [seen(row)[1:] for row in story.incidents()] == [("promotions", 1, 1, "screens")]
    story.say("0001-s", NO_LANES)
    assert [seen(row) for row in story.incidents()] == [ALL_LANES]


def test_a_title_keeps_the_worst_while_lane_after_lane_comes_back_and_the_story_tells_how() -> None:
    story = told({**SIGN, **SWITCH, **NO_LANES})
    story.say("0001-s", {"sign/tcp": OK})
    for lane in LANES[1:]:
        story.say("0001-s", {f"{lane}/tcp": OK})
    [row] = story.incidents()
    assert (seen(row), row.loss) == (ALL_LANES, 1 / 8)
    assert "checkout: 1 of 8 lanes down (12% lost)" in [reason.text for reason in row.reasons]
    lines = [change.row for made in story.decisions for change in made.changes if change.table == "timeline"]
    shrinking = [line.text for line in lines if line.kind == "less lost"]
    assert shrinking[0] == "Checkout: 7 of 8 lanes down at 0001"
    assert shrinking[-1] == "Checkout: 1 of 8 lanes down at 0001: Switch"
    story.say("0001-s", ALL_WELL)
    story.wait(301)
    [row] = story.incidents()
    assert (row.state, seen(row), row.worst_priority) == ("resolved", ALL_LANES, 1)


def test_what_matters_less_and_stays_away_longer_does_not_take_the_title() -> None:
    story = told({**SIGN, **SWITCH, **NO_LANES})
    story.say("0001-s", {f"{lane}/tcp": OK for lane in LANES})
    assert [(row.loss, seen(row)) for row in story.incidents()] == [(1.0, ALL_LANES)]


def test_a_relapse_belongs_to_the_same_life_and_a_reopening_begins_another() -> None:
    story = told({**SWITCH, **NO_LANES})
    story.say("0001-s", ALL_WELL)
    story.wait(60)
    story.say("0001-s", {**SWITCH, "pos-01/tcp": CRITICAL})
    assert [(row.state, seen(row)) for row in story.incidents()] == [("open", ALL_LANES)]
    story.say("0001-s", ALL_WELL)
    story.wait(600)
    story.say("0001-s", {**SWITCH, "pos-01/tcp": CRITICAL})
    story.wait(10)
    [row] = story.incidents()
    assert (row.state, row.reopened) == ("open", 1)
    assert seen(row) == ("Checkout: 1 of 8 lanes down at 0001: Switch", "checkout", 1, 8, "lanes")


def test_a_person_who_reopens_begins_another_life_too() -> None:
    story = told({**SWITCH, **NO_LANES})
    story.say("0001-s", {f"{lane}/tcp": OK for lane in LANES[1:]})
    [row] = story.incidents()
    for name in ("resolve", "reopen"):
        story.tell(Command(at=story.now, id=name, actor="ann", name=name, incident=row.id, arguments={}))
    story.say("0001-s", {"sign/tcp": CRITICAL})
    story.say("0001-s", {"sign/tcp": OK})
    assert story.incidents()[0].affected.unit == "screens"


def test_a_part_that_comes_to_stand_alone_is_called_by_what_is_lost_then() -> None:
    tills = [till(1, lane) for lane in LANES]
    story = Story({"stores": [store(1)], "items": tills})
    story.say("0001-s", {f"{lane}/tcp": OK for lane in LANES})
    story.say("0001-s", NO_LANES)
    assert [row.parent is None for row in story.incidents()] == [True] + [False] * 7
    story.say("0001-s", {f"{lane}/tcp": OK for lane in LANES[:7]})
    alone = story.incidents()[-1]
    assert (alone.parent, seen(alone)) == (
        None,
        ("Checkout: 1 of 8 lanes down at 0001: pos-08", "checkout", 1, 8, "lanes"),
    )


def test_a_shared_ci_that_failed_and_then_was_slow_ends_as_one_that_failed() -> None:
    shop = {"id": "web-shop", "class": "web_shop", "provides": ["online_shopping"]}
    story = Story({"stores": chain()["stores"], "items": [shop]})
    for agent in ("0001-s", "0002-s", "0003-s"):
        story.say(agent, {"web-shop/http": CRITICAL})
    for agent in ("0001-s", "0002-s", "0003-s"):
        story.say(agent, {"web-shop/http": Status.WARNING})
    [row] = [row for row in story.incidents() if row.ci == "web-shop"]
    assert row.title == "Online shopping: web-shop failing, seen from 3 stores"
    assert row.reasons[-1].text.endswith("P2")
