"""Brings the database's tables to this release, in one transaction: killed half-way, it simply begins again."""

from importlib.resources import as_file, files

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from collector.database.opening import Database

# Two collectors that start together on PostgreSQL migrate one after the other.
_LOCK = 0x71117A7C


class TooNew(Exception):  # noqa: N818
    """The database was written by a later release."""


def upgrade(database: Database) -> tuple[str | None, str]:
    """Returns the revision before and after. Raises TooNew; then nothing was changed."""
    with as_file(files("collector.database") / "migrations") as folder, database.writing() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        before = revision(connection)
        scripts = ScriptDirectory.from_config(config)
        if before is not None and before not in {script.revision for script in scripts.walk_revisions()}:
            raise TooNew(f"the database is at revision {before}, which this release does not know: install a later one")
        command.upgrade(config, "head")
        return before, revision(connection) or ""


def standing(database: Database) -> tuple[str | None, str]:
    """The revision that the database is at, and the one of this release. Changes nothing."""
    with as_file(files("collector.database") / "migrations") as folder, database.reading() as connection:
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        return revision(connection), ScriptDirectory.from_config(config).get_current_head() or ""


def revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
