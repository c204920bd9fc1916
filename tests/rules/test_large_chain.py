"""What must hold at the size of a very large chain."""

import sys

import pytest

from contract.status import Status
from rules import engine
from rules.decision import Decision
from rules.entries import Command, SeenBelief, Snapshot
from rules.sight.belief import CheckState
from tests.rules.estates import CRITICAL, OK, START, Story, store, till

STORES = 10_000


@pytest.fixture(scope="module")
def ten_thousand() -> Story:
    lanes = [f"pos-0{lane}" for lane in range(1, 9)]
    stores = [store(number) for number in range(1, STORES + 1)]
    # Only the stores that the tests hear of need their items; the others count as stores that share a region.
    items = [till(number, lane) for number in range(1, 301) for lane in lanes]
    return Story({"stores": stores, "items": items})


def test_three_dead_tills_in_three_of_ten_thousand_stores_are_three_p3(ten_thousand: Story) -> None:
    for number in (1, 2, 3):
        ten_thousand.say(f"{number:04d}-s", {"pos-01/tcp": CRITICAL})
    ten_thousand.wait(60)
    found = [(row.ci, row.priority, row.parent) for row in ten_thousand.incidents()]
    assert found == [("0001/pos-01", 3, None), ("0002/pos-01", 3, None), ("0003/pos-01", 3, None)]


def test_three_stores_without_a_till_are_no_chain_incident_among_ten_thousand_but_a_hundred_are(
    ten_thousand: Story,
) -> None:
    ten_thousand.wait(86_400)
    gone = {f"pos-0{lane}/tcp": CRITICAL for lane in range(1, 9)}
    for number in range(201, 204):
        ten_thousand.say(f"{number:04d}-s", gone)
    assert [row for row in ten_thousand.incidents() if row.cause.startswith("chain")] == []
    for number in range(204, 301):
        ten_thousand.say(f"{number:04d}-s", gone)
    chains = [row for row in ten_thousand.incidents() if row.cause.startswith("chain")]
    assert [(row.priority, len(row.stores)) for row in chains] == [(1, 100)]
    assert set(chains[0].stores) == {f"{number:04d}" for number in range(201, 301)}


def test_paths_to_a_shared_ci_are_counted_by_its_votes_and_never_as_a_chain_besides() -> None:
    shared = {"id": "acquirer-a", "class": "payment_gateway", "provides": ["card_payment"]}
    story = Story({"stores": [store(number) for number in range(1, 21)], "items": [shared]})
    for number in range(1, 21):
        story.say(f"{number:04d}-s", {"acquirer-a/http": OK})
    for number in (1, 2, 3):
        story.say(f"{number:04d}-s", {"acquirer-a/http": CRITICAL})
        story.wait(20)
    assert [row.ci for row in story.incidents()] == ["0001", "0002", "0003"]
    story.say("0004-s", {"acquirer-a/http": CRITICAL})
    assert [(row.ci, row.priority, len(row.stores)) for row in story.incidents()] == [("acquirer-a", 1, 4)]


def test_a_step_looks_at_one_store_however_many_there_are(ten_thousand: Story) -> None:
    """Counted, not timed: the rows that a transition changes do not grow with the chain."""
    made = ten_thousand.say("0100-s", {"pos-01/tcp": CRITICAL})
    assert {
        change.key.partition("/")[0] for decision in made for change in decision.changes if change.table == "items"
    } == {"0100"}
    assert sum(len(decision.changes) for decision in made) < 20


def test_a_fault_that_is_located_late_has_its_stores_judged_a_few_a_step() -> None:
    """Counted, not timed: the step that finds the acquirer at fault leaves most of its stores to deadlines."""
    shared = {"id": "acquirer-a", "class": "payment_gateway", "provides": ["card_payment"]}
    story = Story({"stores": [store(number) for number in range(1, 1_001)], "items": [shared]})
    for number in range(1, 1_001):
        story.say(f"{number:04d}-s", {"acquirer-a/http": OK})
    for number in range(1, 200):
        story.say(f"{number:04d}-s", {"acquirer-a/http": CRITICAL})
    story.wait(60)
    assert len({row.home for row in story.incidents()}) == 199
    first = len(story.decisions)
    story.say("0200-s", {"acquirer-a/http": CRITICAL})
    [of_the_event] = story.decisions[first:]
    assert judged(of_the_event) == engine.BATCH - 2  # the event's store has no incident; one became the acquirer's
    assert [row.ci for row in story.incidents() if row.home == ""] == ["acquirer-a"]
    story.wait(engine.APART * 4)
    steps = story.decisions[first:]
    assert max(map(judged, steps)) <= engine.BATCH
    assert [(row.ci, row.state, len(row.stores)) for row in story.incidents()] == [("acquirer-a", "open", 200)]


def judged(decision: Decision) -> int:
    """Of how many stores a step changed incidents."""
    rows = [change.row for change in decision.changes if change.table == "incidents"]
    return len({row.home for row in rows if row.home})


def test_what_the_end_of_a_fault_concerns_is_judged_in_batches_too() -> None:
    shared = {"id": "acquirer-a", "class": "payment_gateway", "provides": ["card_payment"]}
    story = Story({"stores": [store(number) for number in range(1, 201)], "items": [shared]})
    for status in (CRITICAL, OK):
        for number in range(1, 201):
            story.say(f"{number:04d}-s", {"acquirer-a/http": status})
        story.wait(30)
    [fault] = story.incidents()
    first = len(story.decisions)
    story.tell(Command(at=story.now, id="c", actor="ann", name="resolve", incident=fault.id, arguments={}))
    waiting = [key for key in story.state.deadlines if key.startswith("store:")]
    assert len(waiting) == 200 - engine.BATCH
    assert len({story.state.deadlines[key] for key in waiting}) == 3
    story.wait(engine.APART * 4)
    assert [key for key in story.state.deadlines if key.startswith("store:")] == []
    assert len(story.decisions) - first == 200 - engine.BATCH + 2


def test_a_check_that_is_believed_takes_at_most_160_bytes() -> None:
    story = Story({"stores": [store(number) for number in range(1, 101)], "items": []})
    names = [f"pos-{lane:02d}/{kind}" for lane in range(1, 31) for kind in ("tcp", "icmp")]
    for number in range(1, 101):
        beliefs = [SeenBelief(name, OK, START - at, 1, 300 + at, 15.0) for at, name in enumerate(names)]
        story.tell(Snapshot(at=START, agent=f"{number:04d}-s", beliefs=beliefs))
    total = 0
    for checks in story.state.checks.values():
        assert all(key is sys.intern(key) for key in checks)
        total += sys.getsizeof(checks) + sum(size_of(row) for row in checks.values())
    assert total / 6_000 <= 160


def size_of(row: CheckState) -> int:
    """The row and what only it refers to; statuses, intervals and empty texts are shared."""
    return sys.getsizeof(row) + sys.getsizeof(row.since) + sys.getsizeof(row.seq)


def test_statuses_are_shared_and_not_made_anew() -> None:
    assert Status(2) is CRITICAL
