"""What fails already, and of which one more check fails or is well again: no store is judged for that.

So nothing that a judgement would find may be missed by it, whatever else is so in the store.
"""

import random

import pytest

from contract.status import Status
from rules import engine
from rules.decision import Decision
from rules.entries import AgentHeard, AgentSilent, Snapshot
from tests.rules.estates import CRITICAL, OK, Story, chain

AGENT = "0001-s"
CHECKS = [f"{ci}/{name}" for ci in ("sw-01", "pos-01", "pos-02", "pos-03", "sign") for name in ("http", "icmp", "tcp")]
HOURS = [{}, {"mon-sun": "12:00-20:00"}, {"mon-sun": "06:00-23:00"}]  # open or closed throughout


def evidence(story: Story) -> list[str]:
    return [
        reason.text for row in story.incidents() for reason in row.reasons if reason.rule == "1 evidence" and row.home
    ]


def is_cheap(decision: Decision) -> bool:
    return {change.table for change in decision.changes} == {"checks"}


def one_move(story: Story, chance: random.Random) -> list[Decision]:
    drawn = chance.random()
    if drawn < 0.05:
        return story.tell(AgentSilent(at=story.now, agent=AGENT, since=story.now - 30))
    if drawn < 0.1:
        return story.tell(AgentHeard(at=story.now, agent=AGENT))
    if drawn < 0.15:
        return story.tell(Snapshot(at=story.now, agent=AGENT, beliefs=story.fleet.snapshot(AGENT)))
    story.wait(chance.choice([0.0, 1.0, 5.0, 20.0, 300.0]))
    status = chance.choice([OK, CRITICAL, CRITICAL, CRITICAL, Status.WARNING, Status.UNKNOWN])
    return story.say(AGENT, {chance.choice(CHECKS): status})


@pytest.mark.parametrize("seed", range(24))
def test_a_store_that_is_judged_once_more_is_judged_the_same(seed: int) -> None:
    chance = random.Random(seed)
    cmdb = chain(1)
    cmdb["stores"][0]["hours"] = chance.choice(HOURS)
    for item in cmdb["items"]:
        if item["id"].startswith("pos-"):
            item["expected"] = chance.choice(["always", "trading", "trading", "optional"])
    story, cheap = Story(cmdb), 0
    story.say(AGENT, dict.fromkeys(CHECKS, OK))
    for _ in range(60):
        cheap += sum(map(is_cheap, one_move(story, chance)))
        again = engine.step(story.state, engine.Due(at=story.now, key="store:0001"), story.now)
        assert again.changes == ()
    assert cheap


def test_the_evidence_is_what_was_said_first_as_long_as_it_is_so() -> None:
    story = Story(chain(1))
    story.say(AGENT, dict.fromkeys(CHECKS, OK))
    for check in ("pos-01/tcp", "pos-01/http", "pos-01/icmp"):
        story.wait(20)
        story.say(AGENT, {check: CRITICAL})
    story.wait(20)
    assert evidence(story) == ["pos-01 (0001/pos-01) is critical: pos-01/tcp is critical"]
    story.say(AGENT, {"pos-01/tcp": OK})
    assert evidence(story) == ["pos-01 (0001/pos-01) is critical: pos-01/http is critical"]
