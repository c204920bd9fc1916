"""Rule 27 where a scenario file does not reach: assets that move, a past that is learnt later, bounds, odd commands."""

from typing import Any

import pytest

from contract.records import Transition
from contract.status import Status
from rules.course.incident import Sla
from rules.draft import Draft
from rules.entries import CmdbLoaded, Command, PolicyLoaded, TicketLinked
from rules.repeats.problem import MOST, Problem, as_ticket
from tests.rules.estates import CRITICAL, OK, RETAIL, Story, chain, store, till

HOUR = 3_600.0


def lanes(*assets: str) -> dict[str, Any]:
    """A store with a till for each asset; without one, it is its position that counts."""
    items = [till(1, f"pos-{at:02d}", asset=asset) for at, asset in enumerate(assets, 1)]
    return {"stores": [store(1)], "items": items}


def fail(story: Story, check: str, times: int = 1, apart: float = HOUR, lasting: float = 120.0) -> None:
    for _ in range(times):
        story.say("0001-s", {check: CRITICAL})
        story.wait(lasting)
        story.say("0001-s", {check: OK})
        story.wait(apart - lasting)


def problems(story: Story) -> list[tuple[str, int]]:
    return [(row.subject, row.count) for row in story.state.problems.values()]


def only(story: Story) -> Problem:
    (row,) = story.state.problems.values()
    return row


def test_a_till_takes_its_count_along_to_another_position() -> None:
    story = Story(lanes("SN1", "SN2", "SN3"))
    story.say("0001-s", dict.fromkeys(["pos-01/tcp", "pos-02/tcp", "pos-03/tcp"], OK))
    fail(story, "pos-01/tcp", 4)
    story.tell(CmdbLoaded(at=story.now, document=lanes("SN2", "SN1", "SN3")))
    fail(story, "pos-02/tcp")
    assert problems(story) == [("0001/pos-02", 5)]
    assert only(story).cis == ("0001/pos-01", "0001/pos-02")


def test_a_new_till_in_an_old_position_starts_at_zero() -> None:
    story = Story(lanes("SN1", "SN2", "SN3"))
    fail(story, "pos-01/tcp", 4)
    story.tell(CmdbLoaded(at=story.now, document=lanes("SN9", "SN2", "SN3")))
    fail(story, "pos-01/tcp", 4)
    assert problems(story) == []
    fail(story, "pos-01/tcp")
    assert problems(story) == [("0001/pos-01", 5)]


@pytest.mark.parametrize(("lasting", "is_held"), [(900.0, True), (901.0, False)])
def test_what_healed_within_its_time_to_the_second_is_given_it_again(lasting: float, is_held: bool) -> None:
    story = Story(lanes("SN1", "SN2", "SN3"))
    story.say("0001-s", dict.fromkeys(["pos-01/tcp", "pos-02/tcp", "pos-03/tcp"], OK))
    fail(story, "pos-01/tcp", 3, lasting=lasting)
    story.say("0001-s", {"pos-01/tcp": CRITICAL})
    (row,) = story.incidents()
    assert (row.suppressed is not None) is is_held


def test_without_an_asset_the_position_counts() -> None:
    story = Story(lanes("", "", ""))
    fail(story, "pos-02/tcp", 5)
    assert problems(story) == [("0001/pos-02", 5)]


@pytest.mark.parametrize(("times", "expected"), [(4, []), (5, [("0001/pos-01", 5)]), (60, [("0001/pos-01", 50)])])
def test_what_failed_while_the_line_was_cut_counts_by_its_true_times(times: int, expected: list[Any]) -> None:
    story = Story(lanes("SN1", "SN2", "SN3"))
    story.say("0001-s", dict.fromkeys(["pos-01/tcp", "pos-02/tcp", "pos-03/tcp"], OK))
    missed: list[Transition] = []
    for turn in range(times):
        for at, status in ((turn * HOUR, CRITICAL), (turn * HOUR + 120.0, OK)):
            missed += story.fleet.transitions("0001-s", {"pos-01/tcp": status}, story.now + 600.0 + at)
    story.wait((times + 8) * HOUR)
    story.say("0001-s", {"pos-02/tcp": Status.WARNING})
    story.say_backlog(missed)
    story.wait(HOUR)
    assert problems(story) == expected
    assert [effect.kind for decision in story.decisions for effect in decision.effects if "ticket" in effect.kind] == []
    if expected:
        assert only(story).first_at == story.journal[0].at + 600.0 + max(0, times - MOST) * HOUR


def test_a_past_that_was_counted_already_is_not_counted_twice() -> None:
    """Live records with a hole between them: the past is told again, and its failures are the same ones."""
    story = Story(lanes("SN1", "SN2", "SN3"))
    story.say("0001-s", dict.fromkeys(["pos-01/tcp", "pos-02/tcp", "pos-03/tcp"], OK))
    fail(story, "pos-01/tcp", 2)
    missed = story.fleet.transitions("0001-s", {"pos-02/tcp": CRITICAL}, story.now)
    missed += story.fleet.transitions("0001-s", {"pos-02/tcp": OK}, story.now + 60.0)
    story.wait(HOUR)
    story.say("0001-s", {"pos-01/tcp": CRITICAL})
    story.wait(60.0)
    story.say("0001-s", {"pos-01/tcp": OK, "pos-02/tcp": CRITICAL})
    story.say_backlog(missed)
    story.wait(HOUR)
    counted = {key: len(row.occurrences) for key, row in story.state.repetitions.items()}
    assert counted == {"pos_outage/asset=SN1": 3, "pos_outage/asset=SN2": 2}


def test_what_turned_out_to_be_a_symptom_is_taken_back() -> None:
    """The till's incident became the switch's (rule 11): five failures of the switch, none of the till."""
    switch = {"id": "sw-01", "store": "0001", "class": "network_switch"}
    story = Story({"stores": [store(1)], "items": [switch, till(1, depends_on=["sw-01"]), till(1, "pos-02")]})
    story.say("0001-s", dict.fromkeys(["sw-01/icmp", "pos-01/tcp", "pos-02/tcp"], OK))
    for _ in range(5):
        story.wait(HOUR)
        story.say("0001-s", {"pos-01/tcp": CRITICAL})
        story.wait(10.0)
        story.say("0001-s", {"sw-01/icmp": CRITICAL})
        story.wait(60.0)
        story.say("0001-s", {"sw-01/icmp": OK, "pos-01/tcp": OK})
    assert problems(story) == [("0001/sw-01", 5)]
    assert [key for key, row in story.state.repetitions.items() if row.occurrences] == ["network/ci=0001/sw-01"]


def test_what_is_remembered_is_bounded_and_forgotten() -> None:
    story = Story(lanes("SN1", "SN2", "SN3"))
    fail(story, "pos-01/tcp", MOST + 10)
    (row,) = story.state.repetitions.values()
    assert len(row.occurrences) == MOST
    assert only(story).count == MOST + 10
    story.wait(15 * 86_400.0)
    assert story.state.repetitions == {}
    assert only(story).state == "resolved"
    story.wait(91 * 86_400.0)
    assert story.state.problems == {}
    assert [key for key in story.state.deadlines if key.startswith(("problem:", "repetition:", "hold:"))] == []


def test_a_problem_takes_what_people_do_to_its_ticket() -> None:
    story = Story(lanes("SN1", "SN2", "SN3"))
    fail(story, "pos-01/tcp", 5)
    id_ = only(story).id
    story.tell(TicketLinked(at=story.now, incident=id_, system="desk", ticket="77"))
    for at, name in enumerate(["acknowledge", "resolve", "resolve", "reopen"]):
        story.tell(Command(at=story.now, id=str(at), actor="bob at desk", name=name, incident=id_))
    row = only(story)
    assert (row.owner, row.state, row.turned, row.ticket and row.ticket.id) == ("bob at desk", "open", 2, "77")
    keys = [effect.key for decision in story.decisions for effect in decision.effects if effect.incident == id_]
    assert keys == [f"{id_}:open", f"{id_}:ci:0001/pos-01", f"{id_}:resolve:1", f"{id_}:reopen:2"]


def test_a_change_that_was_rescheduled_is_the_same_change() -> None:
    story = Story(lanes("SN1", "SN2", "SN3"))
    for at, since in enumerate([story.now + HOUR, story.now]):
        arguments = {"reference": "CHG1", "title": "t", "cis": ["0001/pos-01"], "from": since}
        story.tell(Command(at=story.now, id=str(at), actor="ann", name="add_change", arguments=arguments))
    story.wait(60.0)
    fail(story, "pos-01/tcp")
    assert [row.changes for row in story.incidents()] == [("CHG1",)]
    story.wait(31 * 86_400.0)
    assert story.state.changes == {}


ODD: list[Any] = [None, 7, "", "x" * 5_000, "\x1b[2J", [], ["model=T2000"], [None, 7], {"a": 1}, True, -1.0, 1e300]


@pytest.mark.parametrize(
    "key", ["reference", "title", "cis", "stores", "shares", "from", "until", "fixes", "maintenance"]
)
@pytest.mark.parametrize("value", ODD, ids=repr)
def test_no_argument_of_a_change_raises(key: str, value: Any) -> None:
    story = Story(lanes("SN1"))
    told = {"reference": "CHG1", "title": "t", "cis": ["0001/pos-01"], "maintenance": True, "until": story.now + 60}
    story.tell(Command(at=story.now, id="1", actor="ann", name="add_change", arguments=told | {key: value}))
    fail(story, "pos-01/tcp")
    for row in story.state.changes.values():
        assert row.title.isprintable()
        assert len(row.title) <= 200


def test_another_policy_changes_what_is_a_problem_from_then_on() -> None:
    story = Story(lanes("SN1", "SN2", "SN3"))
    fail(story, "pos-01/tcp", 3)
    lower = {**RETAIL, "problems": {"on_item": 3}}
    story.tell(PolicyLoaded(at=story.now, name="retail", document=lower))
    assert problems(story) == []
    fail(story, "pos-01/tcp")
    assert problems(story) == [("0001/pos-01", 4)]


def test_an_older_policy_without_the_section_still_finds_problems() -> None:
    older = {key: value for key, value in RETAIL.items() if key not in ("problems", "changes")}
    story = Story(lanes("SN1", "SN2", "SN3"), older)
    fail(story, "pos-01/tcp", 5)
    assert problems(story) == [("0001/pos-01", 5)]


def test_so_many_changes_are_known_that_another_is_too_many() -> None:
    story = Story(chain())
    for number in (1, 2):
        told = {"reference": f"CHG{number}", "title": "Firmware", "cis": ["0001/pos-01"]}
        story.tell(Command(at=story.now, id=str(number), actor="ann", name="add_change", arguments=told))
    known = Draft(story.state, story.now)
    assert [known.has_changes(many) for many in (1, 2, 3)] == [True, True, False]


def test_a_problem_is_a_standard_ticket_without_clocks() -> None:
    story = Story(lanes("SN1", "SN2"))
    story.say("0001-s", dict.fromkeys(["pos-01/tcp", "pos-02/tcp"], OK))
    fail(story, "pos-01/tcp", 5)
    ticket = as_ticket(only(story))
    assert (ticket.category, ticket.ci, ticket.title) == ("problem", "0001/pos-01", only(story).title)
    assert (ticket.priority, ticket.worst_priority, ticket.state, ticket.sla) == (3, 3, "open", Sla())
    assert (ticket.stores, ticket.affected.cis, ticket.opened_at) == (
        ("0001",),
        ("0001/pos-01",),
        only(story).opened_at,
    )
