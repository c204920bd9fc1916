"""Which service of which store is watched, by what, and how stale."""

from typing import Annotated

import msgspec

from collector.auth import sees
from collector.http import cursors
from collector.http.call import Call
from collector.http.instants import shown
from collector.http.problems import Refused
from collector.http.shapes import Shown
from rules.answers import coverage as rules_coverage
from rules.answers.coverage import Member, ServiceCoverage, StoreCoverage, Word

Name = Annotated[str, msgspec.Meta(max_length=64)]


class CoverageQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`gaps`: only stores in which something is not watched, or not heard of."""

    store: Name | None = None
    region: Name | None = None
    gaps: bool = False
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100
    cursor: Annotated[str, msgspec.Meta(max_length=200)] | None = None


class CoverageWatch(msgspec.Struct, frozen=True):
    """A check. `stale_since` null: its agent is heard; else since when what it said may be old."""

    agent: str
    check: str
    interval: float
    stale_since: Shown | None


class CoverageMember(msgspec.Struct, frozen=True):
    """A configuration item that gives the service, with what watches it."""

    ref: str
    name: str
    watched_by: list[CoverageWatch]


class CoverageService(msgspec.Struct, frozen=True):
    """`partly`: some members are watched; `stale`: all that watch it are silent; `unwatched`: nothing checks any."""

    service: str
    title: str
    coverage: Word
    unwatched: list[str]
    stale: list[str]
    members: list[CoverageMember]


class CoverageStore(msgspec.Struct, frozen=True):
    """A store's services, and in `unwatched` its other items that nothing checks."""

    store: str
    name: str
    region: str
    services: list[CoverageService]
    unwatched: list[str]


class CoveragePage(msgspec.Struct, frozen=True):
    """`next` is the cursor of the following page, null on the last."""

    at: Shown
    items: list[CoverageStore]
    next: str | None


async def coverage(call: Call[CoverageQuery, None]) -> CoveragePage:
    """In the order of the stores' ids."""
    state, query, now = call.services.state(), call.query, call.services.clock()
    stores = state.estate.stores
    if query.store is not None:
        _check(call, query.store)
    after = cursors.read(query.cursor, str) if query.cursor else ""
    found: list[CoverageStore] = []
    for id_ in [query.store] if query.store is not None else sorted(stores):
        store = stores[id_]
        if id_ <= after or not sees(call.person, (store.region,)) or query.region not in (None, store.region):
            continue
        seen = rules_coverage.coverage(state, id_, now)
        if seen is not None and (seen.has_gaps or not query.gaps):
            found.append(_store(seen, store.name, store.region))
        if len(found) > query.limit:
            break
    page = found[: query.limit]
    return CoveragePage(shown(now), page, cursors.written(page[-1].store) if len(found) > len(page) else None)


def _check(call: Call[CoverageQuery, None], id_: str) -> None:
    """Raises Refused: 404, or 403 outside the person's regions."""
    store = call.services.state().estate.stores.get(id_)
    if store is None:
        raise Refused(404, "No such store", f"the CMDB knows no store {id_[:80]!r}")
    if not sees(call.person, (store.region,)):
        raise Refused(403, "Not your region", f"{id_} is outside the regions of {call.person.actor}")


def _store(seen: StoreCoverage, name: str, region: str) -> CoverageStore:
    return CoverageStore(seen.store, name, region, [_service(one) for one in seen.services], list(seen.unwatched))


def _service(seen: ServiceCoverage) -> CoverageService:
    return CoverageService(
        service=seen.service,
        title=seen.title,
        coverage=seen.word,
        unwatched=list(seen.unwatched),
        stale=list(seen.stale),
        members=[_member(one) for one in seen.members],
    )


def _member(seen: Member) -> CoverageMember:
    watches = [CoverageWatch(one.agent, one.check, one.interval, shown(one.stale_since)) for one in seen.watches]
    return CoverageMember(seen.ref, seen.name, watches)
