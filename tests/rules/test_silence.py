"""Rule 5: what ends a silence, and what does not."""

from contract.status import Status
from rules.entries import AgentHeard, AgentSilent, Snapshot
from rules.given import policy
from tests.rules.estates import CRITICAL, OK, RETAIL, Story, store, till

SETTLE = policy.typed(RETAIL).evidence.settle


def silent(till_is: Status = OK, *others: str) -> Story:
    """A store whose one agent that was ever heard has been silent for ten minutes; `others` are never heard."""
    story = Story({"stores": [store(1, agents=["0001-s", *others])], "items": [till(1)]})
    story.say("0001-s", {"pos-01/tcp": till_is})
    story.wait(100)
    story.tell(AgentSilent(at=story.now, agent="0001-s", since=story.now))
    story.wait(600)
    return story


def unresolved(story: Story) -> list[str]:
    return [row.category for row in story.incidents() if row.state != "resolved" and row.restored_at is None]


def test_who_falls_silent_again_before_it_has_settled_stays_silent() -> None:
    story = silent()
    story.tell(AgentHeard(at=story.now, agent="0001-s"))
    story.wait(SETTLE - 1)
    story.tell(AgentSilent(at=story.now, agent="0001-s", since=story.now))
    story.wait(3_600)
    assert unresolved(story) == ["store_unreachable"]


def test_a_store_is_reached_again_by_an_agent_that_was_never_heard_before_and_has_nothing_to_say() -> None:
    story = silent(OK, "0001-p")
    assert unresolved(story) == ["store_unreachable"]
    story.tell(Snapshot(at=story.now, agent="0001-p", beliefs=[]))
    story.wait(600)
    assert unresolved(story) == ["agent_silent"]


def test_what_the_silent_agent_said_is_held_until_it_has_settled() -> None:
    story = silent(CRITICAL)
    story.tell(AgentHeard(at=story.now, agent="0001-s"))
    story.fleet.transitions("0001-s", {"pos-01/tcp": OK}, story.now)
    story.wait(SETTLE - 1)
    assert [row.restored_at for row in story.incidents() if row.ci == "0001/pos-01"] == [None]
    story.tell(Snapshot(at=story.now, agent="0001-s", beliefs=story.fleet.snapshot("0001-s")))
    story.wait(600)
    assert unresolved(story) == []


def test_an_announced_silence_was_learnt_when_it_began_to_be_heard_of() -> None:
    story = Story({"stores": [store(1)], "items": [till(1)]})
    story.tell(AgentHeard(at=story.now, agent="0001-s"))
    story.wait(100)
    said = story.now
    story.tell(AgentSilent(at=said, agent="0001-s", since=said - 10, announced="stop"))
    story.wait(3_600)
    (row,) = story.incidents()
    assert (row.category, row.started_at, row.learnt_at) == ("store_unreachable", said - 10, said)
