import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from collector.database import Database, TooNew, opened, upgrade
from collector.database.tables import metadata


def test_the_migrations_make_exactly_the_tables_that_the_code_uses(database: Database) -> None:
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_second_migration_changes_nothing(database: Database) -> None:
    assert upgrade(database) == ("0004", "0004")


def test_a_database_of_a_later_release_is_refused(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(TooNew, match="9999"):
        upgrade(database)


KILLED = """
import os, signal, sys
from sqlalchemy import event
from collector.database import opened, upgrade
database = opened(sys.argv[1])
seen = []
def die(connection, cursor, statement, *rest):
    seen.append(statement)
    if statement.lstrip().startswith("CREATE TABLE incidents"):
        os.kill(os.getpid(), signal.SIGKILL)
event.listen(database._writer, "before_cursor_execute", die)
upgrade(database)
"""


def test_a_migration_that_was_killed_completes_on_the_next_start(empty_url: str) -> None:
    """kill -9 in the middle of the tables: the next start finds a database it can migrate, and does."""
    killed = subprocess.run([sys.executable, "-c", KILLED, empty_url], check=False, cwd=Path.cwd())
    assert killed.returncode == -9
    database = opened(empty_url)
    try:
        assert upgrade(database) == (None, "0004")
        with database.reading() as connection:
            assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    finally:
        database.close()
