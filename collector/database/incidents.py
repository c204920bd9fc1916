"""Questions about incidents, as they are committed."""

from collections.abc import Iterator

import msgspec
from sqlalchemy import Connection, Select, and_, delete, or_, select

from collector.database.tables import desk_lanes, desk_shadow, incident_stores, incidents, outbox, timeline
from collector.services import IncidentFilter, PageKey
from rules.course.incident import Incident, TimelineEntry

_incident = msgspec.json.Decoder(Incident).decode
_line = msgspec.json.Decoder(TimelineEntry).decode


def listed(connection: Connection, wanted: IncidentFilter, limit: int, after: PageKey | None = None) -> list[Incident]:
    """At most `limit`, newest `started_at` first, beginning after `after`."""
    query = _filtered(select(incidents.c.body), wanted)
    if after is not None:
        earlier = incidents.c.started_at < after.started_at
        same = and_(incidents.c.started_at == after.started_at, incidents.c.id < after.id)
        query = query.where(or_(earlier, same))
    query = query.order_by(incidents.c.started_at.desc(), incidents.c.id.desc()).limit(limit)
    return [_incident(row.body) for row in connection.execute(query)]


def lasting(connection: Connection, since: float, until: float) -> list[Incident]:
    """Those that began before `until` and were not closed before `since`."""
    lasts = or_(incidents.c.closed_at.is_(None), incidents.c.closed_at >= since)
    query = select(incidents.c.body).where(incidents.c.started_at < until, lasts)
    return [_incident(body) for body in connection.execute(query).scalars()]


def found(connection: Connection, id_: str) -> Incident | None:
    body = connection.execute(select(incidents.c.body).where(incidents.c.id == id_)).scalar()
    return None if body is None else _incident(body)


def story(connection: Connection, incident: str) -> list[TimelineEntry]:
    """The incident's timeline, oldest first."""
    query = select(timeline.c.body).where(timeline.c.incident == incident)
    rows = connection.execute(query.order_by(timeline.c.position, timeline.c.ordinal))
    return [_line(body) for body in rows.scalars()]


def ids(connection: Connection) -> set[str]:
    """Of every incident that is not forgotten."""
    return set(connection.execute(select(incidents.c.id)).scalars())


def bodies(connection: Connection) -> Iterator[tuple[str, bytes]]:
    """(id, JSON) of every incident that is not forgotten."""
    for row in connection.execute(select(incidents.c.id, incidents.c.body)):
        yield row.id, row.body


def forget_closed(connection: Connection, before: float) -> int:
    """Deletes the incidents closed before that instant, with all that is kept of them; returns how many."""
    old = select(incidents.c.id).where(incidents.c.closed_at < before)
    for table in (timeline, incident_stores, outbox, desk_lanes, desk_shadow):
        connection.execute(delete(table).where(table.c.incident.in_(old)))
    return connection.execute(delete(incidents).where(incidents.c.closed_at < before)).rowcount


def _filtered(query: Select[tuple[bytes]], wanted: IncidentFilter) -> Select[tuple[bytes]]:
    if wanted.state is not None:
        query = query.where(incidents.c.state.in_(wanted.state))
    if wanted.priority is not None:
        query = query.where(incidents.c.priority.in_(wanted.priority))
    if wanted.category is not None:
        query = query.where(incidents.c.category == wanted.category)
    if wanted.since is not None:
        query = query.where(incidents.c.started_at >= wanted.since)
    if wanted.regions is not None:
        query = query.where(incidents.c.region.in_(wanted.regions))
    if wanted.suppressed is not None:
        query = query.where(incidents.c.suppressed == wanted.suppressed)
    if wanted.store is not None:
        hit = select(incident_stores.c.incident).where(incident_stores.c.store == wanted.store)
        query = query.where(incidents.c.id.in_(hit))
    return query
