"""Lanes: an incident at a help desk. Reads the outbox into them, hands them out under a lease, keeps what came of it.

Nothing here waits for a desk: every function is one short transaction's part.
"""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, and_, case, func, select, update

from collector.database import problems
from collector.database.incidents import found
from collector.database.tables import desk_feeds, desk_lanes, incidents, outbox
from collector.database.upsert import insert_new
from collector.services import DeskQueue
from rules.course.incident import Incident
from rules.decision import EffectKind

PENDING, IDLE, DEAD = "pending", "idle", "dead"
Kinds = tuple[EffectKind, ...]  # what a desk is told of
A_FEED = 1_000  # effects a transaction


class Lane(msgspec.Struct, frozen=True):
    """A row; `wrote` is the desk's own JSON, `heard` the newest serial of the ticket that we acted on."""

    desk: str
    incident: str
    priority: int
    wanted: int
    sending: int
    done: int
    state: str
    not_before: float
    attempts: int
    ticket: str
    url: str
    wrote: bytes
    heard: int
    error: str


class Effect(NamedTuple):
    key: str
    position: int
    at: float
    kind: EffectKind
    recipient: str
    text: str


class Claimed(NamedTuple):
    """A lane under our lease, the incident as committed, and what the desk has not been told.

    `repeated`: an earlier attempt had the same intent, so any part of it may have been done.
    """

    lane: Lane
    incident: Incident
    effects: list[Effect]
    repeated: bool


class Standing(NamedTuple):
    """A lane of which the desk has everything, and its incident."""

    lane: Lane
    incident: Incident


class Lease(NamedTuple):
    """`holder` works on a lane from `now` to `until`."""

    holder: str
    now: float
    until: float


class Setback(NamedTuple):
    """Not now: again at `until`, after so many attempts that failed, and why."""

    until: float
    attempts: int
    error: str


class Kept(NamedTuple):
    """What is to be remembered of a lane that was carried out."""

    ticket: str
    url: str
    wrote: bytes


def begin(connection: Connection, desk: str, position: int) -> bool:
    """A desk that is new is told of everything after `position`; whether it is."""
    known = connection.execute(select(desk_feeds.c.desk).where(desk_feeds.c.desk == desk)).one_or_none()
    if known is None:
        insert_new(connection, desk_feeds, [{"desk": desk, "position": position, "polled": 0.0, "error": ""}])
    return known is None


def take_up(connection: Connection, desk: str, position: int) -> None:
    """A lane for all that is actionable now, problems too."""
    acted = select(outbox.c.incident).where(outbox.c.kind == "open_ticket")
    unresolved = select(incidents.c.id, incidents.c.priority).where(
        incidents.c.state.in_(("open", "acknowledged")), incidents.c.id.in_(acted)
    )
    rows = [_new_row(desk, row.id, row.priority, position) for row in connection.execute(unresolved)]
    rows += [_new_row(desk, one, 3, position) for one in problems.open_ids(connection)]
    insert_new(connection, desk_lanes, rows)


def feed(connection: Connection, desk: str, kinds: Kinds) -> int:
    """Reads on in the outbox for what is of `kinds`; returns how many effects.

    The engine alone writes there, in order, so none is skipped.
    """
    start = connection.execute(select(desk_feeds.c.position).where(desk_feeds.c.desk == desk)).scalar_one()
    query = select(outbox.c.position, outbox.c.incident, outbox.c.kind).where(outbox.c.position > start)
    rows = connection.execute(query.order_by(outbox.c.position).limit(A_FEED)).all()
    if len(rows) == A_FEED:  # one entry's effects share a position: take them all, or none of them
        last = rows[-1].position
        rows = [row for row in rows if row.position < last] or connection.execute(
            query.where(outbox.c.position == last)
        ).all()
    if not rows:
        return 0
    wanted = {row.incident: row.position for row in rows if row.kind in kinds}
    priorities = _priorities(connection, wanted)
    insert_new(connection, desk_lanes, [_new_row(desk, one, priorities.get(one, 3), 0) for one in wanted])
    for incident, position in wanted.items():
        lane = and_(desk_lanes.c.desk == desk, desk_lanes.c.incident == incident)
        connection.execute(
            update(desk_lanes)
            .where(lane)
            .values(
                wanted=position,
                priority=priorities.get(incident, 3),
                # What a person has to look at stays so until they have asked for it again.
                state=case((desk_lanes.c.state == DEAD, DEAD), else_=PENDING),
            )
        )
    connection.execute(update(desk_feeds).where(desk_feeds.c.desk == desk).values(position=rows[-1].position))
    return len(rows)


def claim(connection: Connection, desk: str, lease: Lease, most: int, kinds: Kinds) -> list[Claimed]:
    """At most `most` lanes under `lease`, P1 first; keeps as intent what of `kinds` will be said now.

    A lane whose holder died stays out of reach until its lease is over: the request may still be on its way.
    """
    due = select(desk_lanes).where(
        desk_lanes.c.desk == desk,
        desk_lanes.c.state == PENDING,
        desk_lanes.c.not_before <= lease.now,
        desk_lanes.c.until <= lease.now,
    )
    order = due.order_by(desk_lanes.c.priority, desk_lanes.c.wanted).limit(most).with_for_update(skip_locked=True)
    return [one for row in connection.execute(order).all() if (one := _claimed(connection, row, lease, kinds))]


def intend(connection: Connection, lane: Lane, holder: str, wrote: bytes) -> None:
    """Keeps what is about to be written. Without effect when the lease was lost."""
    mine = and_(desk_lanes.c.desk == lane.desk, desk_lanes.c.incident == lane.incident, desk_lanes.c.holder == holder)
    connection.execute(update(desk_lanes).where(mine).values(wrote=wrote))


def finish(connection: Connection, lane: Lane, holder: str, kept: Kept) -> bool:
    """The desk has everything up to `lane.sending`. False: the lease was lost, and nothing is kept."""
    more = desk_lanes.c.wanted > lane.sending
    return _release(
        connection,
        lane,
        holder,
        done=lane.sending,
        state=case((more, PENDING), else_=IDLE),
        not_before=0.0,
        attempts=0,
        ticket=kept.ticket,
        url=kept.url,
        wrote=kept.wrote,
        error="",
    )


def postpone(connection: Connection, lane: Lane, holder: str, setback: Setback) -> bool:
    until, attempts, error = setback
    return _release(connection, lane, holder, not_before=until, attempts=attempts, error=error[:500])


def bury(connection: Connection, lane: Lane, holder: str, error: str) -> bool:
    """A dead letter: nothing more is said about this incident at this desk until a person asks for it."""
    return _release(connection, lane, holder, state=DEAD, error=error[:500])


def retry(connection: Connection, desk: str, incident: str = "") -> int:
    """Dead lanes of a desk, or the one of `incident`, wait again; returns how many."""
    dead = and_(desk_lanes.c.desk == desk, desk_lanes.c.state == DEAD)
    if incident:
        dead = and_(dead, desk_lanes.c.incident == incident)
    return connection.execute(update(desk_lanes).where(dead).values(state=PENDING, not_before=0.0, attempts=0)).rowcount


def standing(connection: Connection, desk: str, incident: str = "") -> list[Standing]:
    """Lanes of which the desk has everything, and whose incident is not closed; or that of `incident`."""
    query = select(desk_lanes).join(incidents, incidents.c.id == desk_lanes.c.incident)
    if incident:
        query = query.where(desk_lanes.c.incident == incident)
    rows = connection.execute(
        query.where(desk_lanes.c.desk == desk, desk_lanes.c.state == IDLE, incidents.c.state != "closed")
    )
    return [Standing(_lane(row), known) for row in rows.all() if (known := found(connection, row.incident))]


def again(connection: Connection, lane: Lane, wrote: bytes, done: int) -> bool:
    """Has a standing lane carried out once more, with the news after `done`. False: it is not as `lane` any more."""
    values = {"state": PENDING, "wrote": wrote, "done": done, "not_before": 0.0, "attempts": 0}
    return connection.execute(update(desk_lanes).where(_still(lane)).values(values)).rowcount > 0


def note_difference(connection: Connection, lane: Lane, text: str) -> None:
    """How the ticket of a standing lane differs from what we want; empty when it does not."""
    connection.execute(update(desk_lanes).where(_still(lane)).values(error=text))


def differing(connection: Connection, limit: int) -> list[Lane]:
    """Standing lanes whose ticket is not as we want it, the most urgent first."""
    query = select(desk_lanes).where(desk_lanes.c.state == IDLE, desk_lanes.c.error != "")
    rows = connection.execute(query.order_by(desk_lanes.c.priority, desk_lanes.c.incident).limit(limit))
    return [_lane(row) for row in rows]


def undelivered(connection: Connection, limit: int) -> list[Lane]:
    """Dead lanes first, then those that wait, the most urgent first."""
    query = select(desk_lanes).where(desk_lanes.c.state != IDLE)
    rows = connection.execute(
        query.order_by(desk_lanes.c.state, desk_lanes.c.priority, desk_lanes.c.wanted).limit(limit)
    )
    return [_lane(row) for row in rows]


def counts(connection: Connection) -> dict[tuple[str, str], int]:
    """(desk, state) → how many lanes; a metric."""
    query = select(desk_lanes.c.desk, desk_lanes.c.state, func.count()).group_by(desk_lanes.c.desk, desk_lanes.c.state)
    return {(row[0], row[1]): row[2] for row in connection.execute(query)}


def queues(connection: Connection, desks: Mapping[str, Kinds]) -> list[DeskQueue]:
    """What each of `desks` has not been told of its kinds, whether it has a lane or not."""
    found, trouble = counts(connection), troubles(connection)
    return [
        DeskQueue(
            desk,
            found.get((desk, PENDING), 0),
            found.get((desk, DEAD), 0),
            _since(connection, desk, kinds),
            trouble.get(desk, ""),
        )
        for desk, kinds in desks.items()
    ]


def lane(connection: Connection, desk: str, incident: str) -> Lane | None:
    query = select(desk_lanes).where(desk_lanes.c.desk == desk, desk_lanes.c.incident == incident)
    row = connection.execute(query).one_or_none()
    return None if row is None else _lane(row)


def tell(connection: Connection, desk: str, error: str) -> None:
    """What is wrong with the desk as a whole; empty when nothing is."""
    connection.execute(update(desk_feeds).where(desk_feeds.c.desk == desk).values(error=error[:500]))


def troubles(connection: Connection) -> dict[str, str]:
    """Desk → what is wrong with it, empty when nothing is."""
    return {row.desk: row.error for row in connection.execute(select(desk_feeds))}


def polled(connection: Connection, desk: str) -> float:
    return float(connection.execute(select(desk_feeds.c.polled).where(desk_feeds.c.desk == desk)).scalar_one())


def heard(connection: Connection, desk: str, wanted: Collection[str]) -> dict[str, int]:
    """Incident → the newest serial that was acted on."""
    query = select(desk_lanes.c.incident, desk_lanes.c.heard).where(
        desk_lanes.c.desk == desk, desk_lanes.c.incident.in_(wanted)
    )
    return {row.incident: row.heard for row in connection.execute(query)}


def note_polled(connection: Connection, desk: str, cursor: float) -> None:
    connection.execute(update(desk_feeds).where(desk_feeds.c.desk == desk).values(polled=cursor))


def note_heard(connection: Connection, desk: str, serials: dict[str, int]) -> None:
    for incident, serial in serials.items():
        row = and_(desk_lanes.c.desk == desk, desk_lanes.c.incident == incident)
        connection.execute(update(desk_lanes).where(row, desk_lanes.c.heard < serial).values(heard=serial))


def _still(lane: Lane) -> ColumnElement[bool]:
    """Standing, and nothing was said since `lane` was read."""
    return and_(
        desk_lanes.c.desk == lane.desk,
        desk_lanes.c.incident == lane.incident,
        desk_lanes.c.state == IDLE,
        desk_lanes.c.done == lane.done,
    )


def _since(connection: Connection, desk: str, kinds: Kinds) -> float | None:
    """When the oldest of what it has not been told was decided."""
    waiting = and_(
        outbox.c.incident == desk_lanes.c.incident, outbox.c.position > desk_lanes.c.done, outbox.c.kind.in_(kinds)
    )
    query = select(func.min(outbox.c.at)).select_from(desk_lanes.join(outbox, waiting))
    found = connection.execute(query.where(desk_lanes.c.desk == desk, desk_lanes.c.state == PENDING)).scalar()
    return None if found is None else float(found)


def _claimed(connection: Connection, row: Row[Any], lease: Lease, kinds: Kinds) -> Claimed | None:
    repeated = row.sending > row.done
    sending = row.sending if repeated else row.wanted
    mine = and_(desk_lanes.c.desk == row.desk, desk_lanes.c.incident == row.incident, desk_lanes.c.until == row.until)
    taken = connection.execute(
        update(desk_lanes).where(mine).values(holder=lease.holder, until=lease.until, sending=sending)
    )
    incident = found(connection, row.incident) or problems.ticket_of(connection, row.incident)
    if not taken.rowcount or incident is None:
        return None
    news = select(outbox.c.key, outbox.c.position, outbox.c.at, outbox.c.kind, outbox.c.recipient, outbox.c.text).where(
        outbox.c.incident == row.incident,
        outbox.c.position > row.done,
        outbox.c.position <= sending,
        outbox.c.kind.in_(kinds),
    )
    effects = [Effect(*one) for one in connection.execute(news.order_by(outbox.c.position, outbox.c.key))]
    lane_ = msgspec.structs.replace(_lane(row), sending=sending)
    return Claimed(lane_, incident, effects, repeated)


def _release(connection: Connection, lane_: Lane, holder: str, **values: Any) -> bool:
    mine = and_(desk_lanes.c.desk == lane_.desk, desk_lanes.c.incident == lane_.incident, desk_lanes.c.holder == holder)
    return connection.execute(update(desk_lanes).where(mine).values(holder="", until=0.0, **values)).rowcount > 0


def _priorities(connection: Connection, wanted: Collection[str]) -> dict[str, int]:
    rows = connection.execute(select(incidents.c.id, incidents.c.priority).where(incidents.c.id.in_(wanted)))
    return {row.id: row.priority for row in rows}


def _new_row(desk: str, incident: str, priority: int, wanted: int) -> dict[str, Any]:
    lane_ = Lane(desk, incident, priority, wanted, 0, 0, PENDING, 0.0, 0, "", "", b"", 0, "")
    return msgspec.structs.asdict(lane_) | {"holder": "", "until": 0.0}


def _lane(row: Row[Any]) -> Lane:
    return Lane(**{name: getattr(row, name) for name in Lane.__struct_fields__})
