"""Many stores that lose their line together, and come back; and one that is gone while something becomes stable."""

from contract.status import Status
from rules.entries import AgentHeard, AgentSilent, PolicyLoaded
from rules.given import policy
from tests.rules.estates import Story, chain, store

STORES, CUT = 2_000, 500


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


def test_they_come_back_one_by_one_and_the_chain_incident_ends_once() -> None:
    story = Story({"stores": [store(number) for number in range(1, 41)], "items": []})
    agents = [f"{number:04d}-s" for number in range(1, 41)]
    for agent in agents:
        story.tell(AgentHeard(at=story.now, agent=agent))
    for agent in agents[:30]:
        story.tell(AgentSilent(at=story.now, agent=agent, since=story.now - 45))
    story.wait(60)
    for agent in agents[:30]:
        story.wait(20)
        story.tell(AgentHeard(at=story.now, agent=agent))
    story.wait(600)
    chains = [row for row in story.incidents() if row.home == ""]
    assert [(row.state, row.reopened) for row in chains] == [("resolved", 0)]
    assert {row.state for row in story.incidents()} == {"resolved"}


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
