"""A damaged log never stops an agent, and what can be read of it is kept."""

import random
import sqlite3
from pathlib import Path

import pytest

from contract.records import Gap
from edge_agent import tables
from edge_agent.disk import Bounds, DiskLog
from edge_agent.log import LogCorrupt
from edge_agent.memory import MemoryLog
from edge_agent.opening import open_log
from tests.edge_agent.drafts import draft, drafts, stamp
from tests.edge_agent.test_log import covered, pages


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "agent.db"


def filled(path: Path, count: int = 50) -> str:
    log = DiskLog(path, Bounds(), stamp())
    log.commit(drafts(count))
    log.close()
    return log.epoch


def reopened(path: Path) -> tuple[DiskLog | MemoryLog, list[str]]:
    notes: list[str] = []
    return open_log(path, Bounds(), stamp(), None, notes.append), notes


def test_a_row_that_is_not_what_was_written_is_declared_lost_and_all_others_are_kept(path: Path) -> None:
    epoch = filled(path)
    with sqlite3.connect(path) as db:
        db.execute(
            "UPDATE records SET body = CAST(replace(CAST(body AS TEXT), 'fus', 'FUS') AS BLOB) WHERE seq IN (7, 8, 30)"
        )
    db.close()
    with pytest.raises(LogCorrupt, match="record 1/7 is not what was written"):
        DiskLog(path, Bounds(), stamp())
    log, (note,) = reopened(path)
    assert "set aside" in note
    assert log.epoch != epoch
    assert [(span.epoch, span.previous) for span in log.spans()] == [(epoch, None), (log.epoch, epoch)]
    (page,) = pages(log, 100_000)
    assert page.epoch == epoch
    assert covered(page.records) == ((1, 52),)
    gaps = [(gap.first, gap.last, gap.count) for gap in page.records if isinstance(gap, Gap)]
    assert gaps == [(7, 8, 2), (30, 30, 1)]
    assert log.standing().dropped == 3
    assert len(log.beliefs()) == 50
    assert len(list(path.parent.glob("agent.db.corrupt-*"))) == 1
    log.close()


def test_a_file_that_is_no_database_is_set_aside_and_a_new_log_begins(path: Path) -> None:
    path.write_bytes(b"\0" * 8192)
    for expected in (1, 2):
        path.write_bytes(b"\0" * 8192)
        log, (note,) = reopened(path)
        assert "damaged" in note
        log.commit([draft()])
        log.close()
        assert len(list(path.parent.glob("agent.db.corrupt-*"))) == expected


def test_a_log_of_another_format_is_set_aside_not_overwritten(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE precious (x)")
        db.execute("PRAGMA user_version = 77")
    db.close()
    log, (note,) = reopened(path)
    assert "its format is 77" in note
    log.close()
    (aside,) = path.parent.glob("agent.db.corrupt-*")
    assert sqlite3.connect(aside).execute("SELECT count(*) FROM precious").fetchone() == (0,)


def test_wherever_the_file_is_damaged_the_next_start_has_a_log_that_works(path: Path) -> None:
    """Forty times: some bytes at some place are overwritten or zero, or the file is cut short. No bad row is kept."""
    chance = random.Random(7)
    filled(path, 300)
    whole = path.read_bytes()
    for turn in range(40):
        damaged = bytearray(whole)
        at = chance.randrange(len(damaged))
        match turn % 3:
            case 0:
                del damaged[at:]
            case 1:
                damaged[at : at + 64] = chance.randbytes(64)
            case _:
                damaged[at : at + 64] = bytes(len(damaged[at : at + 64]))
        path.write_bytes(damaged)
        log, _notes = reopened(path)
        (record,) = log.commit([draft()])
        assert record.seq == 1
        for page in pages(log, 100_000):
            seqs = [record.seq for record in page.records]
            assert seqs == sorted(set(seqs))
        log.close()
        with sqlite3.connect(path) as db:
            for row in db.execute("SELECT ordinal, seq, body, crc FROM records NOT INDEXED"):
                tables.record_of(*row)
        db.close()
        again = DiskLog(path, Bounds(), stamp())
        again.close()
        path.with_name("agent.db-wal").unlink(missing_ok=True)


def test_while_the_disk_cannot_be_opened_there_is_a_log_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    notes: list[str] = []
    log = open_log(tmp_path / "file" / "agent.db", Bounds(), stamp(), None, notes.append)
    assert isinstance(log, MemoryLog)
    assert "records are kept in memory" in notes[0]
    assert log.standing().trouble
    assert open_log(tmp_path / "file" / "agent.db", Bounds(), stamp(), log, notes.append) is log
