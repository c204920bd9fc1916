"""What a desk in shadow mode would have been sent. Bounded; it goes with its incident."""

from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, select

from collector.database.tables import desk_shadow

MOST_KEPT = 20_000


class Unsent(NamedTuple):
    """`action` is create, update or resolve; `body` is the ticket's text, or the note."""

    desk: str
    incident: str
    at: float
    action: str
    subject: str
    body: str


def keep(connection: Connection, unsent: Unsent) -> None:
    connection.execute(insert(desk_shadow), [unsent._asdict()])
    newest = connection.execute(select(func.max(desk_shadow.c.id))).scalar_one()
    connection.execute(delete(desk_shadow).where(desk_shadow.c.id <= newest - MOST_KEPT))


def listed(connection: Connection, since: float = 0.0, desk: str = "") -> list[Unsent]:
    """Oldest first."""
    columns = [desk_shadow.c[name] for name in Unsent._fields]
    query = select(*columns).where(desk_shadow.c.at >= since)
    if desk:
        query = query.where(desk_shadow.c.desk == desk)
    return [Unsent(*row) for row in connection.execute(query.order_by(desk_shadow.c.id))]
