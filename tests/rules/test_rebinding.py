"""What a person said a thing is holds until the CMDB knows better, across restarts and a missed past."""

from typing import Any

import pytest

from rules import rows
from rules.course.incident import Incident
from rules.entries import AgentHeard, AgentSilent, CmdbLoaded, Command, Snapshot
from tests.rules.estates import CRITICAL, OK, Story, store, till

ACQUIRER = {"id": "acquirer-a", "class": "payment_gateway", "provides": ["card_payment"]}


def cmdb(*more: dict[str, Any]) -> dict[str, Any]:
    return {"stores": [store(1), store(2)], "items": [till(1), till(1, "pos-02"), ACQUIRER, *more]}


def told(story: Story, name: str, row: Incident, **arguments: str) -> list[str]:
    """The refusals."""
    id_ = f"{name}-{len(story.journal)}"
    made = story.tell(Command(at=story.now, id=id_, actor="ann", name=name, incident=row.id, arguments=arguments))
    return [reason.text for reason in made[-1].reasons if reason.rule == "command refused"]


def unknown_till() -> tuple[Story, Incident]:
    """A till that agents call pos-99, which the CMDB does not have, fails; its incident."""
    story = Story(cmdb())
    story.say("0001-s", {"pos-99/tcp": CRITICAL})
    (row,) = story.incidents()
    assert row.category == "unknown_ci"
    return story, row


def categories(story: Story) -> list[tuple[str, str, str]]:
    return [(row.ci, row.category, row.state) for row in story.incidents()]


def test_the_cmdb_is_the_authority_once_it_has_the_name_itself() -> None:
    story, row = unknown_till()
    assert told(story, "rebind", row, ci="0001/pos-01") == []
    assert categories(story) == [("0001/pos-01", "pos_outage", "open")]
    story.wait(60.0)
    story.tell(CmdbLoaded(at=story.now, document=cmdb(till(1, "pos-99", **{"class": "signage", "provides": []}))))
    story.wait(301.0)
    assert ("0001/pos-99", "signage", "open") in categories(story)
    assert "unobserved" in story.state.incidents[row.id].flags  # nothing measures the till that it was thought to be


def test_a_target_that_the_cmdb_has_no_more_binds_nothing() -> None:
    story, row = unknown_till()
    told(story, "rebind", row, ci="0001/pos-02")
    document = cmdb()
    document["items"] = [item for item in document["items"] if item["id"] != "pos-02"]
    story.tell(CmdbLoaded(at=story.now, document=document))
    story.wait(1.0)
    assert ("0001", "unknown_ci", "open") in categories(story)


def test_what_the_target_had_before_is_closed_and_the_cause_goes_on_once() -> None:
    story = Story(cmdb())
    story.say("0001-s", {"pos-01/tcp": CRITICAL})
    story.say("0001-s", {"pos-01/tcp": OK})
    story.wait(400.0)
    story.say("0001-s", {"pos-99/tcp": CRITICAL})
    before, row = story.incidents()
    assert before.state == "resolved"
    assert told(story, "rebind", row, ci="0001/pos-01") == []
    assert [one.id for one in story.incidents()] == [row.id]


def test_it_can_be_a_shared_ci_seen_from_the_store() -> None:
    story, row = unknown_till()
    assert told(story, "rebind", row, ci="acquirer-a") == []
    assert story.state.items["acquirer-a@0001"].state is CRITICAL
    story.wait(20.0)
    assert {one.category for one in story.incidents() if one.state == "open"} == {"payment_gateway"}
    assert len([one for one in story.incidents() if one.state == "open"]) == 1


def test_it_is_remembered_across_a_restart() -> None:
    story, row = unknown_till()
    told(story, "rebind", row, ci="0001/pos-01")
    story.state = rows.restore(rows.dump(story.state))
    story.say("0001-s", {"pos-99/icmp": CRITICAL})
    assert categories(story) == [("0001/pos-01", "pos_outage", "open")]
    assert story.state.bound_to == {"0001/pos-01": {"0001/pos-99": None}}


def test_a_missed_past_is_told_under_the_name_that_a_person_gave() -> None:
    """It failed and healed while the line was down: history is about the till, not about an unknown thing."""
    story, row = unknown_till()
    told(story, "rebind", row, ci="0001/pos-01")
    story.say("0001-s", {"pos-99/tcp": OK})
    story.wait(100_000.0)
    story.tell(AgentSilent(at=story.now, agent="0001-s", since=story.now - 45))
    story.now += 1_000.0
    failed = story.fleet.transitions("0001-s", {"pos-99/tcp": CRITICAL}, story.now - 900)
    healed = story.fleet.transitions("0001-s", {"pos-99/tcp": OK}, story.now - 600)
    story.tell(AgentHeard(at=story.now, agent="0001-s"))
    story.tell(Snapshot(at=story.now, agent="0001-s", beliefs=story.fleet.snapshot("0001-s")))
    story.say_backlog([*failed, *healed])
    story.wait(1_300.0)
    past = [one for one in story.incidents() if "historical" in one.flags]
    assert [(one.ci, one.category, one.counted) for one in past] == [("0001/pos-01", "pos_outage", "")]


@pytest.mark.parametrize("ci", ["", "0002", "none", "0001/pos-77"])
def test_what_is_no_item_is_refused(ci: str) -> None:
    story, row = unknown_till()
    assert told(story, "rebind", row, ci=ci)
    assert story.state.bindings == {}


def test_it_can_be_corrected_to_another_till() -> None:
    story, row = unknown_till()
    told(story, "rebind", row, ci="0001/pos-01")
    assert told(story, "rebind", row, ci="0001/pos-01") == [f"#{row.number} is about 0001/pos-01 already"]
    assert told(story, "rebind", row, ci="0001/pos-02") == []
    assert categories(story) == [("0001/pos-02", "pos_outage", "open")]
    assert "0001/pos-01" not in story.state.items
