"""Finds the journal that a person names: a collector.yaml, a database's URL or file, or an exported journal."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from collector.config import read
from collector.database import Connection, DatabaseError, opened, sqlite_path, standing
from collector.journal_file import read as read_exported
from collector.recording import Recording, of_database
from contract.documents import DocumentError
from tillwatch.failure import CommandFailed

NAMED = "collector.yaml, a database's URL or SQLite file, or what `tillwatch journal export` wrote"
_CONFIGURATION = (".yaml", ".yml")
_SQLITE = b"SQLite format 3\0"


class Found(NamedTuple):
    """`connection` reads the database at `url`, which the journal is in; None: it is in a file with its `digest`."""

    recording: Recording
    connection: Connection | None
    url: str = ""
    digest: str = ""


@contextmanager
def found(name: str) -> Iterator[Found]:
    """The journal. Raises CommandFailed where there is none; ChainBroken comes while it is read."""
    path = Path(name)
    with ExitStack() as ending:
        if "://" not in name and path.is_file() and path.suffix not in _CONFIGURATION and not _is_sqlite(path):
            with _told(name):
                exported = ending.enter_context(read_exported(path))
            yield Found(exported.recording, None, digest=exported.digest)
        else:
            connection = ending.enter_context(connected(name))
            with _told(name):
                recording = of_database(connection)
            yield Found(recording, connection, _url(name))


@contextmanager
def connected(name: str) -> Iterator[Connection]:
    """A transaction that reads the database. Raises CommandFailed."""
    with ExitStack() as ending:
        with _told(name):
            database = opened(_existing(_url(name)))
            ending.callback(database.close)
            has, knows = standing(database)
            if has != knows:
                raise CommandFailed(f"{name}: the database is at revision {has}, this release at {knows}", 2)
            connection = ending.enter_context(database.reading())
        yield connection


@contextmanager
def _told(name: str) -> Iterator[None]:
    try:
        yield
    except DocumentError as error:
        raise CommandFailed(str(error).splitlines()[0], 2) from error
    except (ValueError, LookupError) as error:
        raise CommandFailed(f"{name}: {error}" if name not in str(error) else str(error), 2) from error
    except (DatabaseError, OSError) as error:
        raise CommandFailed(f"{name}: {error}") from error


def _url(name: str) -> str:
    path = Path(name)
    if "://" in name:
        return name
    if path.suffix in _CONFIGURATION:
        return read(path).database
    if not path.exists():
        raise CommandFailed(f"{name}: there is no such file; expected {NAMED}", 2)
    return f"sqlite:///{path.resolve()}"


def _existing(url: str) -> str:
    """Opening a SQLite database would make it."""
    file = sqlite_path(url)
    if file is not None and not file.is_file():
        raise CommandFailed(f"{file}: there is no such database", 2)
    return url


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE
