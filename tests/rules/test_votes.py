"""Rule 13: which votes count, and from when; and what ends a fault."""

import msgspec
import pytest

from contract.status import Status
from rules.cause import crowd
from rules.draft import Draft
from rules.entries import AgentHeard, AgentSilent, Command, Snapshot
from rules.given import policy
from rules.sight import lines
from tests.rules.estates import CRITICAL, OK, RETAIL, Story, chain, store

POLICY = policy.typed(RETAIL)
ACQUIRER = "payment_gateway:acquirer-a"


def say(story: Story, state: Status, stores: range) -> None:
    for number in stores:
        story.say(f"{number:04d}-s", {"acquirer-a/http": state})


@pytest.mark.parametrize(
    ("stores", "failing", "silent", "over"),
    [
        (6, 4, 3, False),  # were they heard, three of six would still say that it fails
        (6, 4, 2, True),
        (16, 4, 3, True),  # three of sixteen are less than the fifth that it takes
        (3, 3, 2, True),
        (15, 4, 3, False),  # and of fifteen they are that fifth
    ],
)
def test_a_fault_is_over_when_the_silent_would_be_too_few(stores: int, failing: int, silent: int, over: bool) -> None:
    """Of those that failed all that are heard see it well again."""
    story = Story(chain(stores))
    say(story, OK, range(1, stores + 1))
    story.wait(1_000)
    say(story, CRITICAL, range(1, failing + 1))
    for number in range(1, silent + 1):
        story.tell(AgentSilent(at=story.now, agent=f"{number:04d}-s", since=story.now))
    say(story, OK, range(silent + 1, failing + 1))
    story.wait(3_600)
    (fault,) = [row for row in story.incidents() if row.cause == ACQUIRER]
    assert (fault.state == "resolved") is over


def unreached(story: Story, agent: str, since: float) -> None:
    """It is back, and has not reached the acquirer since then."""
    story.tell(AgentHeard(at=story.now, agent=agent))
    (belief,) = [one for one in story.fleet.snapshot(agent) if one.check == "acquirer-a/http"]
    missed = msgspec.structs.replace(belief, state=CRITICAL, since=since, seq=belief.seq + 1)
    story.tell(Snapshot(at=story.now, agent=agent, beliefs=[missed]))


def silenced(stores: int) -> tuple[Story, float]:
    story = Story(chain(stores))
    say(story, OK, range(1, stores + 1))
    story.wait(1_000)
    for number in range(1, stores + 1):
        story.tell(AgentSilent(at=story.now, agent=f"{number:04d}-s", since=story.now))
    return story, story.now


def test_the_first_three_that_have_asked_anew_are_not_kept_waiting_by_who_came_later() -> None:
    story, cut = silenced(6)
    story.now += 600
    for number in range(1, 5):
        story.wait(1 if number < 4 else 20)
        unreached(story, f"{number:04d}-s", cut + 1)
    story.wait(12)
    assert [row.stores for row in story.incidents() if row.cause == ACQUIRER] == [("0001", "0002", "0003")]


def test_so_few_votes_wait_for_others_from_when_the_last_of_them_came() -> None:
    story, cut = silenced(6)
    story.now += 600
    unreached(story, "0001-s", cut + 1)
    story.wait(120)
    unreached(story, "0002-s", cut + 1)
    story.wait(POLICY.ending.stand_alone - 1)
    assert ACQUIRER not in [row.cause for row in story.incidents()]
    story.wait(1)
    assert ACQUIRER in [row.cause for row in story.incidents()]


def two_agents() -> Story:
    """One asks the acquirer, the other a till; both are silent from 1,000 s on."""
    story = Story({"stores": [store(1, agents=["0001-s", "0001-p"])], "items": chain(1)["items"]})
    story.say("0001-s", {"acquirer-a/http": OK})
    story.say("0001-p", {"pos-01/tcp": OK})
    story.wait(1_000)
    return story


def counts_from(story: Story, since: float) -> float | None:
    return lines.counts_from(Draft(story.state, story.now), "acquirer-a", "0001", since)


def test_what_was_not_reached_in_a_silence_counts_two_intervals_after_who_asks_is_heard() -> None:
    story = two_agents()
    cut = story.now
    for agent in ("0001-s", "0001-p"):
        story.tell(AgentSilent(at=story.now, agent=agent, since=cut))
    story.wait(100)
    story.tell(AgentHeard(at=story.now, agent="0001-s"))
    heard = story.now
    assert counts_from(story, cut) == heard + 30, "the other is silent still, so the line was away for both"
    assert counts_from(story, cut - 0.1) is None
    story.wait(100)
    story.tell(AgentHeard(at=story.now, agent="0001-p"))
    assert counts_from(story, cut) == heard + 30
    assert counts_from(story, heard) is None
    assert counts_from(story, heard - 0.1) == heard + 30


@pytest.mark.parametrize("silent", ["0001-s", "0001-p"])
def test_a_line_over_which_one_agent_is_heard_was_not_away(silent: str) -> None:
    story = two_agents()
    cut = story.now
    story.tell(AgentSilent(at=story.now, agent=silent, since=cut))
    story.wait(100)
    story.tell(AgentHeard(at=story.now, agent=silent))
    assert counts_from(story, cut + 1) is None


def test_votes_of_many_that_do_not_count_are_not_looked_at_without_end() -> None:
    """Maintenance of a region's stores: they do not reach the acquirer for hours, and nothing else happens."""
    many = crowd.MANY + 10
    story = Story(chain(many))
    say(story, OK, range(1, many + 1))
    window = {"stores": [f"{number:04d}" for number in range(1, many + 1)], "minutes": 600, "reason": "work"}
    story.tell(Command(at=story.now, id="1", actor="ann", name="add_maintenance", arguments=window))
    story.wait(1_000)
    say(story, CRITICAL, range(1, many + 1))
    story.wait(60)
    told = len(story.decisions)
    story.wait(3_600)
    assert len(story.decisions) - told < 20
