"""The list of incidents and one incident in full."""

import asyncio
from collections.abc import Iterable
from typing import Annotated, Any, Literal

import msgspec

from collector.auth import Person, sees
from collector.http import cursors, present, shapes
from collector.http.call import Call, NoQuery
from collector.http.instants import seconds, shown
from collector.http.problems import Refused
from collector.services import IncidentFilter, PageKey, Services
from rules.course.incident import Incident, Phase, Priority

_PRIORITY: dict[str, Priority] = {"P1": 1, "P2": 2, "P3": 3, "1": 1, "2": 2, "3": 3}
COMMIT_TIME, COMMIT_LOOKS = 2.0, 40  # seconds, and how often in them
_UNRESOLVED: tuple[Phase, ...] = ("open", "acknowledged")


class IncidentQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Absent: any. `sort=worst` puts problems first among the unresolved: by priority, the unacknowledged before."""

    state: tuple[Phase, ...] | None = None
    priority: tuple[Literal["P1", "P2", "P3", "1", "2", "3"], ...] | None = None
    store: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,63}\Z")] | None = None
    category: Annotated[str, msgspec.Meta(max_length=63)] | None = None
    since: Annotated[str, msgspec.Meta(description="RFC 3339; keeps what started then or later")] | None = None
    suppressed: bool | None = None
    sort: Literal["newest", "worst"] = "newest"
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 50
    cursor: Annotated[str, msgspec.Meta(max_length=500)] | None = None


class _WorstKey(msgspec.Struct, frozen=True, array_like=True, order=True):
    """Ascending: P1 first, unacknowledged first, newest first; the id makes it total."""

    priority: int
    acknowledged: bool
    age: float
    id: str


async def listed(call: Call[IncidentQuery, None]) -> shapes.IncidentPage:
    wanted = _filter(call.query, call.person)
    at, position = shown(call.services.clock()), call.services.position()
    if call.query.sort == "worst":
        found, following = _worst(call, wanted)
    else:
        found, following = await _newest(call, wanted)
    return shapes.IncidentPage([present.incident(known) for known in found], following, at, position)


async def one(call: Call[NoQuery, None]) -> shapes.IncidentInFull:
    known = await found(call, call.path["id"])
    return await in_full(call, known)


async def in_full(call: Call[Any, Any], known: Incident) -> shapes.IncidentInFull:
    """With its story, and with the unresolved incidents that it explains."""
    story = await call.services.timeline(known.id)
    state = call.services.state()
    parts = [state.incidents[id_] for id_ in state.parts.get(known.id, ()) if id_ in state.incidents]
    return present.incident_in_full(known, story, parts)


async def found(call: Call[Any, Any], id_: str) -> Incident:
    """The incident `id_`, by its id. Raises Refused: 404, or 403 outside the person's regions."""
    known = await _committed(call.services, id_)
    if known is None:
        raise Refused(404, "No such incident", f"there is no incident {id_[:80]!r}")
    if not sees(call.person, (known.region,)):
        raise Refused(403, "Not your region", f"incident {known.number} is outside the regions of {call.person.actor}")
    return known


async def _committed(services: Services, id_: str) -> Incident | None:
    """The engine's state, which the worst-first list shows, is ahead of the database while a commit lasts: wait."""
    for _ in range(COMMIT_LOOKS):
        known = await services.incident(id_)
        if known is not None or id_ not in services.state().incidents:
            return known
        await asyncio.sleep(COMMIT_TIME / COMMIT_LOOKS)
    raise Refused(503, "Not committed yet", "the database is slow; ask again", headers={"Retry-After": "2"})


async def _newest(call: Call[IncidentQuery, None], wanted: IncidentFilter) -> tuple[list[Incident], str | None]:
    after = cursors.read(call.query.cursor, PageKey) if call.query.cursor else None
    rows = await call.services.incidents(wanted, call.query.limit + 1, after)
    page = rows[: call.query.limit]
    more = len(rows) > len(page)
    return page, cursors.written(PageKey(page[-1].started_at, page[-1].id)) if more else None


def _worst(call: Call[IncidentQuery, None], wanted: IncidentFilter) -> tuple[list[Incident], str | None]:
    """From the engine's own state: it holds all that is unresolved, in the order in which people should look."""
    if wanted.state is None or not set(wanted.state) <= set(_UNRESOLVED):
        raise Refused(400, "Bad parameters", "sort: worst takes state=open,acknowledged; resolved ones sort by newest")
    after = cursors.read(call.query.cursor, _WorstKey) if call.query.cursor else None
    keyed = sorted(
        (_worst_key(known), known)
        for known in call.services.state().incidents.values()
        if matches(wanted, known) and (after is None or _worst_key(known) > after)
    )
    page = keyed[: call.query.limit]
    return [known for _, known in page], cursors.written(page[-1][0]) if len(keyed) > len(page) else None


def _worst_key(known: Incident) -> _WorstKey:
    return _WorstKey(known.priority, known.state == "acknowledged", -known.started_at, known.id)


def matches(wanted: IncidentFilter, known: Incident) -> bool:
    """The filter as the database applies it, for what is in memory."""
    return (
        (wanted.state is None or known.state in wanted.state)
        and (wanted.priority is None or known.priority in wanted.priority)
        and (wanted.store is None or wanted.store in known.stores)
        and (wanted.category is None or known.category == wanted.category)
        and (wanted.since is None or known.started_at >= wanted.since)
        and (wanted.regions is None or known.region in wanted.regions)
        and (wanted.suppressed is None or (known.suppressed is not None) == wanted.suppressed)
    )


def unresolved(known: Iterable[Incident], person: Person) -> list[Incident]:
    """What a person's live view begins with, worst first."""
    mine = [one for one in known if one.state in _UNRESOLVED and sees(person, (one.region,))]
    return sorted(mine, key=_worst_key)


def _filter(query: IncidentQuery, person: Person) -> IncidentFilter:
    try:
        since = None if query.since is None else seconds(query.since)
    except ValueError as error:
        raise Refused(400, "Bad parameters", f"since: {error}") from error
    return IncidentFilter(
        state=query.state,
        priority=None if query.priority is None else tuple(_PRIORITY[word] for word in query.priority),
        store=query.store,
        category=query.category,
        since=since,
        regions=None if person.regions is None else tuple(sorted(person.regions)),
        suppressed=query.suppressed,
    )
