"""What is watched of a store's services, and what is not, by name."""

from typing import Any

from rules.answers.coverage import StoreCoverage, coverage
from rules.entries import AgentHeard, AgentSilent
from tests.rules.estates import OK, START, Story, store, till


def shop(**more: Any) -> dict[str, Any]:
    acquirer = {"id": "acquirer-a", "class": "payment_gateway", "provides": ["card_payment"]}
    sign = {"id": "sign", "store": "0001", "class": "signage", "provides": ["promotions"]}
    switch = {"id": "sw-01", "store": "0001", "class": "network_switch"}
    planned = till(1, "pos-09", lifecycle="planned")
    return {
        "stores": [store(1), store(2)],
        "items": [till(1, "pos-01", **more), till(1, "pos-02"), sign, switch, planned, acquirer],
    }


def seen(story: Story, name: str = "0001") -> StoreCoverage:
    found = coverage(story.state, name, story.now)
    assert found is not None
    return found


def words(found: StoreCoverage) -> dict[str, str]:
    return {service.service: service.word for service in found.services}


def test_a_service_is_watched_when_all_its_live_members_are() -> None:
    story = Story(shop())
    story.say("0001-s", {"pos-01/tcp": OK, "pos-02/tcp": OK, "sign/http": OK, "sw-01/icmp": OK})
    found = seen(story)
    assert words(found) == {"checkout": "watched", "promotions": "watched"}
    assert not found.has_gaps
    checkout = found.services[0]
    assert [(one.ref, [watch.check for watch in one.watches]) for one in checkout.members] == [
        ("0001/pos-01", ["tcp"]),
        ("0001/pos-02", ["tcp"]),
    ]


def test_what_nothing_watches_has_its_name_and_a_service_without_a_watched_member_says_so() -> None:
    story = Story(shop())
    story.say("0001-s", {"pos-01/tcp": OK})
    found = seen(story)
    assert words(found) == {"checkout": "partly", "promotions": "unwatched"}
    assert [service.unwatched for service in found.services] == [("0001/pos-02",), ("0001/sign",)]
    assert found.unwatched == ("0001/sw-01",)
    assert found.has_gaps


def test_a_silent_agent_makes_it_stale_since_then_until_it_has_confirmed_what_it_said() -> None:
    story = Story(shop())
    story.say("0001-s", {"pos-01/tcp": OK, "pos-02/tcp": OK, "sign/http": OK, "sw-01/icmp": OK})
    story.tell(AgentSilent(at=START, agent="0001-s", since=START - 45))
    (checkout, _) = seen(story).services
    assert (checkout.word, checkout.stale) == ("stale", ("0001/pos-01", "0001/pos-02"))
    assert checkout.members[0].watches[0].stale_since == START - 45
    story.tell(AgentHeard(at=START, agent="0001-s"))
    assert seen(story).services[0].word == "stale"
    story.wait(31.0)
    assert seen(story).services[0].word == "watched"


def test_a_shared_ci_is_of_a_store_that_needs_it_or_asks_it_and_of_no_other() -> None:
    story = Story(shop(depends_on=["acquirer-a"]))
    assert words(seen(story))["card_payment"] == "unwatched"
    story.say("0001-s", {"acquirer-a/echo": OK})
    assert words(seen(story))["card_payment"] == "watched"
    assert words(seen(story, "0002")) == {}
    story.say("0002-s", {"acquirer-a/echo": OK})
    assert words(seen(story, "0002")) == {"card_payment": "watched"}


def test_an_unknown_store_has_none() -> None:
    assert coverage(Story(shop()).state, "0009", START) is None
