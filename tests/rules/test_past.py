"""Rule 21: since when something may have been missed, and when the records of a check lead from then to now."""

import pytest

from contract.records import Stamp, Transition
from contract.status import Status
from rules.entries import AgentHeard, AgentSilent, Records, SeenBelief, Snapshot, Tick
from rules.given import policy
from rules.history.past import Told, is_contiguous
from rules.history.recall import MOST_TOLD
from rules.sight.belief import CheckState
from tests.rules.estates import CRITICAL, OK, RETAIL, START, Story, chain
from tests.rules.lines import Turn, log_of, one_store, perfect

HOLD = policy.typed(RETAIL).evidence.hold


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


def test_a_past_that_is_told_in_part_goes_on_from_the_last_record_that_was_told() -> None:
    story = Story(one_store())
    turns = [Turn(START + 10 * at, "pos-01/tcp", OK if at % 2 else CRITICAL) for at in range(1, MOST_TOLD + 50)]
    log = log_of([*turns, Turn(START + 4_000, "pos-01/tcp", OK), Turn(START + 4_000, "sign/tcp", CRITICAL)])
    perfect(story, log[:1])
    story.now = START + 5_000
    page = log[1:-2]
    story.say_backlog(page)
    story.tell(Tick(at=story.now))
    assert story.state.pasts["0001"].began == page[-1].decided.wall


@pytest.mark.parametrize(("recovered_before", "waits"), [(0.0, True), (0.5, False)])
def test_what_recovered_once_the_line_was_lost_may_have_explained_what_still_fails(
    recovered_before: float, waits: bool
) -> None:
    """A switch of which nobody heard that it failed; what recovered while the line stood would have been heard of."""
    story = Story(one_store())
    story.say("0001-s", {"sw-01/icmp": OK, "pos-01/tcp": OK})
    story.wait(100)
    cut = story.now
    story.tell(AgentSilent(at=cut + 45, agent="0001-s", since=cut))
    story.now = cut + 60
    story.tell(AgentHeard(at=story.now, agent="0001-s"))
    beliefs = [
        SeenBelief("sw-01/icmp", OK, cut - recovered_before, 1, 4, 15.0),
        SeenBelief("pos-01/tcp", CRITICAL, cut - 4, 1, 5, 15.0),
    ]
    story.tell(Snapshot(at=story.now, agent="0001-s", beliefs=beliefs))
    story.wait(HOLD + 1)
    tills = [row.ci for row in story.incidents() if row.category == "pos_outage"]
    assert tills == ([] if waits else ["0001/pos-01"])
