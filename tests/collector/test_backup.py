from pathlib import Path

import pytest

from collector.database import Database, journal, leases, opened
from collector.database.backup import BackupFailed, backup, replace, restore
from rules.entries import Tick


def length(url: str) -> int:
    database = opened(url)
    with database.reading() as connection:
        position = journal.head_position(connection)
    database.close()
    return position


def test_a_backup_of_a_database_in_use_can_be_restored(database: Database, database_url: str, tmp_path: Path) -> None:
    """Taken between two commits; put back, it holds the first and nobody's leases."""
    with database.writing() as connection:
        journal.append(connection, [Tick(at=1.0)])
        leases.take_lead(connection, "me", now=0.0, lease=1e-3)
    assert backup(database_url, tmp_path / "copy") > 0
    with database.writing() as connection:
        journal.append(connection, [Tick(at=2.0)])
    database.close()
    with pytest.raises(BackupFailed, match="already"):
        restore(database_url, tmp_path / "copy")
    assert length(database_url) == 2
    replace(database_url, tmp_path / "copy")
    assert length(database_url) == 1
    database = opened(database_url)
    with database.writing() as connection:
        assert leases.take_lead(connection, "successor", now=0.0, lease=15.0) is not None
    database.close()


def test_an_earlier_backup_is_never_overwritten(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "copy").write_text("precious")
    with pytest.raises(BackupFailed, match="already there"):
        backup(database_url, tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == "precious"


def test_a_database_that_a_collector_runs_on_is_not_replaced(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    backup(database_url, tmp_path / "copy")
    with database.writing() as connection:
        leases.take_lead(connection, "somebody", now=4e9, lease=15.0)
    with pytest.raises(BackupFailed, match="somebody"):
        replace(database_url, tmp_path / "copy")


def test_what_is_no_backup_changes_nothing(database: Database, database_url: str, tmp_path: Path) -> None:
    with database.writing() as connection:
        journal.append(connection, [Tick(at=1.0)])
    database.close()
    (tmp_path / "copy").write_bytes(b"SQLite format 3\0" + bytes(5000))
    with pytest.raises(BackupFailed):
        replace(database_url, tmp_path / "copy")
    with pytest.raises(BackupFailed):
        replace(database_url, tmp_path / "missing")
    assert length(database_url) == 1
