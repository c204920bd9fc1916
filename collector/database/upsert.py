"""Insert-or-overwrite and insert-or-leave, in the two dialects that we speak."""

from functools import cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def upsert(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Inserts `rows`, or overwrites those with the same primary key."""
    if not rows:
        return
    connection.execute(_overwriting(table, connection.dialect.name), rows)


def insert_new(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Inserts `rows`; those whose primary key is already there stay as they are."""
    if not rows:
        return
    connection.execute(_insert(table, connection.dialect.name).on_conflict_do_nothing(), rows)


@cache  # making the statement costs more than running it
def _overwriting(table: Table, dialect: str) -> Any:
    insert = _insert(table, dialect)
    keys = [column.name for column in table.primary_key]
    fresh = {column.name: insert.excluded[column.name] for column in table.columns if column.name not in keys}
    return insert.on_conflict_do_update(index_elements=keys, set_=fresh)


def _insert(table: Table, dialect: str) -> Any:
    return (sqlite if dialect == "sqlite" else postgresql).insert(table)
