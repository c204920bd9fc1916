"""The estate: what the CMDB and the policy together say about every CI, looked up instead of searched."""

from collections import Counter
from typing import Any

import msgspec

from contract.documents import DocumentError, Mistake
from contract.units import from_document
from rules import graph, hours
from rules.cmdb import CmdbDocument, Item, Store
from rules.graph import Ref
from rules.hours import Hours
from rules.policy import Policy, typed

Share = str  # something that stores have in common: `carrier=acme`, `region=north`


class Estate:
    """Read only once made. Without a policy nothing is judged; without a CMDB nothing is known."""

    __slots__ = ("agent_store", "graph", "hours", "items", "members", "policy", "sharing", "stores")

    def __init__(self, policy: Policy | None, cmdb: CmdbDocument) -> None:
        self.policy = policy
        self.stores: dict[str, Store] = {store.id: store for store in cmdb.stores}
        self.items: dict[Ref, Item] = {item.ref: item for item in cmdb.items}
        self.agent_store: dict[str, str] = {agent: store.id for store in cmdb.stores for agent in store.agents}
        self.graph = graph.graph(self.items)
        self.hours: dict[str, Hours] = {store.id: hours.of(store) for store in cmdb.stores}
        self.members: dict[str, list[Item]] = {}
        for item in cmdb.items:
            if item.store:
                self.members.setdefault(item.store, []).append(item)
        self.sharing: Counter[Share] = Counter(share for store in self.stores for share in self.shares(store))

    def agents(self, store: str) -> list[str]:
        known = self.stores.get(store)
        return known.agents if known else []

    def ref(self, agent: str, ci: str) -> Ref:
        """What an agent's bare CI id means; a ref of the agent's store that no item has, when nothing is known."""
        store = self.agent_store.get(agent, "")
        return graph.resolved(self.items, store, ci) or f"{store}/{ci}"

    def is_shared(self, ref: Ref) -> bool:
        item = self.items.get(ref)
        return item is not None and item.store is None

    def category(self, ref: Ref) -> str:
        item = self.items.get(ref)
        if item is None or self.policy is None:
            return "unknown_ci"
        return self.policy.category_of(item, self.stores.get(item.store or ""))

    def is_control(self, ref: Ref) -> bool:
        item = self.items.get(ref)
        return item is not None and self.policy is not None and item.klass in self.policy.controls

    def cohort(self, store: str) -> str:
        known = self.stores.get(store)
        return f"{known.carrier}/{known.region}" if known else "/"

    def is_trading(self, store: str, at: float) -> bool:
        known = self.hours.get(store)
        return known is None or hours.is_open(known, at)

    def shares(self, store: str) -> list[Share]:
        """What a store may have in common with others (rule 14), the most telling first."""
        known = self.stores[store]
        found = [("carrier", known.carrier), ("region", known.region), *sorted(known.attributes.items())]
        return [f"{name}={value}" for name, value in found if value]

    def name(self, store: str) -> str:
        known = self.stores.get(store)
        return f"{known.name} ({store})" if known and known.name else store

    def label(self, ref: Ref) -> str:
        item = self.items.get(ref)
        return item.name or item.id if item else ref.rpartition("/")[2]


EMPTY = Estate(None, CmdbDocument())


def made(policy: dict[str, Any] | None, cmdb: dict[str, Any] | None) -> Estate:
    """From the plain data of journal entries. Raises DocumentError or ValueError for what cannot be judged by."""
    return Estate(typed(policy) if policy else None, cmdb_of(cmdb or {}))


def cmdb_of(document: dict[str, Any]) -> CmdbDocument:
    """Raises DocumentError: an id twice would make one of two things invisible."""
    try:
        cmdb = msgspec.convert(document, CmdbDocument, dec_hook=from_document)
    except msgspec.ValidationError as error:
        raise DocumentError("cmdb", [Mistake(0, "", str(error))]) from error
    twice = [ref for ref, count in Counter(_names(cmdb)).items() if count > 1]
    if twice:
        raise DocumentError("cmdb", [Mistake(0, "", f"{ref} is defined twice") for ref in twice])
    return cmdb


def _names(cmdb: CmdbDocument) -> list[str]:
    return [store.id for store in cmdb.stores] + [item.ref for item in cmdb.items]
