"""Rule 29: a day of the desk's own tickets beside what we decided."""

from typing import Any

import pytest

from collector.database.own_tickets import OwnTicket
from collector.shadow_comparison import WITHIN, Compared, compared, comparison, day_of
from rules.course.incident import Incident, Suppression

DAY = day_of("2026-11-16")
NINE = DAY.since + 9 * 3600


def incident(number: int = 1, **more: Any) -> Incident:
    told: dict[str, Any] = {
        "id": f"i{number}",
        "number": number,
        "cause": f"pos_outage:0042/pos-0{number}",
        "category": "pos_outage",
        "service": "checkout",
        "ci": f"0042/pos-0{number}",
        "title": "a till",
        "state": "open",
        "priority": 3,
        "worst_priority": 3,
        "started_at": NINE,
        "learnt_at": NINE,
        "opened_at": NINE,
        "home": "0042",
        "stores": ("0042",),
    }
    return Incident(**told | more)


def ticket(at: float = NINE + 600, **more: Any) -> OwnTicket:
    return OwnTicket(**{"desk": "desk", "ticket": "T1", "opened_at": at, "store": "0042"} | more)


def verdicts(found: list[Compared]) -> list[str]:
    return [one.verdict for one in found]


def test_a_ticket_of_the_store_is_caught_with_the_minutes_that_we_were_earlier() -> None:
    (one,) = compared(DAY, [incident()], [ticket(NINE + 600)])
    assert (one.verdict, one.earlier) == ("caught", 600.0)
    shown = comparison("desk", DAY, [one], 10)
    assert (shown.day, shown.caught, shown.missed, shown.false, shown.minutes_earlier) == ("2026-11-16", 1, 0, 0, 10.0)
    (line,) = shown.items
    assert (line.at, line.ticket, line.number, line.ci) == ("2026-11-16T09:10:00Z", "T1", 1, "0042/pos-01")


@pytest.mark.parametrize(
    "theirs",
    [
        ticket(store="0043"),
        ticket(category="signage"),
        ticket(ci="0042/pos-09"),
        ticket(NINE - WITHIN - 1),
    ],
)
def test_what_is_elsewhere_otherwise_or_much_earlier_is_missed_and_ours_false(theirs: OwnTicket) -> None:
    assert sorted(verdicts(compared(DAY, [incident()], [theirs]))) == ["false", "missed"]


@pytest.mark.parametrize(("at", "verdict"), [(NINE + 3600 + WITHIN, "caught"), (NINE + 3601 + WITHIN, "missed")])
def test_a_ticket_that_comes_two_hours_after_the_end_is_still_about_it(at: float, verdict: str) -> None:
    over = incident(restored_at=NINE + 3600)
    assert verdict in verdicts(compared(DAY, [over], [ticket(at)]))


@pytest.mark.parametrize("at", [NINE - WITHIN, NINE])
def test_people_may_be_first(at: float) -> None:
    (one,) = compared(DAY, [incident()], [ticket(at)])
    assert (one.verdict, one.earlier) == ("caught", at - NINE)


def test_of_several_the_one_of_the_ci_is_meant_then_the_nearest() -> None:
    rows = [incident(1), incident(2, opened_at=NINE + 500)]
    named, bare = compared(DAY, rows, [ticket(ci="0042/pos-01"), ticket(ticket="T2")])
    assert (named.incident, bare.incident) == (rows[0], rows[1])


@pytest.mark.parametrize("ref", ["0042/pos-07", "acquirer-a"])
def test_a_symptom_and_what_is_hit_are_of_the_incident(ref: str) -> None:
    row = incident(ci="0042/sw-01", symptoms=("0042/pos-07", "acquirer-a"))
    assert verdicts(compared(DAY, [row], [ticket(ci=ref)])) == ["caught"]


def test_many_tickets_of_one_incident_are_all_caught() -> None:
    found = compared(DAY, [incident()], [ticket(), ticket(NINE + 900, ticket="T2")])
    assert verdicts(found) == ["caught", "caught"]
    assert comparison("desk", DAY, found, 10).incidents == 1


def test_only_ours_is_false_unless_a_person_confirmed_it() -> None:
    assert verdicts(compared(DAY, [incident()], [])) == ["false"]
    assert verdicts(compared(DAY, [incident(judged="confirmed")], [])) == ["ours alone"]
    assert verdicts(compared(DAY, [incident(judged="false")], [])) == ["false"]


def test_what_was_held_back_is_missed_and_says_by_what() -> None:
    held = incident(opened_at=None, suppressed=Suppression("maintenance until 10:00"))
    (one,) = comparison("desk", DAY, compared(DAY, [held], [ticket()]), 10).items
    assert (one.verdict, one.number, one.held_back) == ("missed", 1, "maintenance until 10:00")


def test_the_days_before_and_after_only_explain() -> None:
    """A ticket shortly after midnight catches what we opened before it, and is counted on its own day."""
    late = incident(started_at=DAY.until - 300, opened_at=DAY.until - 300)
    theirs = ticket(DAY.until + 60)
    assert compared(DAY, [late], [theirs]) == []
    (one,) = compared(day_of("2026-11-17"), [late], [theirs])
    assert one.earlier == 360.0


def test_what_people_made_and_duplicates_prove_nothing() -> None:
    rows = [incident(1, cause="manual:x"), incident(2, cause="rule:1 evidence"), incident(3, flags=("duplicate",))]
    assert compared(DAY, rows, []) == []


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "2026-11-16T09:00:00Z", "9999999999"])
def test_a_day_is_a_date(text: str) -> None:
    with pytest.raises(ValueError, match="expected a day such as 2026-11-27"):
        day_of(text)
