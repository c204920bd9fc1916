"""Tickets that people made at their desk without us. They are imported, and compared with what we would have made."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, delete, select

from collector.database.tables import desk_own_tickets
from collector.database.upsert import upsert

_A_TIME = 5_000  # rows of one statement


class OwnTicket(NamedTuple):
    """`opened_at` in seconds UTC; `ci` is a reference (`0042/pos-01`, `acquirer-a`); empty: the desk does not say."""

    desk: str
    ticket: str
    opened_at: float
    store: str = ""
    ci: str = ""
    category: str = ""


def keep(connection: Connection, tickets: Iterable[OwnTicket]) -> int:
    """Those that are there already are overwritten; returns how many there are in all of `tickets`."""
    rows = list({(one.desk, one.ticket): one._asdict() for one in tickets}.values())
    for at in range(0, len(rows), _A_TIME):
        upsert(connection, desk_own_tickets, rows[at : at + _A_TIME])
    return len(rows)


def listed(connection: Connection, desk: str, since: float, until: float) -> list[OwnTicket]:
    """Those opened from `since` to before `until`, oldest first."""
    table = desk_own_tickets
    query = select(*(table.c[name] for name in OwnTicket._fields))
    query = query.where(table.c.desk == desk, table.c.opened_at >= since, table.c.opened_at < until)
    return [OwnTicket(*row) for row in connection.execute(query.order_by(table.c.opened_at, table.c.ticket))]


def forget(connection: Connection, before: float) -> None:
    connection.execute(delete(desk_own_tickets).where(desk_own_tickets.c.opened_at < before))
