"""Backup and restore. SQLite is copied page by page while it is in use; PostgreSQL through its own pg_dump.

After a restore agents hear acks that lack what the backup lacks, and send it again as far as their logs reach back.
"""

import os
import sqlite3
import subprocess
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from collector.database.decisions import engine_row
from collector.database.migration import upgrade
from collector.database.opening import DatabaseError, opened, sqlite_path

_PAGES_A_STEP = 2_000


class BackupFailed(Exception):  # noqa: N818 - past tense, as all events here
    """Its text is what a person gets."""


def backup(url: str, target: Path) -> int:
    """Writes a consistent copy to `target`, which must not exist; returns its size in bytes. Raises BackupFailed."""
    if target.exists():
        raise BackupFailed(f"{target} is already there; name a new file")
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    path = sqlite_path(url)
    try:
        if path is None:
            _run(["pg_dump", "--format=custom", f"--file={part}", "--dbname", url])
        else:
            _copy(_existing(path), part)
        _settle(part)
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)
    return target.stat().st_size


def restore(url: str, source: Path) -> None:
    """Fills a database that holds nothing yet. Raises BackupFailed when it does: see `replace`."""
    path = sqlite_path(url)
    if path is not None and path.exists():
        raise BackupFailed(f"{path} is already there; with --replace it is overwritten")
    if path is None and not _is_empty(url):
        raise BackupFailed("the database already has tables; with --replace they are overwritten")
    replace(url, source)


def replace(url: str, source: Path) -> None:
    """Puts `source` in the place of the database, whatever that holds. Raises BackupFailed; then nothing changed."""
    path = sqlite_path(url)
    if path is None or path.exists():
        _refuse_in_use(url)
    if path is None:
        _run(["pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction", "--dbname", url, source])
    else:
        _replace_file(path, _existing(source))
    _release(url)


def _replace_file(path: Path, source: Path) -> None:
    fresh = path.with_name(path.name + ".restoring")
    fresh.unlink(missing_ok=True)
    try:
        _copy(source, fresh)
        _check(fresh, source)
        _settle(fresh)
        # A write-ahead log of the old database would be replayed onto the new one.
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        fresh.rename(path)
    finally:
        fresh.unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    try:
        with (
            closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as reading,
            closing(sqlite3.connect(target)) as writing,
        ):
            reading.backup(writing, pages=_PAGES_A_STEP)
            writing.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise BackupFailed(f"{source}: {error}") from error


def _check(fresh: Path, source: Path) -> None:
    try:
        with closing(sqlite3.connect(fresh)) as connection:
            sound = connection.execute("PRAGMA integrity_check").fetchone()[0]
            connection.execute("SELECT position FROM journal_head").fetchone()
    except sqlite3.Error as error:
        raise BackupFailed(f"{source} is no backup of a collector: {error}") from error
    if sound != "ok":
        raise BackupFailed(f"{source} is damaged: {sound}")


def _refuse_in_use(url: str) -> None:
    """A collector that runs holds a lease; one that was stopped gave it back, one that was killed lets it run out."""
    database = opened(url)
    try:
        with database.reading() as connection:
            row = engine_row(connection)
    except DatabaseError:
        return  # empty or damaged, which is what a restore is for
    finally:
        database.close()
    if row.holder and row.until > time.time():
        raise BackupFailed(f"a collector ({row.holder}) runs on this database: stop it first")


def _release(url: str) -> None:
    """The leases in a backup belong to a collector of the past."""
    try:
        database = opened(url)
        upgrade(database)
        with database.writing() as connection:
            connection.exec_driver_sql("UPDATE engine SET holder = '', until = 0")
            connection.exec_driver_sql("UPDATE parts SET holder = '', until = 0")
        database.close()
    except DatabaseError as error:
        raise BackupFailed(f"restored, but it does not open: {error}") from error


def _is_empty(url: str) -> bool:
    database = opened(url)
    try:
        with database.reading() as connection:
            found = connection.exec_driver_sql("SELECT to_regclass('journal_head')").scalar()
    finally:
        database.close()
    return found is None


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise BackupFailed(f"{path}: no such file")
    return path


def _settle(path: Path) -> None:
    """To the disk, before it gets the name that people trust."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _run(command: Sequence[str | Path]) -> None:
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise BackupFailed(f"{command[0]} is not installed: apt-get install postgresql-client") from error
    if done.returncode:
        raise BackupFailed(done.stderr.strip()[:500] or f"{command[0]} ended with {done.returncode}")
