"""The host's clocks against the collector's."""

from contract.clock import Exchange
from contract.records import Gap, Stamp, Transition
from contract.reports import Belief
from contract.status import Status
from edge_agent.clocks import HostClock, Skew, redated, restamped


def record(wall: float, up: float, boot: str = "b1") -> Transition:
    stamp = Stamp(wall=wall, boot=boot, up=up)
    return Transition(1, "pos-01/tcp", Status.OK, Status.CRITICAL, started_at=wall - 4, decided=stamp)


def test_the_offset_is_that_of_the_exchange_with_the_least_delay() -> None:
    skew = Skew()
    assert skew.offset(Stamp(0, "b1", 0)) is None
    skew.learn(Exchange(sent=1000, received=1061.9, answered=1062, arrived=1004), Stamp(1004, "b1", 4))
    skew.learn(Exchange(sent=1010, received=1070.05, answered=1070.05, arrived=1010.1), Stamp(1010.1, "b1", 10.1))
    skew.learn(Exchange(sent=1020, received=1085, answered=1085, arrived=1028), Stamp(1028, "b1", 28))
    assert skew.offset(Stamp(1030, "b1", 30)) == 60.0


def test_a_step_of_the_wall_clock_is_known_before_the_next_ack() -> None:
    skew = Skew()
    skew.learn(Exchange(1000, 1060, 1060, 1000), Stamp(1000, "b1", 0))
    assert skew.offset(Stamp(wall=1065.0, boot="b1", up=5.0)) == 0.0


def test_what_a_slow_exchange_cannot_tell_from_a_right_clock_is_no_error() -> None:
    """The way there took 9 s and the way back none: half of that is no reason to move what a right clock says."""
    skew = Skew()
    skew.learn(Exchange(sent=1000, received=1009, answered=1009, arrived=1009), Stamp(1009, "b1", 9))
    assert skew.offset(Stamp(1010, "b1", 10)) == 0.0
    assert skew.doubt(Stamp(1010, "b1", 10)) == 9.0, "all of the nine seconds may be the clock's"


def test_a_hello_that_waited_for_the_collector_teaches_nothing() -> None:
    """It arrives as late as the collector was away, and half of that would be taken for the clock's error."""
    skew = Skew()
    skew.learn(Exchange(sent=1000, received=1027, answered=1027, arrived=1027.1), Stamp(1027.1, "b1", 27.1))
    assert skew.offset(Stamp(1030, "b1", 30)) is None


def test_an_exchange_across_a_step_of_the_clock_teaches_nothing() -> None:
    skew = Skew()
    skew.learn(Exchange(sent=5000, received=1060, answered=1060, arrived=1000), Stamp(1000, "b1", 0))
    assert skew.offset(Stamp(1000, "b1", 0)) is None


def test_a_record_from_before_the_clock_was_set_is_told_in_the_time_of_today() -> None:
    told = restamped(record(wall=50.0, up=50.0), Stamp(wall=1_800_000_100.0, boot="b1", up=100.0))
    assert isinstance(told, Transition)
    assert (told.decided.wall, told.started_at, told.decided.up) == (1_800_000_050.0, 1_800_000_046.0, 50.0)


def test_a_belief_is_told_in_the_time_of_today_as_its_record_is() -> None:
    held = Belief("pos-01/tcp", Status.CRITICAL, 996.0, "0" * 16, 1, 15.0)
    told = Stamp(wall=1000.0, boot="b1", up=50.0)
    assert redated(held, told, Stamp(wall=2900.0, boot="b1", up=150.0)).since == 2796.0
    assert redated(held, told, Stamp(wall=1100.5, boot="b1", up=150.0)) is held
    assert redated(held, told, Stamp(wall=2900.0, boot="b2", up=150.0)) is held


def test_a_record_of_another_boot_or_of_a_slewed_clock_is_left_alone() -> None:
    other = record(50.0, 50.0, boot="b0")
    assert restamped(other, Stamp(1e9, "b1", 100)) is other
    slewed = record(1000.0, 50.0)
    assert restamped(slewed, Stamp(1050.5, "b1", 100.0)) is slewed
    gap = Gap(1, 1, 1, 1, "log full")
    assert restamped(gap, Stamp(1e9, "b1", 100)) is gap


def test_the_clock_of_this_host_counts_seconds_since_boot() -> None:
    first, second = HostClock().stamp(), HostClock().stamp()
    assert first.boot == second.boot
    assert second.up >= first.up > 0
