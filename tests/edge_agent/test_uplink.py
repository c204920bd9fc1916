"""What an agent says to its collector, and when."""

import random
from collections.abc import Callable
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from contract.records import Stamp
from contract.reports import Bulk, Cmd, Hello, Live
from contract.status import Status
from edge_agent.uplink import MOST_FRESH
from tests.edge_agent.linking import Link


def test_nothing_is_said_before_there_is_a_line() -> None:
    link = Link()
    link.decide()
    link.run(1000)
    assert link.sent == []
    assert link.pulse() is None


def test_a_hello_is_first_and_what_was_pending_follows_as_bulk_once_it_is_acknowledged() -> None:
    link = Link()
    for _ in range(3):
        link.decide()
    link.connect()
    assert [type(report) for report in link.sent] == [Hello]
    link.run(1)
    assert [type(report) for report in link.sent] == [Hello, Bulk]
    assert link.bulk_records() == [[1, 2, 3]]
    assert link.log.standing().pending == 0
    (hello,) = link.hellos()
    assert [(held.check, held.state, held.seq) for held in hello.snapshot] == [("pos-01/tcp", Status.CRITICAL, 3)]


def test_what_is_decided_while_connected_goes_out_at_once_without_results() -> None:
    link = Link()
    link.connect()
    link.run(1)
    link.decide()
    (live,) = [report for report in link.sent if isinstance(report, Live)]
    assert ([record.seq for record in live.records], live.results, live.last) == ([1], None, 1)
    link.run(1)
    assert link.log.standing().pending == 0
    assert link.bulk_records() == []


def test_at_most_four_messages_with_records_are_on_their_way_and_what_waits_goes_together() -> None:
    link = Link(loses=lambda kind: kind == "ack")
    link.connect()
    for _ in range(10):
        link.decide()
    assert link.live_records() == [[1], [2], [3]], "with the hello that makes four"
    assert link.pulse() is not None
    assert link.live_records() == [[1], [2], [3]]
    link._loses = lambda _kind: False
    link.run(20)
    assert [4, 5, 6, 7, 8, 9, 10] in link.live_records()
    assert link.log.standing().pending == 0


def test_a_pulse_takes_along_what_is_unsent_and_says_what_is_believed() -> None:
    link = Link()
    link.connect()
    link.run(1)
    link.decide("a/x")
    link.decide("b/x", Status.OK)
    link.decide("a/x", Status.OK)
    live = link.pulse()
    assert live is not None
    link.connect()
    assert live.digest == link.collector_digest()
    assert live.last == 3


def test_what_is_not_acknowledged_is_said_again_ever_more_patiently() -> None:
    lost = True
    link = Link(loses=lambda kind: lost and kind == "live", random=0.0)
    link.connect()
    link.run(1)
    link.decide()
    instants: list[float] = []
    for _ in range(2000):
        before = len(link.live_records())
        link.run(1)
        if len(link.live_records()) > before:
            instants.append(round(link.now - 1001))
    assert instants[:6] == [10, 30, 70, 150, 310, 610]
    assert all(later - earlier == 300 for earlier, later in pairwise(instants[5:]))
    lost = False
    link.run(400)
    assert link.log.standing().pending == 0


def test_a_record_lost_before_a_message_that_was_answered_is_sent_again_without_waiting() -> None:
    losing = True
    link = Link(loses=lambda kind: losing and kind == "live")
    link.connect()
    link.run(1)
    link.decide()
    losing = False
    link.run(1)
    link.decide()
    link.run(1)
    assert link.live_records() == [[1], [2], [1]]
    assert link.log.standing().pending == 0


def test_what_was_not_acknowledged_before_the_line_broke_is_backlog_on_the_next() -> None:
    link = Link(loses=lambda kind: kind == "live")
    link.connect()
    link.run(1)
    link.decide()
    link.disconnect()
    link.decide()
    link.connect()
    link.run(1)
    assert link.bulk_records() == [[1, 2]]
    assert link.log.standing().pending == 0


def test_bulk_is_one_batch_at_a_time_doubled_when_quick_and_leaves_three_quarters_of_the_line_free() -> None:
    link = Link(delay=0.5)
    for number in range(2000):
        link.decide(f"pos-{number:04d}/tcp")
    link.connect()
    sizes: list[int] = []
    instants: list[float] = []
    for _ in range(1000):
        link.run(0.1)
        if len(link.bulk_records()) > len(sizes):
            sizes.append(len(link.bulk_records()[-1]))
            instants.append(link.now)
    assert sum(sizes) == 2000
    assert 1.8 < sizes[1] / sizes[0] < 2.2
    assert 1.8 < sizes[2] / sizes[1] < 2.2
    assert all(later - earlier > 1.9 for earlier, later in pairwise(instants))
    assert link.log.standing().pending == 0


def test_a_slow_line_gets_smaller_batches() -> None:
    link = Link(delay=3.0)
    for number in range(300):
        link.decide(f"pos-{number:04d}/tcp")
    link.connect()
    link.run(120)
    sizes = [len(batch) for batch in link.bulk_records()]
    assert sizes[0] > 1.8 * sizes[1] > 3 * sizes[2]


def test_live_is_never_behind_bulk() -> None:
    link = Link(delay=5.0)
    for number in range(500):
        link.decide(f"pos-{number:04d}/tcp")
    link.connect()
    link.run(6)
    assert link.bulk_records()
    record = link.decide()
    assert link.live_records() == [[record.seq]]


def test_paused_backlog_waits_until_it_is_resumed() -> None:
    link = Link()
    link.decide()
    link.connect()
    link.uplink.commanded(Cmd(kind="pause"), link.stamp())
    link.run(60)
    assert link.bulk_records() == []
    link.uplink.commanded(Cmd(kind="resume"), link.stamp())
    link.run(1)
    assert link.bulk_records() == [[1]]


def test_a_hello_that_is_asked_for_comes_within_the_time_given() -> None:
    link = Link(random=0.5)
    link.connect()
    link.run(1)
    link.uplink.commanded(Cmd(kind="hello", within=30), link.stamp())
    link.run(14.9)
    assert len(link.hellos()) == 1
    link.run(0.2)
    assert len(link.hellos()) == 2


def test_ranges_that_are_asked_for_are_sent_again_although_they_were_settled() -> None:
    link = Link()
    link.connect()
    link.run(1)
    for _ in range(6):
        link.decide()
    link.run(1)
    link.have = ()
    link.uplink.commanded(Cmd(kind="ranges", epoch=link.log.epoch, ranges=[(2, 3), (5, 5)]), link.stamp())
    link.act()
    link.run(1)
    assert link.bulk_records() == [[2, 3, 5]]


def test_memory_is_bounded_while_nobody_acknowledges_and_nothing_is_lost_by_it() -> None:
    deaf = True
    link = Link(loses=lambda kind: deaf and kind != "hello")
    link.connect()
    link.run(1)
    for number in range(3 * MOST_FRESH):
        link.decide(f"pos-{number % 100:05d}/tcp")
    deaf = False
    link.run(2000)
    assert link.log.standing().pending == 0
    assert link.have == ((1, 3 * MOST_FRESH),)


def test_retired_checks_leave_the_snapshot_and_the_digest() -> None:
    link = Link()
    link.decide("a/x")
    link.decide("b/x")
    link.uplink.retire(["a/x"])
    link.connect()
    live = link.pulse()
    assert live is not None
    assert [held.check for held in link.hellos()[-1].snapshot] == ["b/x"]
    assert live.digest == link.collector_digest()


def chance(seed: int, share: float) -> Callable[[str], bool]:
    source = random.Random(seed)
    return lambda _kind: source.random() < share


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32),
    st.floats(0, 0.7),
    st.lists(st.sampled_from(["decide", "connect", "disconnect", "second", "minute"]), max_size=60),
)
def test_whatever_is_lost_on_the_way_the_collector_has_every_record_in_the_end(
    seed: int, share: float, events: list[str]
) -> None:
    link = Link(loses=chance(seed, share), random=0.3)
    decided = 0
    online = False
    for event in events:
        if event == "decide":
            link.decide(f"pos-{decided % 7}/tcp", Status(decided % 4))
            decided += 1
        elif event in ("connect", "disconnect"):
            if online:
                link.disconnect()
            online = event == "connect"
            if online:
                link.connect()
        elif online:
            link.run(1.0 if event == "second" else 60.0)
        assert link.uplink.unacknowledged() <= decided
    if online:
        link.disconnect()
    link._loses = lambda _kind: False
    link.connect()
    link.run(700)
    assert link.log.standing().pending == 0
    assert link.have == (((1, decided),) if decided else ())
    live = link.pulse()
    assert live is not None
    assert live.digest == link.collector_digest()


def test_a_hello_after_a_step_of_the_clock_says_since_when_on_the_clock_of_today() -> None:
    """Or an incident would be dated by as much as the clock was wrong."""
    link = Link()
    link.connect()
    began = link.decide().started_at
    now = Stamp(link.now + 1800.0, "b1", link.now)
    assert [held.since for held in link.uplink.hello(link.log.spans(), now).snapshot] == [began + 1800.0]


def test_a_hello_that_nobody_answers_is_told_as_unanswered_until_an_ack_comes() -> None:
    """The broker took everything, and it reached nobody: 20 s are patience, then it is a state."""
    link = Link(loses=lambda _kind: True)
    link.connect()
    link.run(19)
    assert link.uplink.unanswered(link.stamp()) == 0
    link.run(41)
    assert link.uplink.unanswered(link.stamp()) == 60, "since the first try, however often it was sent again"
    pulse = link.pulse()
    assert pulse is not None
    assert pulse.unanswered == 60
    link._loses = lambda _kind: False
    link.run(300)
    assert link.uplink.unanswered(link.stamp()) == 0


def test_pulses_that_nobody_answers_are_told_after_three_minutes() -> None:
    link = Link()
    link.connect()
    link.run(1)
    for _ in range(12):
        link.pulse()
        link.run(15)
    assert link.uplink.unanswered(link.stamp()) == 0
    link.run(15)
    assert link.uplink.unanswered(link.stamp()) == 195


def test_a_line_that_is_cut_owes_no_answer() -> None:
    link = Link(loses=lambda _kind: True)
    link.connect()
    link.run(100)
    link.disconnect()
    assert link.uplink.unanswered(link.stamp()) == 0
    link.run(1000)
    link.connect()
    assert link.uplink.unanswered(link.stamp()) == 0


def test_three_connections_that_end_after_our_hello_without_an_answer_are_no_accident_of_the_line() -> None:
    link = Link(loses=lambda _kind: True)
    for turn in range(3):
        assert link.uplink.unanswered(link.stamp()) == 0, turn
        link.connect()
        link.run(1)
        link.disconnect()
        link.run(1)
    assert link.uplink.unanswered(link.stamp()) == 6, "since the first of them"
    link._loses = lambda _kind: False
    link.connect()
    link.run(1)
    assert link.uplink.unanswered(link.stamp()) == 0
