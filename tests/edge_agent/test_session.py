"""When a session takes its turns: nothing of it spins, whatever the line does."""

from contract.records import Stamp
from edge_agent.memory import MemoryLog
from edge_agent.session import TIDY_EVERY, Session
from edge_agent.uplink import Identity

PULSE = 15.0


class Hands:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def stamp(self) -> Stamp:
        return Stamp(self.now, "b1", self.now)


def session(clock: Hands, sent: list[str]) -> Session:
    log = MemoryLog()
    return Session(
        "0042-server",
        Identity(log.epoch, "1", "c", PULSE),
        log,
        publish=lambda topic, _payload: sent.append(topic.rpartition("/")[2]),
        measured=lambda: None,
        clock=clock,
        random=lambda: 0.5,
    )


def turned(one: Session) -> None:
    """A turn that waits for nothing, run to its end."""
    turn = one.turn()
    try:
        turn.send(None)
    except StopIteration:
        return
    raise AssertionError("it waits")


def turns(one: Session, clock: Hands, seconds: float) -> int:
    """How many it takes in `seconds` in which nothing happens."""
    until, count = clock.now + seconds, 0
    while (due := max(clock.now, one.wake())) < until:
        clock.now = due
        turned(one)
        count += 1
        assert count < seconds, "it spins"
    return count


def test_with_the_line_the_first_turn_says_hello_and_how_everything_is() -> None:
    clock, sent = Hands(), []
    one = session(clock, sent)
    one.connected()
    turned(one)
    assert sent == ["hello", "live"]


def test_without_the_line_only_the_log_is_tidied_from_time_to_time() -> None:
    """A pulse that was due when the line went is not due at every turn from then on."""
    clock, sent = Hands(), []
    one = session(clock, sent)
    one.connected()
    turned(one)
    one.disconnected()
    assert turns(one, clock, 600.0) <= 600.0 / TIDY_EVERY + 1
    assert sent == ["hello", "live"]
