"""Insert-or-overwrite and insert-or-leave, in the two dialects that we speak."""

from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def upsert(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Inserts `rows`, or overwrites those with the same primary key."""
    if not rows:
        return
    insert: Any = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(table)
    keys = [column.name for column in table.primary_key]
    fresh = {column.name: insert.excluded[column.name] for column in table.columns if column.name not in keys}
    connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=fresh), rows)


def insert_new(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Inserts `rows`; those whose primary key is already there stay as they are."""
    if not rows:
        return
    insert: Any = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(table)
    connection.execute(insert.on_conflict_do_nothing(), rows)
