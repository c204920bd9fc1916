"""Backlog leaves most of the line to what is new, and does not rest for what the line is not to blame for."""

import pytest

from edge_agent.pacing import FIRST_ROOM, LEAST_ROOM, MOST_REST, MOST_ROOM, Pacing


@pytest.mark.parametrize(("took", "room"), [(0.5, 2 * FIRST_ROOM), (1.5, FIRST_ROOM), (4.0, FIRST_ROOM // 2)])
def test_the_next_batch_is_as_large_as_the_line_was_quick_and_waits_three_times_as_long(took: float, room: int) -> None:
    assert Pacing().acknowledged(took, 100.0) == Pacing(room, 100.0 + 3 * took)


def test_a_batch_is_never_smaller_or_larger_than_its_bounds() -> None:
    assert Pacing(LEAST_ROOM).acknowledged(9.0, 0.0).room == LEAST_ROOM
    assert Pacing(MOST_ROOM).acknowledged(0.1, 0.0).room == MOST_ROOM


def test_an_ack_that_waited_for_the_collector_holds_the_rest_up_for_half_a_minute_only() -> None:
    """Three times the hundred seconds that the collector was away would keep what is pending for five minutes."""
    assert Pacing().acknowledged(104.0, 700.0).rest_until == 700.0 + MOST_REST
