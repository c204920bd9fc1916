"""Many stores that lose their line together, and come back; and one that is gone while something becomes stable."""

import msgspec
import pytest

from contract.status import Status
from rules.cause import crowd
from rules.entries import AgentHeard, AgentSilent, PolicyLoaded, SeenBelief, Snapshot
from rules.given import policy
from tests.rules.estates import RETAIL, Story, chain, store

STORES, CUT = 2_000, 500
HOLD = policy.typed(RETAIL).evidence.vote_hold


def test_five_hundred_stores_that_lose_their_line_together_are_one_chain_incident_and_one_ticket() -> None:
    stores = [store(number) | {"carrier": "bt" if number <= 1_000 else "ee"} for number in range(1, STORES + 1)]
    story = Story({"stores": stores, "items": []})
    for number in range(1, STORES + 1):
        story.tell(AgentHeard(at=story.now, agent=f"{number:04d}-s"))
    for number in range(1, CUT + 1):
        story.wait(0.1)
        story.tell(AgentSilent(at=story.now, agent=f"{number:04d}-s", since=story.now - 45))
    story.wait(600)
    standing = [row for row in story.incidents() if row.suppressed is None]
    assert [(row.priority, row.ci, len(row.stores)) for row in standing] == [(1, "carrier=bt", CUT)]
    effects = [effect for decision in story.decisions for effect in decision.effects]
    ticketed = {effect.incident for effect in effects if effect.kind == "open_ticket"}
    assert len(ticketed) <= 1 + 10, "the chain's, and of the first one in a hundred, before they were a pattern"
    assert {effect.incident for effect in effects if effect.kind == "page"} <= ticketed


@pytest.mark.parametrize("cut", [30, crowd.MANY + 10])
def test_they_come_back_one_by_one_and_the_chain_incident_ends_once(cut: int) -> None:
    agents = [f"{number:04d}-s" for number in range(1, cut + 11)]
    story = Story({"stores": [store(number) for number in range(1, cut + 11)], "items": []})
    for agent in agents:
        story.tell(AgentHeard(at=story.now, agent=agent))
    for agent in agents[:cut]:
        story.tell(AgentSilent(at=story.now, agent=agent, since=story.now - 45))
    story.wait(60)
    for agent in agents[:cut]:
        story.wait(20)
        story.tell(AgentHeard(at=story.now, agent=agent))
    story.wait(600)
    chains = [row for row in story.incidents() if row.home == ""]
    assert [(row.state, row.reopened) for row in chains] == [("resolved", 0)]
    assert {row.state for row in story.incidents()} == {"resolved"}


def test_a_chain_incident_of_many_is_brought_up_to_date_together_and_leaves_out_nobody() -> None:
    """Each store that joins writes its own incident; the chain's thousands of stores are written once in a while."""
    cut = 3 * crowd.MANY
    story = Story({"stores": [store(number) for number in range(1, cut + 1)], "items": []})
    agents = [f"{number:04d}-s" for number in range(1, cut + 1)]
    for agent in agents:
        story.tell(AgentHeard(at=story.now, agent=agent))
    for agent in agents:
        story.tell(AgentSilent(at=story.now, agent=agent, since=story.now - 45))
    story.wait(60)
    (many,) = [row for row in story.incidents() if row.home == ""]
    assert len(many.stores) == cut
    written = [one for told in story.decisions for one in told.changes if one.key == many.id]
    assert len(written) < crowd.MANY + 20


def back_from_a_cut(stores: int) -> tuple[Story, list[str]]:
    """All of them were silent, and none of them reached the acquirer meanwhile."""
    story, agents = Story(chain(stores)), [f"{number:04d}-s" for number in range(1, stores + 1)]
    for agent in agents:
        story.say(agent, {"pos-01/tcp": Status.OK, "acquirer-a/http": Status.OK})
    story.wait(100)
    cut = story.now
    for agent in agents:
        story.tell(AgentSilent(at=cut + 45, agent=agent, since=cut))
    story.now = cut + 600
    for agent in agents:
        story.wait(0.1)
        story.tell(AgentHeard(at=story.now, agent=agent))
        said = {belief.check: belief for belief in story.fleet.snapshot(agent)}
        unreached = msgspec.structs.replace(said["acquirer-a/http"], state=Status.CRITICAL, since=cut + 20, seq=99)
        story.tell(Snapshot(at=story.now, agent=agent, beliefs=[said["pos-01/tcp"], unreached]))
    return story, agents


def of_the_acquirer(story: Story) -> list[tuple[str, int]]:
    rows = [change.row for one in story.decisions for change in one.changes if change.table == "incidents"]
    latest = {row.id: row for row in rows if row.category == "payment_gateway"}
    return [(row.cause, len(row.stores)) for row in latest.values()]


@pytest.mark.parametrize("stores", [6, crowd.MANY + 10])
def test_stores_that_come_back_and_reach_the_acquirer_at_once_have_no_incident_about_it(stores: int) -> None:
    story, agents = back_from_a_cut(stores)
    for agent in agents:
        belief = SeenBelief("acquirer-a/http", Status.OK, story.now, 1, 100, 15.0)
        story.tell(Snapshot(at=story.now, agent=agent, beliefs=[belief]))
    story.wait(3_600)
    assert of_the_acquirer(story) == []


@pytest.mark.parametrize("stores", [6, crowd.MANY + 10])
def test_what_they_do_not_reach_when_they_have_asked_anew_is_at_fault_for_all_of_them(stores: int) -> None:
    story, _ = back_from_a_cut(stores)
    story.wait(30 + HOLD)
    assert of_the_acquirer(story) == [("payment_gateway:acquirer-a", stores)]


def test_a_policy_that_calls_everything_stable_at_once_does_not_have_what_nobody_sees_looked_at_without_end() -> None:
    story = Story(chain(1))
    story.say("0001-s", {"pos-01/tcp": Status.OK, "pos-02/tcp": Status.OK})
    story.say("0001-s", {"pos-01/tcp": Status.CRITICAL})
    story.wait(120)
    story.say("0001-s", {"pos-01/tcp": Status.OK})
    story.tell(AgentSilent(at=story.now, agent="0001-s", since=story.now))
    hasty = policy.load("retail")
    hasty["ending"]["stable"] = "0s"
    story.tell(PolicyLoaded(at=story.now, name="hasty", document=hasty))
    told = len(story.decisions)
    story.wait(3_600)
    assert len(story.decisions) - told < 100
    (till,) = [row for row in story.incidents() if row.category == "pos_outage"]
    assert (till.state, till.restored_at is not None) == ("open", True)
