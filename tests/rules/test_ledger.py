"""Rule 30: what people say of incidents is counted where it belongs, and only a share that is too low is told."""

from typing import Any

import pytest

from rules import rows
from rules.course import ledger, precision
from rules.course.incident import Incident, Tally
from rules.course.ledger import Account
from rules.draft import Draft
from rules.entries import Command
from tests.rules.estates import CRITICAL, OK, START, Story, store, till

DAY = "2026-11-16"


def one_till() -> Story:
    story = Story({"stores": [store(1)], "items": [till(1)]})
    story.say("0001-s", {"pos-01/tcp": CRITICAL})
    return story


def told(story: Story, name: str, row: Incident, **arguments: Any) -> list[str]:
    entry = Command(
        at=story.now, id=str(len(story.journal)), actor="ann", name=name, incident=row.id, arguments=arguments
    )
    return [reason.text for reason in story.tell(entry)[-1].reasons if reason.rule == "command refused"]


def the_account(story: Story) -> Tally:
    (account,) = ledger.accounts(story.state.ledger.items())
    assert account.rule == "1 evidence"
    return account.tally


@pytest.mark.parametrize(
    ("confirmed", "false", "is_told"), [(9, 1, False), (8, 1, True), (0, 4, False), (0, 5, True), (0, 0, False)]
)
def test_below_nine_of_ten_is_too_low_once_five_were_judged(confirmed: int, false: int, is_told: bool) -> None:
    account = Account("1 evidence", Tally(opened=100, confirmed=confirmed, false=false))
    assert precision.is_too_low(Draft(one_till().state, START), account) is is_told


def test_an_incident_is_counted_once_and_what_is_said_last_of_it_counts() -> None:
    story = one_till()
    (row,) = story.incidents()
    assert the_account(story) == Tally(opened=1)
    told(story, "acknowledge", row)
    assert the_account(story) == Tally(opened=1, confirmed=1)
    told(story, "resolve", row, reason="false positive")
    assert the_account(story) == Tally(opened=1, false=1)
    told(story, "reopen", row, text="it is real")
    told(story, "acknowledge", row)
    assert the_account(story) == Tally(opened=1, confirmed=1)
    assert list(story.state.ledger) == [f"{DAY}/1 evidence"]


def test_the_first_call_counts_also_when_it_is_told_later() -> None:
    story = one_till()
    (row,) = story.incidents()
    story.wait(1_200.0)
    told(story, "note", row, text="a cashier called", called_at=START + 900)
    told(story, "note", row, text="another", called_at=START + 1_000)
    assert the_account(story) == Tally(opened=1, called=1, ahead=900.0)
    told(story, "note", row, text="the manager had called before", called_at=START + 300)
    (account,) = ledger.accounts(story.state.ledger.items())
    assert (account.tally, account.minutes) == (Tally(opened=1, called=1, ahead=300.0), 5.0)


@pytest.mark.parametrize("at", [START + 1, float("nan"), float("inf"), -1.0, True, "now", 10**400])
def test_a_call_that_cannot_be_is_refused(at: Any) -> None:
    story = one_till()
    (row,) = story.incidents()
    assert told(story, "note", row, text="called", called_at=at)
    assert the_account(story) == Tally(opened=1)


def test_an_incident_made_of_a_call_is_the_first_call_of_what_it_is_merged_into() -> None:
    story = one_till()
    (measured,) = story.incidents()
    story.wait(600.0)
    story.tell(
        Command(at=story.now, id="call", actor="ann", name="create", arguments={"title": "no till", "ci": "0001"})
    )
    assert told(story, "merge", measured, other=story.incidents()[-1].id) == []
    assert the_account(story) == Tally(opened=1, called=1, ahead=600.0)


def test_what_a_person_made_is_no_rules_doing() -> None:
    story = Story({"stores": [store(1)], "items": [till(1)]})
    story.tell(
        Command(at=story.now, id="call", actor="ann", name="create", arguments={"title": "no till", "ci": "0001"})
    )
    assert story.state.ledger == {}


def test_the_ledger_forgets_after_its_days_and_then_looks_no_more() -> None:
    story = one_till()
    story.say("0001-s", {"pos-01/tcp": OK})
    story.wait(29 * 86_400.0)
    assert story.state.ledger
    restored = rows.restore(rows.dump(story.state))
    assert restored.ledger == story.state.ledger
    story.wait(3 * 86_400.0)
    assert story.state.ledger == {}
    assert "ledger:daily" not in story.state.deadlines
