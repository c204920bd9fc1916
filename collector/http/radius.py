"""The blast radius of a configuration item, ready to be drawn: what needs it, how many steps away, and how it is."""

from collections.abc import Iterable

from collector.http import store_shapes
from collector.http.call import Call, NoQuery
from collector.http.stores import check_region, ref_of
from collector.metrics.rollups import StoreStatus, store_status
from rules.answers import views
from rules.given import graph
from rules.state import State

MOST_NODES = 300
_STORE_WORDS: dict[StoreStatus, store_shapes.NodeStatus] = {
    "ok": "ok",
    "degraded": "warning",
    "unreachable": "critical",
    "unknown": "unknown",
}


async def blast_radius(call: Call[NoQuery, None]) -> store_shapes.BlastRadius:
    state, ref = call.services.state(), ref_of(call)
    check_region(call, ref)
    known = state.estate
    # A store stands above all that is in it: nothing says so in the CMDB, and everybody means it.
    depths = _of_store(state, ref) if ref in known.stores else _depths(known.graph, ref)
    # What fails comes first, so that it is drawn when not all can be.
    drawn = sorted(depths, key=lambda one: (depths[one], one not in state.items, one))[:MOST_NODES]
    edges = [(parent, child) for parent in drawn for child in known.graph.children.get(parent, ()) if child in depths]
    if ref in known.stores:
        edges += [(ref, one) for one in drawn if depths[one] == 1]
    items = [known.items[one] for one in depths if one in known.items]
    return store_shapes.BlastRadius(
        ref=ref,
        total=len(depths),
        nodes=[_node(state, one, depths[one], call.services.clock()) for one in drawn],
        edges=[edge for edge in edges if edge[1] in set(drawn)],
        stores=sorted({item.store for item in items if item.store}),
        services=sorted({service for item in items for service in item.provides}),
    )


def _depths(of: graph.Graph, ref: str) -> dict[str, int]:
    return _walked(of, {ref: 0})


def _of_store(state: State, store: str) -> dict[str, int]:
    members = [item.ref for item in state.estate.members.get(store, ())]
    tops = {ref: 1 for ref in members if not set(state.estate.graph.parents.get(ref, ())) & set(members)}
    return _walked(state.estate.graph, {store: 0} | tops, only=set(members))


def _walked(of: graph.Graph, depths: dict[str, int], only: Iterable[str] | None = None) -> dict[str, int]:
    allowed = None if only is None else set(only)
    waiting = list(depths)
    for one in waiting:
        for child in of.children.get(one, ()):
            if child not in depths and (allowed is None or child in allowed):
                depths[child] = depths[one] + 1
                waiting.append(child)
    return depths


def _node(state: State, ref: str, depth: int, now: float) -> store_shapes.Node:
    store = state.estate.stores.get(ref)
    if store is not None:
        return store_shapes.Node(ref, store.name, "store", _STORE_WORDS[store_status(state, store)], depth)
    view = views.item_view(state, ref, now)
    if view is None:
        return store_shapes.Node(ref, "", "", "unknown", depth)
    return store_shapes.Node(ref, view.name, view.klass, view.state, depth)
