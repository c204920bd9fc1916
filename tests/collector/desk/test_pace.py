from collector.desk.calling import seconds_asked
from collector.desk.pace import BACKOFF_MOST, MOST_ASKED_WAIT, PAUSE_MOST, Breaker, Bucket, backoff


def test_a_burst_passes_and_then_the_rate_holds() -> None:
    bucket = Bucket(rate=2.0, burst=3)
    waits = [bucket.wait(100.0) for _ in range(6)]
    assert waits == [0.0, 0.0, 0.0, 0.5, 1.0, 1.5]
    assert bucket.wait(200.0) == 0.0


def test_each_failure_in_a_row_pauses_longer_up_to_a_bound_and_a_success_ends_it() -> None:
    breaker = Breaker()
    pauses = [breaker.failed(0.0, chance=1.0) for _ in range(8)]
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, PAUSE_MOST, PAUSE_MOST, PAUSE_MOST]
    assert not breaker.closed(PAUSE_MOST - 0.1)
    breaker.succeeded()
    assert breaker.closed(0.0)


def test_what_a_desk_asks_for_is_given_but_not_for_ever() -> None:
    assert Breaker().failed(0.0, chance=0.0, asked=120.0) == 120.0
    assert Breaker().failed(0.0, chance=0.0, asked=1e12) == MOST_ASKED_WAIT


def test_chance_only_shortens_a_wait() -> None:
    assert backoff(1, 0.0) == 2.0
    assert backoff(1, 1.0) == 4.0
    assert backoff(10_000, 1.0) == BACKOFF_MOST


def test_retry_after_is_seconds_or_a_date_and_nonsense_is_nothing() -> None:
    assert seconds_asked("120", 0.0) == 120.0
    assert seconds_asked("Thu, 01 Jan 1970 00:02:00 GMT", 60.0) == 60.0
    assert seconds_asked("Thu, 01 Jan 1970 00:02:00 GMT", 600.0) == 0.0
    for nonsense in (None, "", "soon", "-5", "9" * 400, "\u0665"):
        assert seconds_asked(nonsense, 0.0) is None
