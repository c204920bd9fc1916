"""What every log promises, on disk and in memory."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.ranges import contains, merged
from contract.records import Record
from contract.status import Status
from edge_agent.disk import Bounds, DiskLog
from edge_agent.log import START, Log, Page, Position
from edge_agent.memory import MemoryLog
from tests.edge_agent.drafts import draft, drafts, stamp

MakeLog = Callable[[], Log]


@pytest.fixture(params=["disk", "memory"])
def make_log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeLog]:
    made: list[Log] = []

    def make() -> Log:
        number = len(made)
        disk = request.param == "disk"
        made.append(DiskLog(tmp_path / f"{number}.db", Bounds(), stamp()) if disk else MemoryLog())
        return made[-1]

    yield make
    for log in made:
        log.close()


def pages(log: Log, room: int = 1000) -> list[Page]:
    out: list[Page] = []
    after = START
    while page := log.page(after, log.end(), room):
        out.append(page)
        after = page.end
    return out


def pending(log: Log) -> list[int]:
    return [record.seq for page in pages(log) for record in page.records]


def test_records_are_numbered_from_one_without_a_hole_and_name_the_belief_they_replace(make_log: MakeLog) -> None:
    log = make_log()
    first = log.commit([draft("a/x"), draft("b/x")])
    second = log.commit([draft("a/x", Status.OK)])
    assert [record.seq for record in [*first, *second]] == [1, 2, 3]
    assert [record.was_seq for record in [*first, *second]] == [0, 0, 1]
    assert {held.check: (held.state, held.seq) for held in log.beliefs()} == {
        "a/x": (Status.OK, 3),
        "b/x": (Status.CRITICAL, 2),
    }
    assert log.end().seq == 3
    (span,) = log.spans()
    assert (span.epoch, span.previous, span.first, span.last) == (log.epoch, None, 1, 3)


def test_a_record_says_how_often_its_check_measures_and_so_does_the_belief(make_log: MakeLog) -> None:
    log = make_log()
    [record] = log.commit([draft("pos-01/tcp", Status.CRITICAL)._replace(interval=60.0)])
    assert (record.interval, log.beliefs()[0].interval) == (60.0, 60.0)


def test_an_empty_log_has_an_empty_span_and_no_page(make_log: MakeLog) -> None:
    log = make_log()
    (span,) = log.spans()
    assert (span.first, span.last) == (0, 0)
    assert log.page(START, log.end(), 1000) is None


def test_pages_hold_every_pending_record_once_in_order_and_about_as_much_as_there_is_room(make_log: MakeLog) -> None:
    log = make_log()
    log.commit(drafts(50))
    read = pages(log, room=1000)
    assert [record.seq for page in read for record in page.records] == list(range(1, 51))
    assert all(1 <= len(page.records) <= 8 for page in read)
    assert len(pages(log, room=1)) == 50


def test_what_is_settled_is_no_longer_pending_and_can_be_reopened(make_log: MakeLog) -> None:
    log = make_log()
    log.commit(drafts(6))
    log.settle(log.epoch, ((1, 2), (5, 9)), stamp())
    assert (pending(log), log.standing().pending) == ([3, 4], 2)
    log.settle("0" * 16, ((3, 4),), stamp())
    assert log.reopen(log.epoch, ((2, 5),))
    assert (pending(log), log.standing().pending) == ([2, 3, 4, 5], 4)
    assert not log.reopen(log.epoch, ((2, 2),))


def test_a_span_whose_records_are_all_let_go_of_begins_after_its_end(make_log: MakeLog) -> None:
    log = make_log()
    log.commit(drafts(3))
    assert [(span.first, span.last) for span in log.spans()] == [(1, 3)]


def test_retired_checks_are_no_longer_believed(make_log: MakeLog) -> None:
    log = make_log()
    log.commit([draft("a/x"), draft("b/x")])
    log.retire(["a/x", "never/was"])
    assert [held.check for held in log.beliefs()] == ["b/x"]


def test_texts_are_bounded(make_log: MakeLog) -> None:
    log = make_log()
    (record,) = log.commit([draft(text="x" * 10_000)])
    assert len(record.text) == 300


class Model:
    """What a log should hold, said as plainly as can be."""

    def __init__(self) -> None:
        self.pending: set[int] = set()
        self.settled: set[int] = set()
        self.last = 0


steps = st.lists(
    st.one_of(
        st.tuples(st.just("commit"), st.integers(1, 5), st.just(0)),
        st.tuples(st.just("settle"), st.integers(1, 30), st.integers(0, 10)),
        st.tuples(st.just("reopen"), st.integers(1, 30), st.integers(0, 10)),
    ),
    max_size=12,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_whatever_is_done_to_it_a_log_holds_what_a_set_of_numbers_would(
    make_log: MakeLog, done: list[tuple[str, int, int]]
) -> None:
    log, model = make_log(), Model()
    for what, number, width in done:
        ranges = ((number, number + width),)
        if what == "commit":
            log.commit(drafts(number))
            model.pending |= set(range(model.last + 1, model.last + number + 1))
            model.last += number
        elif what == "settle":
            gone = {seq for seq in model.pending if contains(ranges, seq)}
            log.settle(log.epoch, ranges, stamp())
            model.pending, model.settled = model.pending - gone, model.settled | gone
        else:
            back = {seq for seq in model.settled if contains(ranges, seq)}
            assert log.reopen(log.epoch, ranges) == bool(back)
            model.pending, model.settled = model.pending | back, model.settled - back
        assert pending(log) == sorted(model.pending)
        assert log.standing().pending == len(model.pending)
        assert log.end().seq == model.last


def covered(records: list[Record]) -> tuple[tuple[int, int], ...]:
    """The numbers that `records` are or stand for."""
    ranges = [(record.seq, record.seq) for record in records]
    ranges += [(record.first, record.last) for record in records if hasattr(record, "first")]
    return merged(ranges)


def test_a_log_in_memory_is_bounded_and_declares_what_it_dropped() -> None:
    log = MemoryLog(most=10)
    log.commit(drafts(8))
    log.settle(log.epoch, ((1, 5),), stamp())
    log.commit(drafts(9))
    assert log.tidy(stamp())
    records = [record for page in pages(log) for record in page.records]
    assert covered(records) == ((6, log.end().seq),)
    assert log.standing().dropped == 2
    assert all(a.seq < b.seq for a, b in pairwise(records))
    assert log.page(Position(1, log.end().seq), log.end(), 100) is None
