"""The log on disk: its lives, its bounds, and a disk that refuses."""

import os
import resource
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from contract.records import Gap, Record
from contract.status import Status
from edge_agent.disk import SETTLED_KEPT, Bounds, DiskLog, bequeath
from edge_agent.log import MAX_EPOCHS, LogInUse
from edge_agent.memory import MemoryLog
from tests.edge_agent.drafts import draft, drafts, stamp
from tests.edge_agent.test_log import covered, pages, pending

ROOMY = Bounds()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store" / "agent.db"


def opened(path: Path, bounds: Bounds = ROOMY) -> DiskLog:
    return DiskLog(path, bounds, stamp())


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """Writes beyond `size` fail, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def records(log: DiskLog) -> list[Record]:
    return [record for page in pages(log, room=100_000) for record in page.records]


def test_the_next_life_has_a_new_epoch_that_names_the_one_before_and_keeps_all(path: Path) -> None:
    first = opened(path)
    first.commit([draft("a/x"), draft("b/x")])
    first.settle(first.epoch, ((1, 1),), stamp())
    first.close()
    second = opened(path)
    second.commit([draft("a/x", Status.OK)])
    assert [(span.epoch, span.previous, span.first, span.last) for span in second.spans()] == [
        (first.epoch, None, 1, 2),
        (second.epoch, first.epoch, 1, 1),
    ]
    assert [(page.epoch, [record.seq for record in page.records]) for page in pages(second)] == [
        (first.epoch, [2]),
        (second.epoch, [1]),
    ]
    assert records(second)[-1].was_seq == 1  # type: ignore[union-attr] # it is a transition
    assert {held.check: (held.epoch, held.seq) for held in second.beliefs()} == {
        "a/x": (second.epoch, 1),
        "b/x": (first.epoch, 2),
    }
    second.close()


def test_lives_without_records_are_forgotten_once_the_collector_has_met_a_later_one(path: Path) -> None:
    for _ in range(5):
        log = opened(path)
        log.close()
    log = opened(path)
    assert len(log.spans()) == 6
    log.settle(log.epoch, (), stamp())
    log.close()
    after = opened(path)
    assert [span.epoch for span in after.spans()] == [log.epoch, after.epoch]
    assert after.spans()[-1].previous == log.epoch
    after.close()


def test_after_more_lives_than_a_hello_can_name_the_last_goes_on_and_nothing_is_lost(path: Path) -> None:
    for number in range(MAX_EPOCHS + 10):
        log = opened(path)
        log.commit([draft(f"pos-{number:02d}/tcp")])
        log.close()
    log = opened(path)
    assert len(log.spans()) == MAX_EPOCHS
    assert len(records(log)) == MAX_EPOCHS + 10
    assert log.spans()[-1].last == 11
    for span in log.spans():
        log.settle(span.epoch, ((1, 100),), stamp())
    log.close()
    log = opened(path)
    assert log.spans()[-1].last == 0
    assert len(log.spans()) <= MAX_EPOCHS
    log.close()


def test_one_log_is_of_one_process(path: Path) -> None:
    log = opened(path)
    with pytest.raises(LogInUse, match="in use by another process"):
        opened(path)
    log.close()


def test_what_is_settled_is_kept_for_a_day_and_what_is_pending_as_long_as_asked(path: Path) -> None:
    log = opened(path, Bounds(keep=3600.0))
    log.commit(drafts(4))
    log.settle(log.epoch, ((1, 2),), stamp(1000.0))
    assert not log.tidy(stamp(1000.0 + 3599))
    assert log.tidy(stamp(1000.0 + 3601))
    assert [type(record) for record in records(log)] == [Gap]
    assert log.standing() == (1, 2, "")
    assert log.reopen(log.epoch, ((1, 2),))
    log.settle(log.epoch, ((1, 5),), stamp(5000.0))
    log.tidy(stamp(5000.0 + SETTLED_KEPT + 1))
    assert not log.reopen(log.epoch, ((1, 5),))
    assert [(span.first, span.last) for span in log.spans()] == [(6, 5)]
    log.close()


def test_a_stepped_wall_clock_makes_nothing_old(path: Path) -> None:
    log = opened(path, Bounds(keep=3600.0))
    log.commit(drafts(4))
    a_day_later = stamp(1000.0)
    a_day_later = type(a_day_later)(wall=a_day_later.wall + 86_400, boot=a_day_later.boot, up=a_day_later.up + 1)
    assert not log.tidy(a_day_later)
    assert log.standing().pending == 4
    log.close()


def test_a_full_log_lets_go_of_the_settled_first_then_of_what_was_recovered_from(path: Path) -> None:
    log = opened(path, Bounds(max_size=200_000))
    log.commit([draft("still-down/tcp")])
    log.commit(drafts(200))
    log.settle(log.epoch, ((100, 150),), stamp())
    for _ in range(10):
        log.commit(drafts(200))
    assert log.tidy(stamp())
    kept = records(log)
    assert not log.reopen(log.epoch, ((100, 150),))
    assert 1 in [record.seq for record in kept], "what still stands goes last"
    assert {held.seq for held in log.beliefs()} <= {record.seq for record in kept}
    gaps = [record for record in kept if isinstance(record, Gap)]
    assert sum(gap.count for gap in gaps) >= log.standing().dropped > 0
    assert path.stat().st_size < 1_000_000
    log.close()


def test_a_bound_that_is_hit_again_and_again_still_accounts_for_every_number(path: Path) -> None:
    log = opened(path, Bounds(max_size=150_000))
    for _ in range(30):
        log.commit(drafts(150))
        log.tidy(stamp())
    assert covered(records(log)) == ((1, log.end().seq),)
    log.close()
    assert path.stat().st_size < 300_000, "thirty rounds of some 50 kB each"


def test_while_the_disk_refuses_records_stay_in_memory_and_are_kept_when_it_no_longer_does(path: Path) -> None:
    log = opened(path)
    log.commit(drafts(3))
    with files_no_larger_than(64 * 1024):
        for _ in range(40):
            log.commit(drafts(50))
        assert str(path) in log.standing().trouble
        assert pending(log) == list(range(1, 2004))
        log.settle(log.epoch, ((1, 2000),), stamp())
        assert pending(log)[-3:] == [2001, 2002, 2003]
        log.settle(log.epoch, ((1, 2003),), stamp())
        log.settle(log.epoch, ((1, 2003),), stamp())
        assert str(path) in log.standing().trouble, "all are acknowledged, but what is believed is not on disk"
        log.commit(drafts(3))
    log.tidy(stamp())
    assert log.standing().trouble == ""
    last = log.end()
    log.close()
    again = opened(path)
    assert [record.seq for record in records(again)][-3:] == [2004, 2005, 2006]
    assert (last.seq, len(again.beliefs())) == (2006, 50)
    again.close()


def test_a_disk_that_cannot_be_opened_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        opened(tmp_path / "file" / "agent.db")


def test_a_log_in_memory_is_taken_over_with_its_epoch(path: Path) -> None:
    before = opened(path)
    before.commit([draft("a/x")])
    before.close()
    memory = MemoryLog()
    memory.commit([draft("b/x"), draft("c/x")])
    memory.settle(memory.epoch, ((1, 1),), stamp())
    bequeath(path, memory.heirloom(), stamp())
    bequeath(path, memory.heirloom(), stamp())
    log = opened(path)
    assert [(page.epoch, [record.seq for record in page.records]) for page in pages(log)] == [
        (before.epoch, [1]),
        (memory.epoch, [2]),
    ]
    assert [span.previous for span in log.spans()] == [None, before.epoch, memory.epoch]
    assert len(log.beliefs()) == 3
    log.close()


def test_every_commit_is_on_disk_before_it_returns(path: Path) -> None:
    """A process that ends without closing anything leaves every committed record behind."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        log = opened(path)
        log.commit(drafts(7))
        os.write(write_end, log.epoch.encode())
        os._exit(0)
    os.waitpid(child, 0)
    epoch = os.read(read_end, 100).decode()
    os.close(read_end)
    os.close(write_end)
    log = opened(path)
    assert [(page.epoch, len(page.records)) for page in pages(log, 100_000)] == [(epoch, 7)]
    log.close()
    assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_the_next_life_knows_by_which_clock_it_was_decided_what_is_believed(path: Path) -> None:
    log = opened(path)
    log.commit([draft("pos-01/tcp", at=1000.0)])
    log.close()
    log = opened(path)
    assert log.told() == {"pos-01/tcp": stamp(1000.0)}
    log.close()


def test_a_gap_that_takes_the_place_of_another_is_told_of_too(path: Path) -> None:
    """Its number is new, and whoever reads backlog has read past it."""
    log = opened(path, Bounds(keep=60.0))
    log.commit([draft("pos-01/tcp", at=1000.0)])
    assert log.tidy(stamp(1061.0))
    assert not log.tidy(stamp(1071.0))
    assert log.tidy(stamp(1200.0))
    assert [record.seq for record in records(log)] == [3]
    assert log.standing().dropped == 1
    log.close()
