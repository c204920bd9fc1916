"""What a person said of two incidents holds against any evidence while both last."""

import random

import pytest

from contract.status import Status
from rules import rows
from rules.course.incident import Incident
from rules.entries import Command, Tick
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


def test_a_chain_incident_gathers_by_itself_and_is_not_merged_into_an_older_one() -> None:
    story = Story(chain(4))
    story.say("0004-s", {"sign/tcp": CRITICAL})
    for number in (1, 2, 3):
        story.say(f"000{number}-s", {f"pos-0{lane}/tcp": CRITICAL for lane in range(1, 5)} | {"sw-01/icmp": OK})
    story.wait(10.0)
    oldest = story.incidents()[0]
    whole = next(row for row in story.incidents() if row.cause.startswith("chain:"))
    part = next(row for row in story.incidents() if row.parent == whole.id)
    assert "gathers others by itself" in command(story, "merge", oldest, other=whole.id)[0]
    assert command(story, "merge", part, other=whole.id)
    assert command(story, "merge", oldest, other="nobody")


def test_what_a_part_was_merged_into_cannot_become_its_part() -> None:
    """The switch fails above what was merged into the sign: the engine must not close a circle."""
    story = Story(chain(1))
    story.say("0001-s", {"sw-01/icmp": OK, "pos-01/tcp": CRITICAL})
    story.wait(60.0)
    story.say("0001-s", {"pos-02/tcp": CRITICAL})
    story.wait(60.0)
    older, younger = story.incidents()
    assert command(story, "merge", older, other=younger.id) == []
    story.say("0001-s", {"pos-03/tcp": CRITICAL, "pos-04/tcp": CRITICAL, "sw-01/icmp": CRITICAL})
    story.wait(600.0)
    for row in story.incidents():
        assert row.parent != row.id
        assert row.parent is None or story.state.incidents[row.parent].parent != row.id


def test_what_was_merged_is_its_own_again_when_it_fails_after_both_were_over() -> None:
    story = Story(chain(1))
    story.say("0001-s", {"sign/tcp": CRITICAL})
    story.wait(60.0)
    story.say("0001-s", {"pos-01/tcp": CRITICAL})
    story.wait(60.0)
    older, younger = story.incidents()
    command(story, "merge", older, other=younger.id)
    story.say("0001-s", {"pos-01/tcp": OK})
    story.wait(400.0)
    story.say("0001-s", {"pos-01/tcp": CRITICAL})
    story.wait(901.0)  # a till that healed by itself is given the time to (rule 27)
    again = story.state.incidents[younger.id]
    assert (again.state, again.parent, again.merged, again.suppressed) == ("open", None, None, None)
    assert story.state.incidents[older.id].state == "open"


def test_what_was_taken_out_is_a_symptom_again_when_its_incident_comes_back() -> None:
    story = Story(chain(1))
    story.say("0001-s", dict.fromkeys(CHECKS, CRITICAL))
    story.wait(6.0)
    switch = next(row for row in story.incidents() if row.ci == "0001/sw-01")
    command(story, "split", switch, part="0001/pos-02")
    story.say("0001-s", dict.fromkeys(CHECKS, OK))
    story.wait(400.0)
    story.say("0001-s", dict.fromkeys(CHECKS, CRITICAL))
    story.wait(6.0)
    again = story.state.incidents[switch.id]
    assert (again.state, again.apart) == ("open", ())
    assert "0001/pos-02" in again.symptoms
