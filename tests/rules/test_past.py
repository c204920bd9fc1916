"""Rule 21: since when something may have been missed, and when the records of a check lead from then to now."""

import pytest

from contract.records import Stamp, Transition
from contract.status import Status
from rules.entries import AgentHeard, AgentSilent, Records, Snapshot
from rules.history.past import Told, is_contiguous
from rules.sight.belief import CheckState
from tests.rules.estates import CRITICAL, OK, START, Story, chain


def told(seq: int, was_seq: int, state: Status = CRITICAL) -> Told:
    return Told("0001-s", "pos-01/tcp", state, 0.0, 0.0, 1, seq, was_seq, 15.0)


def believed(seq: int) -> CheckState:
    return CheckState(OK, 0.0, 1, seq, 15.0, "")


@pytest.mark.parametrize(
    ("seed", "records", "now", "expected"),
    [
        (3, [(5, 3), (8, 5)], 8, True),
        (3, [(8, 5), (5, 3)], 8, True),  # they overtook each other
        (3, [(5, 3), (8, 5), (5, 3), (8, 5)], 8, True),  # a page came twice
        (3, [(2, 1), (5, 3)], 5, True),  # what was known already says nothing
        (3, [(8, 5)], 8, False),
        (3, [(5, 3)], 8, False),
        (3, [(5, 0)], 5, True),  # an agent that does not say what it followed
        (None, [(5, 3)], 5, True),
        (None, [], 5, True),
        (3, [], None, True),
    ],
)
def test_records_are_whole_when_each_follows_from_the_one_before(
    seed: int | None, records: list[tuple[int, int]], now: int | None, expected: bool
) -> None:
    first, last = (None if seq is None else believed(seq) for seq in (seed, now))
    assert is_contiguous(first, [told(*record) for record in records], last) is expected


@pytest.mark.parametrize(("learnt_since", "began"), [(True, START + 300), (False, START + 100)])
def test_a_past_begins_with_the_loss_of_the_line_unless_something_was_learnt_since(
    learnt_since: bool, began: float
) -> None:
    story = Story(chain(1))
    story.say("0001-s", {"pos-01/tcp": OK, "pos-02/tcp": OK})
    story.wait(100)
    story.tell(AgentSilent(at=story.now, agent="0001-s", since=story.now))
    story.wait(50)
    story.tell(AgentHeard(at=story.now, agent="0001-s"))
    story.tell(Snapshot(at=story.now, agent="0001-s", beliefs=story.fleet.snapshot("0001-s")))
    story.wait(100)
    if learnt_since:
        story.say("0001-s", {"pos-02/tcp": CRITICAL})
    story.wait(50)
    after_a_hole = Transition(
        seq=99,
        check="pos-01/tcp",
        before=OK,
        after=CRITICAL,
        started_at=story.now,
        decided=Stamp(story.now, "b", 0.0),
        was_seq=98,
    )
    story.tell(Records(at=story.now, agent="0001-s", generation=1, live=True, records=[after_a_hole]))
    assert story.state.pasts["0001"].began == began
