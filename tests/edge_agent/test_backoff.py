"""How long an agent waits before it tries the broker again."""

from edge_agent.backoff import LONGEST, SHORTEST, STOOD, Backoff, within_lease


def test_the_pause_doubles_until_it_is_the_longest() -> None:
    backoff = Backoff()
    assert [backoff.pause(0.0, 1.0) for _ in range(8)] == [0.5, 1, 2, 4, 8, 16, LONGEST, LONGEST]


def test_chance_takes_up_to_half_of_it() -> None:
    assert [Backoff().pause(0.0, chance) for chance in (0.0, 0.5, 1.0)] == [SHORTEST / 2, SHORTEST * 3 / 4, SHORTEST]


def test_it_begins_anew_after_a_connection_that_stood_and_not_after_one_that_ended_at_once() -> None:
    backoff = Backoff()
    assert [backoff.pause(0.1, 1.0) for _ in range(3)] == [0.5, 1, 2]
    assert backoff.pause(STOOD, 1.0) == 0.5


def test_an_agent_is_back_within_its_lease_however_long_the_broker_was_away() -> None:
    assert [within_lease(pulse) for pulse in (1.0, 5.0, 15.0, 60.0)] == [2.0, 10.0, 30.0, 30.0]
    backoff = Backoff(within_lease(5.0))
    assert max(backoff.pause(0.0, 1.0) for _ in range(20)) < 3 * 5.0


def test_who_was_answered_returns_at_once_however_often_a_clone_takes_the_connection() -> None:
    backoff = Backoff(within_lease(5.0))
    for _ in range(5):
        backoff.answered()
        assert backoff.pause(2.0, 1.0) == SHORTEST
