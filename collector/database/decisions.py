"""The engine's transaction: changed rows, incidents, timeline and effects, all or nothing, fenced by the term."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, delete, insert, select

from collector.database import problems
from collector.database.leases import advance
from collector.database.tables import engine, engine_rows, incident_stores, incidents, outbox, timeline
from collector.database.upsert import insert_new, upsert
from rules.course.incident import Incident, TimelineEntry
from rules.decision import Effect

_encode = msgspec.json.Encoder().encode
Row = tuple[str, str, bytes]


class Story(NamedTuple):
    """A line of a timeline, with the place in the journal that made it."""

    position: int
    ordinal: int
    line: TimelineEntry


class Due(NamedTuple):
    """An effect, with when and by which entry it was decided."""

    position: int
    at: float
    effect: Effect


class Commit(NamedTuple):
    """All that a run of entries changed: the last value of each row. A None body: the row is gone."""

    old: int
    new: int
    term: int
    rows: Sequence[tuple[str, str, bytes | None]]
    incidents: Sequence[Incident]
    story: Sequence[Story]
    effects: Sequence[Due]


def commit(connection: Connection, done: Commit) -> None:
    """Raises SteppedDown, and then nothing of it happened."""
    advance(connection, done.old, done.new, done.term)
    kept = [{"name": name, "key": key, "body": body} for name, key, body in done.rows if body is not None]
    upsert(connection, engine_rows, kept)
    for name, key, body in done.rows:
        if body is None:
            connection.execute(delete(engine_rows).where(engine_rows.c.name == name, engine_rows.c.key == key))
    problems.forget(connection, [key for name, key, body in done.rows if name == problems.TABLE and body is None])
    # Whatever is resolved gives its cause free before another takes it.
    _save_incidents(connection, [one for one in done.incidents if one.state in ("resolved", "closed")])
    _save_incidents(connection, [one for one in done.incidents if one.state not in ("resolved", "closed")])
    if done.story:
        connection.execute(insert(timeline), [_story_row(story) for story in done.story])
    insert_new(connection, outbox, [outbox_row(due) for due in done.effects])


class EngineRow(NamedTuple):
    position: int
    term: int
    holder: str
    until: float


def engine_row(connection: Connection) -> EngineRow:
    row = connection.execute(select(engine)).one()
    return EngineRow(row.position, row.term, row.holder, row.until)


def state_rows(connection: Connection) -> list[Row]:
    """Every row of the engine's state, ordered, so that two equal states read the same."""
    query = select(engine_rows.c.name, engine_rows.c.key, engine_rows.c.body)
    return [tuple(row) for row in connection.execute(query.order_by(engine_rows.c.name, engine_rows.c.key))]


def rows_of(connection: Connection, name: str) -> list[Row]:
    """The rows of one table of the engine's state."""
    query = select(engine_rows.c.name, engine_rows.c.key, engine_rows.c.body).where(engine_rows.c.name == name)
    return [tuple(row) for row in connection.execute(query.order_by(engine_rows.c.key))]


def effects(connection: Connection, limit: int = 1000) -> list[dict[str, Any]]:
    """The outbox, oldest first."""
    rows = connection.execute(select(outbox).order_by(outbox.c.position, outbox.c.key).limit(limit))
    return [dict(row) for row in rows.mappings()]


def story(connection: Connection, beyond: int, until: int) -> list[tuple[int, bytes]]:
    """The timelines' lines of the positions after `beyond` up to `until`: (position, body), in order."""
    query = select(timeline.c.position, timeline.c.body).where(
        timeline.c.position > beyond, timeline.c.position <= until
    )
    return [
        (row.position, row.body) for row in connection.execute(query.order_by(timeline.c.position, timeline.c.ordinal))
    ]


def effects_between(connection: Connection, beyond: int, until: int) -> list[dict[str, Any]]:
    """The outbox of the positions after `beyond` up to `until`."""
    query = select(outbox).where(outbox.c.position > beyond, outbox.c.position <= until)
    return [dict(row) for row in connection.execute(query).mappings()]


def asked_before(connection: Connection, keys: Sequence[str], position: int) -> set[str]:
    """Which of `keys` the outbox has from that position or before."""
    if not keys:
        return set()
    query = select(outbox.c.key).where(outbox.c.key.in_(keys), outbox.c.position <= position)
    return set(connection.execute(query).scalars())


def _save_incidents(connection: Connection, changed: Iterable[Incident]) -> None:
    changed = list(changed)
    if not changed:
        return
    upsert(connection, incidents, [_incident_row(one) for one in changed])
    gone = incident_stores.c.incident.in_([one.id for one in changed])
    connection.execute(delete(incident_stores).where(gone))
    stores = [{"store": store, "incident": one.id} for one in changed for store in dict.fromkeys(one.stores)]
    if stores:
        connection.execute(insert(incident_stores), stores)


def _incident_row(one: Incident) -> dict[str, Any]:
    return {
        "id": one.id,
        "number": one.number,
        "cause": one.cause,
        "category": one.category,
        "ci": one.ci,
        "region": one.region,
        "state": one.state,
        "priority": one.priority,
        "suppressed": one.suppressed is not None,
        "started_at": one.started_at,
        "closed_at": one.closed_at,
        "body": _encode(one),
    }


def _story_row(story: Story) -> dict[str, Any]:
    line = story.line
    where = {"position": story.position, "ordinal": story.ordinal}
    return where | {"incident": line.incident, "at": line.at, "body": _encode(line)}


def outbox_row(due: Due) -> dict[str, Any]:
    effect = due.effect
    return {
        "key": effect.key,
        "position": due.position,
        "at": due.at,
        "kind": effect.kind,
        "incident": effect.incident,
        "recipient": effect.to,
        "text": effect.text,
    }
