"""The chain's stores, and who may see which."""

from typing import Annotated, Any

import msgspec

from collector.auth import sees
from collector.expected import run_of
from collector.http import cursors, present, store_shapes
from collector.http.call import Call, NoQuery
from collector.http.instants import shown
from collector.http.problems import Refused
from collector.metrics.rollups import store_status
from rules.answers import views
from rules.given.cmdb import Store
from rules.state import State


class StoreQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    region: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    status: tuple[store_shapes.StoreStatus, ...] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100
    cursor: Annotated[str, msgspec.Meta(max_length=200)] | None = None


async def listed(call: Call[StoreQuery, None]) -> store_shapes.StorePage:
    """In the order of their ids."""
    state, query = call.services.state(), call.query
    after = cursors.read(query.cursor, str) if query.cursor else ""
    unresolved = _unresolved(state)
    found: list[store_shapes.StoreSummary] = []
    for id_ in sorted(state.estate.stores):
        store = state.estate.stores[id_]
        if id_ > after and sees(call.person, (store.region,)) and query.region in (None, store.region):
            summary = _summary(call, state, store, unresolved.get(id_, 0))
            if query.status is None or summary.status in query.status:
                found.append(summary)
        if len(found) > query.limit:
            break
    page = found[: query.limit]
    return store_shapes.StorePage(page, cursors.written(page[-1].id) if len(found) > len(page) else None)


async def one(call: Call[NoQuery, None]) -> store_shapes.Store:
    id_ = call.path["id"]
    check_region(call, id_)
    view = views.store_view(call.services.state(), id_, call.services.clock())
    if view is None:
        raise Refused(404, "No such store", f"the CMDB knows no store {id_[:80]!r}")
    agents = call.services.state().estate.agents(id_)
    fleet, expected = call.services.fleet, call.services.expected()
    shown_agents = [
        present.agent(run_of(one, fleet.installed, expected), _last_seen(call, [one]), fleet.quarantined.get(one))
        for one in agents
    ]
    return present.store(view, _last_seen(call, agents), shown_agents)


async def ci(call: Call[NoQuery, None]) -> store_shapes.Ci:
    """A CI that only agents speak of is shown too: the CMDB may be behind."""
    ref = call.path["ref"]
    check_region(call, ref)
    view = views.item_view(call.services.state(), ref, call.services.clock())
    if view is None:
        raise Refused(404, "No such CI", f"nobody knows {ref[:130]!r}; a store's CI is written 0042/pos-01")
    return present.ci(view)


def ref_of(call: Call[Any, Any]) -> str:
    """The CI (`0042/pos-01`, `acquirer-a`) or store that the address names. Raises Refused 404 for an unknown one."""
    ref = call.path["ref"]
    estate = call.services.state().estate
    if ref not in estate.items and ref not in estate.stores:
        raise Refused(404, "No such CI", f"the CMDB knows no {ref[:130]!r}; a store's CI is written 0042/pos-01")
    return ref


def check_region(call: Call[Any, Any], ref: str) -> None:
    """Raises Refused 403 for a store, or a CI of a store, outside the person's regions. Shared CIs are everybody's."""
    store = call.services.state().estate.stores.get(ref.partition("/")[0])
    if store is not None and not sees(call.person, (store.region,)):
        raise Refused(403, "Not your region", f"{ref} is outside the regions of {call.person.actor}")


def _summary(call: Call[StoreQuery, None], state: State, store: Store, incidents: int) -> store_shapes.StoreSummary:
    return store_shapes.StoreSummary(
        id=store.id,
        name=store.name,
        region=store.region,
        status=store_status(state, store),
        trading=state.estate.is_trading(store.id, call.services.clock()),
        last_seen=shown(_last_seen(call, store.agents)),
        incidents=incidents,
    )


def _last_seen(call: Call[Any, Any], agents: list[str]) -> float | None:
    heard = [view.arrived for agent in agents if (view := call.services.fleet.views.get(agent)) is not None]
    return max(heard, default=None)


def _unresolved(state: State) -> dict[str, int]:
    counts: dict[str, int] = {}
    for one in state.incidents.values():
        if one.state in ("open", "acknowledged"):
            for store in one.stores:
                counts[store] = counts.get(store, 0) + 1
    return counts
