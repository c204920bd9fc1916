"""What a desk in shadow mode would have been sent. Bounded; it goes with its incident."""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, delete, func, insert, select

from collector.database.tables import desk_shadow, incidents

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


class Asked(msgspec.Struct, frozen=True):
    """None of a field: any. `since` in seconds UTC; `regions` is what a person may see, without the chain-wide."""

    since: float = 0.0
    desk: str | None = None
    region: str | None = None
    category: str | None = None
    regions: tuple[str, ...] | None = None


class Row(NamedTuple):
    """What was not sent, and of which incident; `id` grows."""

    id: int
    number: int
    region: str
    category: str
    unsent: Unsent


class Sum(NamedTuple):
    """How much was not sent of one kind. `tickets` counts incidents that a ticket would have been made for."""

    desk: str
    region: str
    category: str
    tickets: int
    updates: int
    resolves: int


_OF = incidents.c.id == desk_shadow.c.incident
_KIND = (desk_shadow.c.desk, incidents.c.region, incidents.c.category)


def listed(connection: Connection, asked: Asked, limit: int | None = None, after: int = 0) -> list[Row]:
    """Oldest first, ids above `after`."""
    columns = [desk_shadow.c[name] for name in Unsent._fields]
    query = select(desk_shadow.c.id, incidents.c.number, *_KIND[1:], *columns).join(incidents, _OF)
    query = query.where(desk_shadow.c.id > after, *_conditions(asked)).order_by(desk_shadow.c.id).limit(limit)
    return [
        Row(id_, number, region, category, Unsent(*unsent))
        for id_, number, region, category, *unsent in connection.execute(query)
    ]


def summed(connection: Connection, asked: Asked) -> list[Sum]:
    """One row for each desk, region and category."""
    which = (desk_shadow.c.action, func.count(desk_shadow.c.incident.distinct()), func.count())
    query = select(*_KIND, *which).join(incidents, _OF).where(*_conditions(asked)).group_by(*_KIND, which[0])
    found: dict[tuple[str, str, str], dict[str, int]] = {}
    for desk, region, category, action, of_incidents, times in connection.execute(query.order_by(*_KIND)):
        found.setdefault((desk, region, category), {})[action] = of_incidents if action == "create" else times
    return [
        Sum(desk, region, category, counts.get("create", 0), counts.get("update", 0), counts.get("resolve", 0))
        for (desk, region, category), counts in found.items()
    ]


def _conditions(asked: Asked) -> Iterator[ColumnElement[bool]]:
    if asked.since:
        yield desk_shadow.c.at >= asked.since
    for column, value in zip(_KIND, (asked.desk, asked.region, asked.category), strict=True):
        if value is not None:
            yield column == value
    if asked.regions is not None:
        yield incidents.c.region.in_(asked.regions)
