"""The counts behind a contrast are those that a search would find, whatever failed and recovered in whatever order."""

import random

from contract.status import Status
from rules.cause import contrast, joining
from rules.course.incident import Incident
from rules.draft import Draft, changed
from tests.rules.estates import CRITICAL, OK, START, Story, store, till

VERSIONS = ("8.2", "8.3", "8.4")


def story() -> Story:
    tills = [
        till(number, f"pos-0{lane}", attributes={"version": VERSIONS[(number + lane) % 3]})
        for number in range(1, 7)
        for lane in range(1, 4)
    ]
    return Story({"stores": [store(number) for number in range(1, 7)], "items": tills})


def test_the_counts_are_those_of_a_search_after_every_step() -> None:
    told, chance = story(), random.Random(3)
    for _ in range(200):
        number, lane = chance.randint(1, 6), chance.randint(1, 3)
        told.say(f"{number:04d}-s", {f"pos-0{lane}/tcp": chance.choice((CRITICAL, OK, Status.UNKNOWN))})
        told.wait(1)
        estate = told.state.estate
        failing = [estate.items[key] for key, row in told.state.items.items() if row.state is CRITICAL]
        for version in VERSIONS:
            share = f"version={version}"
            searched = sum(item.attributes["version"] == version for item in failing)
            assert told.state.failing["pos_terminal", share] == searched
        counted = Draft(told.state, told.now).failing("pos_terminal", [])
        assert counted == {"": len(failing)}


def test_of_the_stores_that_do_not_reach_a_shared_ci_it_tells_the_carrier() -> None:
    stores = [store(number, carrier="bt" if number <= 6 else "vm") for number in range(1, 31)]
    told = Story({"stores": stores, "items": [{"id": "acquirer-a", "class": "payment_gateway"}]})
    for number in range(1, 31):
        told.say(f"{number:04d}-s", {"acquirer-a/http": CRITICAL if number <= 6 else OK})
    told.wait(20)
    [said] = contrast.among_stores(Draft(told.state, told.now), "acquirer-a")
    assert said.text == "6 of 6 stores that do not reach it have carrier=bt; 0 of 24 others do"
    assert said in told.incidents()[0].reasons


def test_losses_may_share_the_changes_that_they_are_linked_to() -> None:
    told = story()
    told.say("0001-s", {"pos-01/tcp": CRITICAL})
    told.wait(10)
    row: Incident = changed(told.incidents()[0], changes=("chg-7",))
    assert joining.shares(Draft(told.state, START), row)[-1] == "change=chg-7"
