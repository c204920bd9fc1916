"""Rule 5: what ends a silence, and what does not."""

from rules.entries import AgentHeard, AgentSilent, Snapshot
from rules.given import policy
from tests.rules.estates import CRITICAL, OK, RETAIL, Story, store, till

SETTLE = policy.typed(RETAIL).evidence.settle


def two_agents() -> Story:
    return Story({"stores": [store(1, agents=["0001-s", "0001-p"])], "items": [till(1)]})


def unresolved(story: Story) -> list[str]:
    return [row.category for row in story.incidents() if row.state != "resolved" and row.restored_at is None]


def test_who_falls_silent_again_before_it_has_settled_stays_silent() -> None:
    story = Story({"stores": [store(1)], "items": [till(1)]})
    story.say("0001-s", {"pos-01/tcp": OK})
    story.wait(100)
    story.tell(AgentSilent(at=story.now, agent="0001-s", since=story.now))
    story.wait(600)
    story.tell(AgentHeard(at=story.now, agent="0001-s"))
    story.wait(SETTLE - 1)
    story.tell(AgentSilent(at=story.now, agent="0001-s", since=story.now))
    story.wait(3_600)
    assert unresolved(story) == ["store_unreachable"]


def test_a_store_is_reached_again_by_an_agent_that_was_never_heard_before_and_has_nothing_to_say() -> None:
    story = two_agents()
    story.say("0001-s", {"pos-01/tcp": OK})
    story.wait(100)
    story.tell(AgentSilent(at=story.now, agent="0001-s", since=story.now))
    story.wait(600)
    assert unresolved(story) == ["store_unreachable"]
    story.tell(Snapshot(at=story.now, agent="0001-p", beliefs=[]))
    story.wait(600)
    assert unresolved(story) == ["agent_silent"]


def test_what_the_silent_agent_said_is_held_until_it_has_settled() -> None:
    story = Story({"stores": [store(1)], "items": [till(1)]})
    story.say("0001-s", {"pos-01/tcp": CRITICAL})
    story.wait(100)
    story.tell(AgentSilent(at=story.now, agent="0001-s", since=story.now))
    story.wait(600)
    story.tell(AgentHeard(at=story.now, agent="0001-s"))
    story.fleet.transitions("0001-s", {"pos-01/tcp": OK}, story.now)
    story.wait(SETTLE - 1)
    assert [row.restored_at for row in story.incidents() if row.ci == "0001/pos-01"] == [None]
    story.tell(Snapshot(at=story.now, agent="0001-s", beliefs=story.fleet.snapshot("0001-s")))
    story.wait(600)
    assert unresolved(story) == []
