"""Rule 21: a line that was cut, repeats itself and mixes its news leaves the record that a perfect line leaves."""

import random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from contract.records import Transition
from contract.status import Status
from rules import engine, rows
from rules.entries import Tick
from rules.history import recall
from rules.state import State
from tests.rules import chain_worlds
from tests.rules.estates import START, Story, digest
from tests.rules.lines import Turn, cut, facts, log_of, one_store, perfect, repeats
from tests.rules.overtaking import BACKED, CHECKS, PACES, SWITCHED, Pace, settled, told_around_a_cut, told_twice

HOURS = 3_600.0


@st.composite
def logs(draw: st.DrawFn, longest: float = 9_000.0) -> list[Transition]:
    """An agent's log: every check begins well and turns now and then, confirmed after two seconds."""
    turns = [Turn(START + 10 + at / 2, check, Status.OK) for at, check in enumerate(CHECKS)]
    for check in draw(st.lists(st.sampled_from(CHECKS), unique=True, min_size=1)):
        at, state = START + 60.0, Status.OK
        for pause in draw(st.lists(st.floats(4.0, longest), min_size=1, max_size=5)):
            at, state = at + pause, Status.CRITICAL if state is Status.OK else Status.OK
            turns.append(Turn(at, check, state))
    return log_of(turns)


def told_alike(log: list[Transition], gone: float, lasting: float, seed: int) -> tuple[Story, Story]:
    broken = cut(Story(one_store()), log, START + gone, START + gone + lasting, random.Random(seed))
    return settled(perfect(Story(one_store()), log), broken)


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(logs(), st.floats(20.0, 6_000.0), st.sampled_from([20.0, 60.0, 600.0, 8 * HOURS]), st.integers(0, 2**32))
def test_ci_category_started_ended_and_the_worst_priority_are_those_of_a_perfect_line(
    log: list[Transition], gone: float, lasting: float, seed: int
) -> None:
    """Whatever the order in which backlog, live records and snapshots arrive, with duplicates."""
    whole, broken = told_alike(log, gone, lasting, seed)
    assert facts(broken) == facts(whole)
    assert broken.state.pasts == {}
    assert broken.state.told == {}


@pytest.mark.parametrize("pace", PACES)
@pytest.mark.parametrize("seed", range(20))
def test_records_that_overtake_each_other_leave_the_record_of_a_perfect_line(pace: Pace, seed: int) -> None:
    """`python -m tests.rules.overtaking` tries more of them."""
    whole, mixed = told_twice(SWITCHED, pace, seed)
    assert facts(mixed) == facts(whole)
    assert repeats(mixed) == repeats(whole)
    assert mixed.state.pasts == {}


@pytest.mark.parametrize("seed", [109, 294, 327, 333, 377])
def test_worlds_that_tell_what_no_other_quick_test_tells_leave_the_record_of_a_perfect_line(seed: int) -> None:
    """What a past is put on record as: a lead that ended, a duplicate, what is well by now."""
    whole, mixed = told_twice(SWITCHED, PACES[seed % len(PACES)], seed)
    assert facts(mixed) == facts(whole)
    assert mixed.state.pasts == {}


@pytest.mark.parametrize("seed", [*range(8), 20, 56, 212, 243, 1333])
def test_a_line_that_was_cut_leaves_the_record_of_a_perfect_line(seed: int) -> None:
    whole, mixed = told_around_a_cut(SWITCHED, seed)
    assert facts(mixed) == facts(whole)
    assert repeats(mixed) == repeats(whole)
    assert mixed.state.pasts == {}


@pytest.mark.parametrize("seed", [*range(6), 250, 624, 1184])
def test_a_store_with_a_backup_line_has_the_record_of_a_perfect_line(seed: int) -> None:
    whole, mixed = told_twice(BACKED, PACES[1], seed)
    assert facts(mixed) == facts(whole)
    assert repeats(mixed) == repeats(whole)
    assert mixed.state.pasts == {}


@pytest.mark.parametrize("seed", [*range(6), 204, 418, 657, 707, 952, 957, 1093])
def test_a_store_that_went_over_to_its_backup_line_unheard_has_the_record_of_a_perfect_line(
    seed: int,
) -> None:
    """The backup line is in use still, or not any more, when the main line's failure is told."""
    whole, mixed = told_around_a_cut(BACKED, seed)
    assert facts(mixed) == facts(whole)
    assert repeats(mixed) == repeats(whole)
    assert mixed.state.pasts == {}


def absorbed(story: Story) -> list[tuple[str, float]]:
    """(cause, started) of all incidents that something else explained later."""
    rows = {one.key: one.row for told in story.decisions for one in told.changes if one.table == "incidents"}
    return sorted((row.cause, round(row.started_at, 3)) for row in rows.values() if "duplicate" in row.flags)


@pytest.mark.parametrize("seed", [13, 46])
def test_what_something_explained_is_on_record_when_records_overtake_each_other(seed: int) -> None:
    whole, mixed = told_twice(SWITCHED, PACES[seed % len(PACES)], seed)
    assert absorbed(mixed) == absorbed(whole) != []


def test_what_failed_and_was_explained_while_the_line_was_cut_is_on_record() -> None:
    whole, mixed = told_around_a_cut(SWITCHED, 11)
    assert absorbed(mixed) == absorbed(whole) != []


def test_what_was_over_when_it_was_learnt_is_closed_by_itself_like_everything_else() -> None:
    well = [Turn(START + 10, "sw-01/icmp", Status.OK), Turn(START + 10.5, "pos-01/tcp", Status.OK)]
    failed = [Turn(START + 100, "pos-01/tcp", Status.CRITICAL), Turn(START + 200, "pos-01/tcp", Status.OK)]
    _, broken = told_alike(log_of([*well, *failed]), 50.0, HOURS, 1)
    assert {row.ci: row.state for row in broken.incidents()} == {"0001": "resolved", "0001/pos-01": "resolved"}
    broken.wait(24 * HOURS)
    assert broken.incidents() == []


@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(logs(), st.floats(20.0, 6_000.0), st.integers(0, 2**32))
@example(log_of([Turn(START + 10, "pos-01/tcp", Status.OK)]), 30.0, 0)
def test_nobody_is_called_for_what_was_over_when_it_was_learnt(log: list[Transition], gone: float, seed: int) -> None:
    """A ticket is made once for an incident, and for none that carries the flag."""
    _, broken = told_alike(log, gone, 8 * HOURS, seed)
    opened = [effect.incident for one in broken.decisions for effect in one.effects if effect.kind == "open_ticket"]
    assert len(opened) == len(set(opened))
    for row in broken.incidents():
        if "historical" in row.flags:
            assert (row.opened_at, row.suppressed, row.state) == (None, None, "resolved")
            assert row.id not in opened


@settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(logs(), st.floats(20.0, 6_000.0), st.integers(0, 2**32))
def test_a_past_that_is_being_told_survives_a_restart_and_replays_to_the_same_bytes(
    log: list[Transition], gone: float, seed: int
) -> None:
    _, broken = told_alike(log, gone, 8 * HOURS, seed)
    state, again = State.empty(), []
    for at, entry in enumerate(broken.journal):
        if at % 7 == 6:
            state = rows.restore(rows.dump(state))
        again += engine.run(state, entry)
    assert digest(again) == digest(broken.decisions)


def test_a_failure_shorter_than_the_hold_is_an_incident_on_neither_line() -> None:
    well = [Turn(START + 10, "sw-01/icmp", Status.OK), Turn(START + 10.5, "pos-01/tcp", Status.OK)]
    blink = [Turn(START + 100, "pos-01/tcp", Status.CRITICAL), Turn(START + 103, "pos-01/tcp", Status.OK)]
    whole, broken = told_alike(log_of([*well, *blink]), 50.0, HOURS, 1)
    assert facts(whole) == facts(broken)
    assert facts(broken).incidents == frozenset()


def test_so_much_that_it_is_replayed_page_by_page_ends_in_the_same_record() -> None:
    """More than is kept of one store: memory stays bounded and nothing of the record is lost."""
    flaps = [
        Turn(START + 60 + 10 * at, "pos-01/tcp", Status.OK if at % 2 else Status.CRITICAL)
        for at in range(recall.MOST_TOLD + 600)
    ]
    log = log_of([Turn(START + 10, "pos-01/tcp", Status.OK), Turn(START + 11, "sign/tcp", Status.OK), *flaps])
    whole = perfect(Story(one_store()), log)
    broken = Story(one_store())
    perfect(broken, log[:2])
    most = 0
    for first in range(2, len(log), 200):
        page = log[first : first + 200]
        broken.now = max(broken.now, page[-1].decided.wall + 5 * HOURS)
        broken.say_backlog(page)
        broken.tell(Tick(at=broken.now))
        most = max(most, sum(len(kept) for kept in broken.state.told.values()))
    settled(whole, broken)
    assert facts(broken) == facts(whole)
    assert most <= recall.MOST_TOLD + 200
    assert broken.state.told == {}


def test_a_till_that_is_well_a_moment_after_the_line_has_no_ticket_when_its_switch_explained_it_meanwhile() -> None:
    well = [Turn(START + 10, "sw-01/icmp", Status.OK), Turn(START + 10.5, "pos-01/tcp", Status.OK)]
    failed = [Turn(START + 64, "sw-01/icmp", Status.CRITICAL), Turn(START + 64, "pos-01/tcp", Status.CRITICAL)]
    healed = [Turn(START + 68, "sw-01/icmp", Status.OK), Turn(START + 80, "pos-01/tcp", Status.OK)]
    whole, broken = told_alike(log_of([*well, *failed, *healed]), 20.0, 60.0, 1)
    assert facts(whole) == facts(broken)
    assert {row.opened_at for row in broken.incidents() if row.category != "store_unreachable"} == {None}


@pytest.mark.parametrize("seed", [*range(12), 153])
@pytest.mark.parametrize("kind", chain_worlds.KINDS)
def test_stores_that_share_an_acquirer_have_the_record_of_perfect_lines(kind: str, seed: int) -> None:
    """`python -m tests.rules.chain_worlds` tries more of them."""
    whole, mixed = chain_worlds.KINDS[kind](seed)
    assert chain_worlds.is_alike(facts(mixed), facts(whole))
    assert mixed.state.pasts == {}
