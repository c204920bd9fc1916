"""The collector's clock goes on, whatever the host's does."""

import pytest

from collector.clock import SLOWED, OnwardClock


class Host:
    """A host whose wall clock can be set."""

    def __init__(self) -> None:
        self.true = 1_000.0
        self.ahead = 0.0

    def steady(self) -> float:
        return self.true

    def wall(self) -> float:
        return self.true + self.ahead


def test_it_is_the_hosts_clock_as_long_as_that_goes_on() -> None:
    host = Host()
    clock = OnwardClock(host, 0.0)
    for seconds in (0.0, 0.5, 100.0):
        host.true += seconds
        assert clock.wall() == host.wall()


def test_a_step_forward_is_followed_at_once() -> None:
    host = Host()
    clock = OnwardClock(host, 0.0)
    clock.wall()
    host.ahead = 3_600.0
    assert clock.wall() == host.wall()


def test_after_a_step_back_it_goes_on_a_tenth_slower_until_the_host_has_caught_up() -> None:
    host = Host()
    clock = OnwardClock(host, 0.0)
    before = clock.wall()
    host.ahead = -3_600.0
    assert clock.wall() == before
    host.true += 100.0
    assert clock.wall() == pytest.approx(before + 100.0 * SLOWED)
    host.true += 3_600.0 / (1 - SLOWED)
    assert clock.wall() == host.wall()


def test_it_tells_once_that_the_host_stepped_back(caplog: pytest.LogCaptureFixture) -> None:
    host = Host()
    clock = OnwardClock(host, 0.0)
    clock.wall()
    host.ahead = -60.0
    for _ in range(3):
        host.true += 1.0
        clock.wall()
    assert [record.message for record in caplog.records] == [
        "the clock of this host stepped back by 60 s; ours goes on until it has caught up"
    ]


def test_what_was_written_before_a_restart_is_not_gone_behind() -> None:
    host = Host()
    clock = OnwardClock(host, host.wall() + 3_600.0)
    host.true += 10.0
    assert clock.wall() == pytest.approx(1_000.0 + 3_600.0 + 10.0 * SLOWED)
