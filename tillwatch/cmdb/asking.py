"""Which agent asks which item what: `checks_by_class`, spelt out for every item. Pure.

Stores are chosen by a hash of their own id, so a new store does not move the checks of the others.
"""

import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from collector.class_checks import ByClass, ClassCheck
from collector.cmdb import Cmdb, nearest
from rules.given.cmdb import CmdbDocument, Item, Store
from rules.given.graph import Graph, descendants, graph

ASKED = frozenset({"commissioning", "live", "refit"})  # what is only planned, or closed, cannot answer


class Asked(NamedTuple):
    """One check that an agent makes. `path` and `item_path` are where the CMDB says so, for messages."""

    item: Item
    store: Store
    agent: str
    check: ClassCheck
    path: str
    item_path: str


class Unasked(NamedTuple):
    """What nobody asks, although it is there: classes without checks (with how many items), stores without agents."""

    classes: dict[str, int]
    stores: list[str]


class Chain(NamedTuple):
    document: CmdbDocument
    by_class: ByClass
    stores: dict[str, Store]
    graph: Graph
    of_stores: frozenset[str]  # refs of the items that stand in a store


def chain(cmdb: Cmdb) -> Chain:
    document = cmdb.document
    items = {item.ref: item for item in document.items}
    return Chain(
        document,
        cmdb.by_class,
        {store.id: store for store in document.stores},
        graph(items),
        frozenset(ref for ref, item in items.items() if item.store),
    )


def asked(of: Chain) -> dict[str, list[Asked]]:
    """Agent id → what it asks, in the CMDB's order; agents without anything to ask are there too."""
    by_agent: dict[str, list[Asked]] = {agent: [] for store in of.document.stores for agent in store.agents}
    for at, item in enumerate(of.document.items):
        if item.lifecycle not in ASKED:
            continue
        for place, check in enumerate(of.by_class.get(item.klass, ())):
            path = f"checks_by_class.{item.klass}[{place}]"
            for store, agent in _askers(of, item, check):
                if agent in by_agent:
                    by_agent[agent].append(Asked(item, store, agent, check, path, f"items[{at}]"))
    return by_agent


def mistakes(of: Chain) -> Iterator[tuple[str, str]]:
    """(path, text) of what makes a check of a class one that nobody, or no right one, would make."""
    known = {item.klass for item in of.document.items}
    agents = {agent for store in of.document.stores for agent in store.agents}
    for klass, checks in of.by_class.items():
        path = f"checks_by_class.{klass}"
        if klass not in known:
            yield path, f"no item is of this class{nearest(klass, known)}"
        for at, check in enumerate(checks):
            for place, agent in enumerate(check.agents):
                if agent not in agents:
                    text = f"found {agent!r}, which is no agent of any store{nearest(agent, agents)}"
                    yield f"{path}[{at}].agents[{place}]", text
    for at, item in enumerate(of.document.items):
        if item.lifecycle in ASKED:
            for place, check in enumerate(of.by_class.get(item.klass, ())):
                path = f"checks_by_class.{item.klass}[{place}]"
                yield from _shared(of, item, f"items[{at}]", check, path)
                yield from _of_a_store(item, f"items[{at}]", check, path)


def unasked(of: Chain) -> Unasked:
    classes: dict[str, int] = {}
    for item in of.document.items:
        if item.lifecycle in ASKED and not of.by_class.get(item.klass):
            classes[item.klass] = classes.get(item.klass, 0) + 1
    return Unasked(dict(sorted(classes.items())), [store.id for store in of.document.stores if not store.agents])


def _shared(of: Chain, item: Item, item_path: str, check: ClassCheck, path: str) -> Iterator[tuple[str, str]]:
    if item.store is not None:
        return
    if check.vantage == "host":
        yield f"{path}.from", f"`from: host` is for items of a store; {item.id} is shared"
    hidden = next((store for store, _ in _askers(of, item, check) if f"{store.id}/{item.id}" in of.of_stores), None)
    if hidden is not None:
        text = f"store {hidden.id!r} has an item {item.id!r} of its own, so its agents cannot speak of the shared one"
        yield f"{item_path}.id", text


def _of_a_store(item: Item, item_path: str, check: ClassCheck, path: str) -> Iterator[tuple[str, str]]:
    if item.store is None:
        return
    if check.agents:
        yield f"{path}.agents", f"are for shared items; {item.ref} is asked by agents of its store"
    if check.vantage == "host" and item.agent is None:
        yield f"{item_path}.agent", f"missing; {path} is asked from {item.ref} itself"


def _askers(of: Chain, item: Item, check: ClassCheck) -> Iterator[tuple[Store, str]]:
    if item.store is not None:
        yield from _of_store(of.stores[item.store], item, check)
        return
    if check.agents:
        wanted = set(check.agents)
        yield from ((store, agent) for store in of.document.stores for agent in store.agents if agent in wanted)
        return
    for store in _stores_of_shared(of, item, check):
        yield from _of_store(store, item, check)


def _of_store(store: Store, item: Item, check: ClassCheck) -> Iterator[tuple[Store, str]]:
    match check.vantage:
        case "first":
            yield from ((store, agent) for agent in store.agents[:1])
        case "all":
            yield from ((store, agent) for agent in store.agents)
        case "host":
            if item.agent is not None:
                yield store, item.agent


def _stores_of_shared(of: Chain, item: Item, check: ClassCheck) -> list[Store]:
    """Those with something that needs the item; all, when nothing says that it does, as for a control target."""
    needing = {ref.partition("/")[0] for ref in descendants(of.graph, item.ref) if ref in of.of_stores}
    stores = [store for store in of.document.stores if store.agents and (not needing or store.id in needing)]
    return stores if check.stores_per_cohort is None else list(_sampled(stores, check.stores_per_cohort))


def _sampled(stores: Iterable[Store], most: int) -> Iterator[Store]:
    """At most so many of each cohort (rule 13): carrier and region, as rules.given.estate has it."""
    cohorts: dict[tuple[str, str], list[Store]] = {}
    for store in stores:
        cohorts.setdefault((store.carrier, store.region), []).append(store)
    for cohort in cohorts.values():
        yield from sorted(cohort, key=lambda store: (zlib.crc32(store.id.encode()), store.id))[:most]
