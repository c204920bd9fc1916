"""The tables of the log on disk, their rows, and what SQLite's errors mean for them."""

import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from contract.records import Record, Stamp
from contract.reports import Belief
from edge_agent.log import Life, LogCorrupt, LogInUse

FORMAT = 1
T = TypeVar("T")

_SCHEMA = """
CREATE TABLE epochs (ordinal INTEGER PRIMARY KEY, epoch TEXT NOT NULL UNIQUE, previous TEXT, last INTEGER NOT NULL,
                     met INTEGER NOT NULL) STRICT;
CREATE TABLE records (ordinal INTEGER NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, body BLOB NOT NULL,
                      crc INTEGER NOT NULL, boot TEXT NOT NULL, up REAL NOT NULL, wall REAL NOT NULL, settled REAL,
                      PRIMARY KEY (ordinal, seq)) STRICT, WITHOUT ROWID;
CREATE INDEX pending ON records (ordinal, seq) WHERE settled IS NULL;
CREATE TABLE beliefs (check_key TEXT PRIMARY KEY, epoch TEXT NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
                      crc INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE dropped (total INTEGER NOT NULL) STRICT;
INSERT INTO dropped VALUES (0);
"""
INSERT_RECORD = "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)"
INSERT_BELIEF = "INSERT OR REPLACE INTO beliefs VALUES (?, ?, ?, ?, ?)"

_encode = msgspec.json.Encoder().encode
_RECORD: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)
_BELIEF = msgspec.json.Decoder(Belief)


class RecordRow(NamedTuple):
    ordinal: int
    seq: int
    kind: str
    body: bytes
    crc: int
    boot: str
    up: float
    wall: float


def record_row(ordinal: int, record: Record, now: Stamp) -> RecordRow:
    body = _encode(record)
    kind = type(record).__name__.lower()
    return RecordRow(ordinal, record.seq, kind, body, _crc(ordinal, record.seq, body), now.boot, now.up, now.wall)


def record_of(ordinal: int, seq: int, body: object, crc: object) -> Record:
    """The record of a row. Raises LogCorrupt when it is not what was written there: NULL, for all one knows."""
    if not isinstance(body, bytes) or crc != _crc(ordinal, seq, body):
        raise LogCorrupt(f"record {ordinal}/{seq} is not what was written")
    return _RECORD.decode(body)


def belief_row(held: Belief) -> tuple[str, str, int, bytes, int]:
    body = _encode(held)
    return held.check, held.epoch, held.seq, body, zlib.crc32(body)


def belief_of(body: object, crc: object) -> Belief:
    """The belief of a row. Raises LogCorrupt when it is not what was written there."""
    if not isinstance(body, bytes) or crc != zlib.crc32(body):
        raise LogCorrupt("a belief is not what was written")
    return _BELIEF.decode(body)


def lives(db: sqlite3.Connection) -> list[Life]:
    rows = db.execute("SELECT ordinal, epoch, previous, last, met FROM epochs ORDER BY ordinal")
    return [Life(ordinal, epoch, previous, last, bool(met)) for ordinal, epoch, previous, last, met in rows]


def opened(path: Path) -> sqlite3.Connection:
    """The log at `path`, made if need be. Raises LogInUse, LogCorrupt, or OSError when the disk refuses."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(path, timeout=1.0, isolation_level=None)
    except sqlite3.Error as error:
        raise OSError(f"{path}: {error}") from error
    try:
        with naming_errors(path):
            db.execute("PRAGMA locking_mode = EXCLUSIVE")
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            db.execute("PRAGMA cache_size = -512")  # KiB: the log is written far more than read
            db.execute("PRAGMA journal_size_limit = 4194304")
            _prepare(db)
    except BaseException:
        db.close()
        raise
    return db


def _prepare(db: sqlite3.Connection) -> None:
    db.execute("BEGIN IMMEDIATE")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version == 0 and not db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
        for statement in _SCHEMA.split(";")[:-1]:
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {FORMAT}")
    elif version != FORMAT:
        raise LogCorrupt(f"its format is {version}; this release reads {FORMAT}")
    db.execute("COMMIT")


@contextmanager
def naming_errors(path: Path) -> Iterator[None]:
    """Turns SQLite's errors into ours: LogCorrupt, LogInUse, or OSError for a disk that refuses."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise LogInUse(f"{path} is in use by another process") from error
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT):
            raise LogCorrupt(f"{path}: {error}") from error
        raise OSError(f"{path}: {error}") from error
    except msgspec.DecodeError as error:
        raise LogCorrupt(f"{path}: {error}") from error


def transact(db: sqlite3.Connection, path: Path, work: Callable[[], T]) -> T:
    """`work` in one durable transaction, or not at all. Raises as `naming_errors` says."""
    with naming_errors(path):
        db.execute("BEGIN IMMEDIATE")
        try:
            outcome = work()
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
    return outcome


def _crc(ordinal: int, seq: int, body: bytes) -> int:
    return zlib.crc32(body, zlib.crc32(f"{ordinal}/{seq}".encode()))
