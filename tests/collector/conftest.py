"""Databases of both kinds, migrated and empty, one for each test."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.database import Database, opened, upgrade
from tests.collector import postgresql


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    with postgresql.server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/collector.db"
    return postgresql.create_database(request.getfixturevalue("postgresql_url"), f"t{uuid.uuid4().hex}")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = opened(database_url)
    upgrade(database)
    yield database
    database.close()


@pytest.fixture
def sqlite_database(tmp_path: Path) -> Iterator[Database]:
    database = opened(f"sqlite:///{tmp_path}/collector.db")
    upgrade(database)
    yield database
    database.close()
