"""Databases of both kinds, migrated and empty, one for each test."""

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.database import Database, opened, upgrade
from tests.collector import postgresql


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    with postgresql.server() as url:
        _migrate(postgresql.create_database(url, "migrated"))
        yield url


@pytest.fixture(scope="session")
def sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database to copy: migrating one for each test would take longer than the tests."""
    path = tmp_path_factory.mktemp("migrated") / "collector.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without any table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/collector.db"
    return postgresql.create_database(request.getfixturevalue("postgresql_url"), f"t{uuid.uuid4().hex}")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated database."""
    if request.param == "sqlite":
        return _copy(request.getfixturevalue("sqlite_file"), tmp_path)
    url = request.getfixturevalue("postgresql_url")
    return postgresql.create_database(url, f"t{uuid.uuid4().hex}", template="migrated")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = opened(database_url)
    yield database
    database.close()


@pytest.fixture
def sqlite_url(sqlite_file: Path, tmp_path: Path) -> str:
    return _copy(sqlite_file, tmp_path)


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Iterator[Database]:
    database = opened(sqlite_url)
    yield database
    database.close()


def _migrate(url: str) -> None:
    database = opened(url)
    upgrade(database)
    database.close()


def _copy(migrated: Path, folder: Path) -> str:
    shutil.copy(migrated, folder / "collector.db")
    return f"sqlite:///{folder}/collector.db"
