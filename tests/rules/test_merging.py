"""What a person said of two incidents holds against any evidence while both last."""

import random

import pytest

from contract.status import Status
from rules import rows
from rules.entries import Command, Tick
from rules.incident import Incident
from tests.rules.estates import CRITICAL, OK, Story, chain

CHECKS = ["sw-01/icmp", "pos-01/tcp", "pos-02/tcp", "pos-03/tcp", "pos-04/tcp", "sign/tcp"]


def command(story: Story, name: str, row: Incident, **arguments: str) -> list[str]:
    """The refusals."""
    id_ = f"{name}-{len(story.journal)}"
    made = story.tell(Command(at=story.now, id=id_, actor="ann", name=name, incident=row.id, arguments=dict(arguments)))
    return [reason.text for reason in made[-1].reasons if reason.rule == "command refused"]


def tossed(story: Story, chance: random.Random) -> None:
    agent, check = chance.choice(["0001-s", "0002-s"]), chance.choice(CHECKS)
    story.say(agent, {check: chance.choice([CRITICAL, CRITICAL, OK, Status.UNKNOWN])})
    story.wait(chance.choice([1.0, 7.0, 40.0]))


@pytest.mark.parametrize("seed", range(40))
def test_a_merge_holds_until_one_of_both_ends_whatever_fails(seed: int) -> None:
    chance, story = random.Random(seed), Story(chain(2))
    while len([row for row in story.incidents() if row.suppressed is None and row.state == "open"]) < 2:
        tossed(story, chance)
    older, younger = (row for row in story.incidents() if row.suppressed is None and row.state == "open")
    assert command(story, "merge", younger, other=older.id) == []
    held = 0
    for _ in range(60):
        tossed(story, chance)
        one, two = story.state.incidents.get(older.id), story.state.incidents.get(younger.id)
        if one is None or two is None or "resolved" in (one.state, two.state):
            break
        assert two.parent == one.id
        assert two.suppressed is not None
        assert two.suppressed.reason.startswith("merged into")
        assert one.priority <= two.priority or two.restored_at is not None
        held += 1
    assert held


@pytest.mark.parametrize("seed", range(40))
def test_what_was_taken_out_is_not_gathered_again_while_its_incident_lasts(seed: int) -> None:
    chance, story = random.Random(seed), Story(chain(2))
    story.say("0001-s", dict.fromkeys(CHECKS, CRITICAL))
    story.wait(6.0)
    switch = next(row for row in story.incidents() if row.ci == "0001/sw-01")
    assert "0001/pos-02" in switch.symptoms
    assert command(story, "split", switch, part="0001/pos-02") == []
    for _ in range(40):
        tossed(story, chance)
        one = story.state.incidents[switch.id]
        if one.state == "resolved":
            break
        assert "0001/pos-02" not in one.symptoms
        alone = [row for row in story.incidents() if row.ci == "0001/pos-02" and row.state != "resolved"]
        assert len(alone) <= 1
        assert all(row.parent != switch.id for row in alone)


def test_a_merge_survives_a_restart() -> None:
    story = Story(chain(1))
    story.say("0001-s", {"sign/tcp": CRITICAL})
    story.wait(60.0)
    story.say("0001-s", {"pos-01/tcp": CRITICAL})
    story.wait(60.0)
    older, younger = story.incidents()
    command(story, "merge", younger, other=older.id)
    story.state = rows.restore(rows.dump(story.state))
    story.say("0001-s", {"pos-01/icmp": CRITICAL})
    story.tell(Tick(at=story.now))
    assert story.state.incidents[younger.id].parent == older.id
