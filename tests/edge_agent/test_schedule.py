"""When checks are due."""

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.schedule import Schedule, first_due, fraction, next_due

seconds = st.floats(0.1, 1e5)


@given(st.floats(0, 1e6), st.floats(0, 1, exclude_max=True), seconds, st.floats(0, 1e6))
def test_the_next_turn_is_after_now_and_at_most_an_interval_away_once_the_first_is_past(
    start: float, part: float, interval: float, since: float
) -> None:
    now = start + since
    due = next_due(start, part, interval, now)
    assert due > now
    assert due <= max(now, start) + 2 * interval
    turns = (due - start - part * interval) / interval
    assert abs(turns - round(turns)) < 1e-3


@given(st.floats(0, 1, exclude_max=True), seconds)
def test_every_check_is_measured_for_the_first_time_within_five_seconds(part: float, interval: float) -> None:
    assert 100 <= first_due(100.0, part, interval) <= 105


def test_checks_of_many_stores_are_spread_evenly_over_their_interval() -> None:
    tenths = [0] * 10
    for store in range(1000):
        tenths[int(10 * fraction(f"{store:04d}-server", "pos-01/tcp"))] += 1
    assert min(tenths) > 60


def test_turns_come_in_order_and_planning_again_replaces_a_turn() -> None:
    schedule = Schedule()
    for key, at in (("a", 3.0), ("b", 1.0), ("c", 2.0)):
        schedule.plan(key, at)
    schedule.plan("b", 9.0)
    assert schedule.take_due(5.0) == ["c", "a"]
    assert schedule.next() == 9.0
    assert schedule.take_due(9.0) == ["b"]
    assert schedule.next() is None
