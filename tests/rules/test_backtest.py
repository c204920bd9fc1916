"""The same facts by another policy: what differs is told, and what people did is about the same thing or an orphan."""

import copy
from typing import Any

import pytest

from rules import rows
from rules.entries import Command, PolicyLoaded, TicketLinked
from rules.rehearsal.backtest import Backtest, Comparison
from rules.state import State
from tests.rules.estates import CRITICAL, OK, RETAIL, Story, chain
from tests.rules.test_invariants import walk


def with_changes(**sections: dict[str, Any]) -> dict[str, Any]:
    document = copy.deepcopy(RETAIL)
    for name, changes in sections.items():
        document[name] |= changes
    return document


def compared(story: Story, document: dict[str, Any]) -> Comparison:
    backtest = Backtest(State.empty(), State.empty(), document)
    for entry in story.journal:
        backtest.tell(entry)
    return backtest.comparison()


def a_till_dies() -> Story:
    """It is acknowledged, gets its ticket, and is well again after ten minutes."""
    story = Story(chain())
    story.say("0001-s", {"pos-01/tcp": OK, "sw-01/icmp": OK, "sign/tcp": OK})
    story.wait(20)
    story.say("0001-s", {"pos-01/tcp": CRITICAL, "sign/tcp": CRITICAL})
    story.wait(30)
    (till,) = [row for row in story.incidents() if row.ci == "0001/pos-01"]
    story.tell(Command(at=story.now, id="1", actor="ann", name="acknowledge", incident=till.id))
    story.tell(TicketLinked(at=story.now, incident=till.id, system="desk", ticket="7"))
    story.wait(570)
    story.say("0001-s", {"pos-01/tcp": OK, "sign/tcp": OK})
    story.wait(600)
    return story


@pytest.mark.parametrize("seed", range(4))
def test_the_same_policy_differs_in_nothing(seed: int) -> None:
    found = compared(walk(seed, 100), RETAIL)
    assert found.recorded == found.other
    assert (found.unlike, found.orphans) == ([], [])
    assert found.recorded.incidents > 0


def test_the_numbers_are_those_of_the_day() -> None:
    found = compared(a_till_dies(), RETAIL).recorded
    assert (found.incidents, found.p1, found.p2, found.p3, found.tickets) == (2, 0, 0, 2, 2)
    assert found.minutes_p3 == pytest.approx(20.0)
    assert 0 < found.minutes_told < 1


def test_another_number_gives_another_priority_and_both_are_told() -> None:
    stricter = with_changes()
    stricter["loss"] = [{"lost": 0.2, "priority": "P1"}, {"lost": 0.0, "priority": "P3"}]
    found = compared(a_till_dies(), stricter)
    assert (found.other.p1, found.other.p3, found.orphans) == (1, 1, [])
    assert [(one.ci, one.text) for one in found.unlike] == [("0001/pos-01", "priority P3 → P1")]


def test_what_a_person_did_is_done_to_the_same_cause_under_another_category() -> None:
    other = with_changes()
    other["categorise"] = [{"class": "pos_terminal", "category": "host"}, *other["categorise"]]
    found = compared(a_till_dies(), other)
    assert found.orphans == []
    texts = {one.ci: one.text for one in found.unlike}
    assert texts == {"0001/pos-01": "category pos_outage → host"}


def test_what_a_person_did_to_what_is_not_there_is_an_orphan() -> None:
    held = with_changes(evidence={"hold": "60s"})
    found = compared(a_till_dies(), held)
    assert [(one.what, one.actor, one.cause) for one in found.orphans] == [
        ("acknowledge", "ann", "pos_outage:0001/pos-01"),
        ("ticket desk 7", "", "pos_outage:0001/pos-01"),
    ]
    assert any("actionable" in one.text for one in found.unlike)


def test_a_day_that_begins_with_what_was_known_is_judged_by_the_other_policy_from_its_first_entry() -> None:
    story = Story(chain())
    begun = rows.dump(story.state)
    stricter = with_changes()
    stricter["loss"] = [{"lost": 0.2, "priority": "P1"}, {"lost": 0.0, "priority": "P3"}]
    backtest = Backtest(rows.restore(begun), rows.restore(begun), stricter)
    for entry in a_till_dies().journal[3:]:
        backtest.tell(entry)
    found = backtest.comparison()
    assert (found.recorded.p1, found.other.p1) == (0, 1)


def test_a_policy_that_was_changed_on_the_day_is_left_out() -> None:
    story = a_till_dies()
    cmdb, loaded, *rest = story.journal
    lasting = PolicyLoaded(at=rest[0].at, name="lasting", document=with_changes(ending={"stable": "2h"}))
    story.journal = [cmdb, loaded, lasting, *rest]
    found = compared(story, RETAIL)
    assert {one.text for one in found.unlike} == {"state open → resolved"}
