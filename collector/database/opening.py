"""Opens the database and hands out its two kinds of transaction: `writing` and `reading`.

SQLite has one writer connection behind a lock and its own connections for readers: before 3.51.3 two connections that
write and checkpoint can corrupt the WAL. `synchronous=FULL`, because NORMAL loses committed rows in a power cut.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import (
    ArgumentError,
    InterfaceError,
    InternalError,
    NoSuchModuleError,
    OperationalError,
    ProgrammingError,
)
from sqlalchemy.pool import QueuePool, StaticPool

_BUSY_SECONDS = 30.0


class DatabaseError(Exception):
    """The database is away, busy or not what it should be; nothing of the transaction is known to have happened."""


class Database:
    """An open database. Threads may share it; a transaction belongs to one thread."""

    def __init__(self, writer: Engine, reader: Engine, lock: Any) -> None:
        self._writer = writer
        self._reader = reader
        self._lock = lock

    @property
    def is_sqlite(self) -> bool:
        return self._writer.dialect.name == "sqlite"

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that commits when the block ends and rolls back when it raises."""
        with self._lock, _translated(), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of everything and changes nothing."""
        with _translated(), self._reader.begin() as connection:
            yield connection

    def close(self) -> None:
        self._reader.dispose()
        with self._lock:
            self._writer.dispose()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError, InternalError, ProgrammingError) as error:
        raise DatabaseError(str(error.orig).strip()) from error


def opened(url: str) -> Database:
    """The database at `url` (sqlite:////path or postgresql://…). Raises ValueError for a URL that is neither."""
    parsed = _parsed(url)
    return _sqlite(parsed) if parsed.get_backend_name() == "sqlite" else _postgresql(parsed)


def sqlite_path(url: str) -> Path | None:
    """The file behind a sqlite URL; None for any other database."""
    parsed = _parsed(url)
    return Path(parsed.database or "") if parsed.get_backend_name() == "sqlite" else None


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, NoSuchModuleError) as error:
        raise ValueError(f"not a database URL: {error}") from error
    if backend not in ("sqlite", "postgresql"):
        raise ValueError(f"{backend} is not supported: expected sqlite:// or postgresql://")
    return parsed.set(drivername="postgresql+psycopg") if backend == "postgresql" else parsed


def _sqlite(url: URL) -> Database:
    if not url.database or url.database == ":memory:":
        raise ValueError("a SQLite database needs a file: sqlite:////path/to/collector.db")
    Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    arguments = {"check_same_thread": False, "timeout": _BUSY_SECONDS}
    writer = create_engine(url, connect_args=arguments, poolclass=StaticPool)
    reader = create_engine(url, connect_args=arguments, poolclass=QueuePool, pool_size=4, max_overflow=12)
    event.listen(writer, "connect", _sqlite_writer)
    event.listen(reader, "connect", _sqlite_reader)
    event.listen(writer, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    event.listen(reader, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return Database(writer, reader, threading.RLock())


def _sqlite_writer(connection: Any, _record: Any) -> None:
    # The driver's own, late BEGIN would let two writers read before they lock.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "mmap_size=0"):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_reader(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA query_only=ON")
    connection.execute("PRAGMA mmap_size=0")


def _postgresql(url: URL) -> Database:
    patience = {"connect_timeout": 10, "options": "-c lock_timeout=30s"}
    # A collector that is paused in the middle of a transaction would keep its locks, and nobody could take over.
    hurry = {**patience, "options": f"{patience['options']} -c idle_in_transaction_session_timeout=10s"}
    # READ COMMITTED: whoever waited for a locked row sees what the one before committed.
    writer = create_engine(url, pool_pre_ping=True, pool_size=8, isolation_level="READ COMMITTED", connect_args=hurry)
    reader = create_engine(
        url, pool_pre_ping=True, pool_size=4, max_overflow=12, isolation_level="REPEATABLE READ", connect_args=patience
    )
    return Database(writer, reader, _NoLock())


class _NoLock:
    """PostgreSQL locks rows by itself."""

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...
