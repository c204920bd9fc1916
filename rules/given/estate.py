"""The estate: what the CMDB and the policy together say about every CI, looked up instead of searched."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

import msgspec

from contract.documents import DocumentError, Mistake
from contract.units import from_document
from rules.given import graph, hours, trading
from rules.given.cmdb import CmdbDocument, Item, Store
from rules.given.graph import Ref
from rules.given.hours import Hours
from rules.given.keys import ref_of
from rules.given.playbook import UNKNOWN_CI, Category, Operator
from rules.given.policy import Policy, typed
from rules.given.trading import Trading

_VERSIONS = ("model", "firmware", "version")

Share = str  # something that stores have in common: `carrier=acme`, `region=north`


class Giver(NamedTuple):
    """`leans_on`: itself, the ways to pay below it, and all that these need: what must fail before it is of no use."""

    ref: Ref
    item: Item
    leans_on: frozenset[Ref]


class Givers(NamedTuple):
    """What in a store gives a service, of what is live; `shared` are the chain's own CIs that some of it leans on."""

    all: tuple[Giver, ...]
    shared: tuple[Ref, ...]


class Estate:
    """Read only once made. Without a policy nothing is judged; without a CMDB nothing is known. What it says of a CI is
    found once: whatever is kept here follows from the documents that it is made of.

    `shared` are the chain's own CIs that are live: others neither fail for anybody nor stand in for what does.
    """

    __slots__ = (
        "_categories",
        "_givers",
        "_having",
        "_hosts",
        "_item_shares",
        "_of_the_chain",
        "_shares",
        "agent_store",
        "alike",
        "controls",
        "graph",
        "hours",
        "items",
        "members",
        "peaks",
        "policy",
        "shared",
        "sharing",
        "stores",
        "trading",
    )

    def __init__(self, policy: Policy | None, cmdb: CmdbDocument) -> None:
        self.policy = policy
        self.stores: dict[str, Store] = {store.id: store for store in cmdb.stores}
        self.items: dict[Ref, Item] = {item.ref: item for item in cmdb.items}
        self.agent_store: dict[str, str] = {agent: store.id for store in cmdb.stores for agent in store.agents}
        self._categories: dict[Ref, str] = {}
        self._givers: dict[tuple[str, str], Givers] = {}
        self._item_shares: dict[Ref, list[Share]] = {}
        self._hosts: dict[str, Ref] = {item.agent: item.ref for item in cmdb.items if item.agent}
        self.graph = graph.graph(self.items)
        self.trading: dict[str, Trading] = {store.id: trading.of(store, cmdb.calendars) for store in cmdb.stores}
        self.hours: dict[str, Hours] = {store: known.store for store, known in self.trading.items()}
        self.peaks: frozenset[date] = frozenset(date.fromisoformat(day) for day in (policy.peak.days if policy else ()))
        self.members: dict[str, list[Item]] = {}
        for item in cmdb.items:
            if item.store:
                self.members.setdefault(item.store, []).append(item)
        self.shared: list[Item] = [item for item in cmdb.items if item.store is None and item.lifecycle == "live"]
        self._of_the_chain = frozenset(item.ref for item in cmdb.items if item.store is None)
        classes = policy.controls if policy is not None else ()
        self.controls: list[Ref] = [item.id for item in self.shared if item.klass in classes]
        self._shares: dict[str, tuple[Share, ...]] = {store: self._found_shares(store) for store in self.stores}
        self._having: dict[Share, list[str]] = {}
        for store, shares in self._shares.items():
            for share in shares:
                self._having.setdefault(share, []).append(store)
        self.sharing: Counter[Share] = Counter({share: len(stores) for share, stores in self._having.items()})

        self.alike: Counter[tuple[str, Share]] = Counter()  # class and share → items; without a share: all of the class
        for item in cmdb.items:
            if item.store and item.lifecycle == "live":
                for share in ("", *self._all_shares(item.store, item)):
                    self.alike[item.klass, share] += 1

    def givers(self, store: str, service: str) -> Givers:
        found = self._givers.get((store, service))
        if found is None:
            members = [item for item in self.members.get(store, ()) if service in item.provides]
            given = tuple(
                Giver(item.ref, item, self._leans_on(item.ref)) for item in members if item.lifecycle == "live"
            )
            needing = [one.leans_on for one in given if len(one.leans_on) > 1]
            shared = sorted({ref for leans_on in needing for ref in leans_on if self.is_shared(ref)})
            found = self._givers[store, service] = Givers(given, tuple(shared))
        return found

    def tenders(self, ref: Ref) -> list[Ref]:
        """The ways to pay that hang below it, of what is live."""
        if ref not in self.graph.children:
            return []
        below = [(child, self.items[child]) for child in self.graph.children[ref]]
        return [child for child, item in below if item.klass in self.law.tenders and item.lifecycle == "live"]

    def _leans_on(self, ref: Ref) -> frozenset[Ref]:
        near = [ref, *self.tenders(ref)]
        if len(near) == 1 and ref not in self.graph.parents:
            return frozenset(near)
        return frozenset([*near, *(one for known in near for one in graph.ancestors(self.graph, known))])

    def agents(self, store: str) -> list[str]:
        known = self.stores.get(store)
        return known.agents if known else []

    def host_of(self, agent: str) -> Ref | None:
        """The CI that says that the agent runs on it."""
        return self._hosts.get(agent)

    def ref(self, agent: str, ci: str) -> Ref:
        """What an agent's bare CI id means; a ref of the agent's store that no item has, when nothing is known."""
        store = self.agent_store.get(agent, "")
        return graph.resolved(self.items, store, ci) or f"{store}/{ci}"

    def is_shared(self, ref: Ref) -> bool:
        return ref in self._of_the_chain

    def category(self, ref: Ref) -> str:
        found = self._categories.get(ref)
        if found is None:
            item = self.items.get(ref)
            if item is None or self.policy is None:
                return UNKNOWN_CI
            found = self._categories[ref] = self.policy.category_of(item, self.stores.get(item.store or ""))
        return found

    def cause(self, key: str) -> str:
        """What one unresolved incident at most has, of a CI or of a store's vote on a shared one."""
        return f"{self.category(ref_of(key))}:{key}"

    def rules_of(self, ref: Ref) -> Category:
        """The playbook for `ref`; only with a policy."""
        return self.law.category(self.category(ref))

    def resolver_group(self, store: str, category: str) -> str:
        """Whose queue it goes to: the operator's of the store, if it has one, else the category's."""
        own = self._operator(store)
        return (own.resolver_group if own is not None else "") or self.law.category(category).resolver_group

    def is_listed_only(self, store: str) -> bool:
        """Its incidents are on the list, and no part of what is the chain's."""
        own = self._operator(store)
        return own is not None and own.visibility == "listed"

    def _operator(self, store: str) -> Operator | None:
        known = self.stores.get(store)
        return self.policy.operators.get(known.operator) if known is not None and self.policy is not None else None

    @property
    def law(self) -> Policy:
        """The policy, where there must be one."""
        if self.policy is None:
            raise LookupError("nothing is judged without a policy")
        return self.policy

    def is_control(self, ref: Ref) -> bool:
        item = self.items.get(ref)
        return item is not None and self.policy is not None and item.klass in self.policy.controls

    def cohort(self, store: str) -> str:
        known = self.stores.get(store)
        return f"{known.carrier}/{known.region}" if known else "/"

    def is_trading(self, store: str, at: float, services: Sequence[str] = ()) -> bool:
        """The store, or at least one of `services` in it."""
        return any(hours.is_open(known, at) for known in self._hours_of(store, services)) or store not in self.trading

    def next_opening(self, store: str, at: float, services: Sequence[str] = ()) -> float | None:
        """Of the store, or the first of `services`, closed at `at`; None when none is near."""
        coming = [hours.next_opening(known, at) for known in self._hours_of(store, services)]
        return min((opening for opening in coming if opening is not None), default=None)

    def _hours_of(self, store: str, services: Sequence[str]) -> list[Hours]:
        known = self.trading.get(store)
        if known is None:
            return []
        return [known.of(service) for service in services] or [known.store]

    def shares_of(self, store: str, ref: Ref) -> list[Share]:
        """What the store, or the CI in it, may have in common with others (rule 14)."""
        found = self._item_shares.get(ref)
        if found is None:
            item = self.items.get(ref)
            found = self._all_shares(store, item)
            if item is not None and item.store == store:
                self._item_shares[ref] = found
        return found

    def _all_shares(self, store: str, item: Item | None) -> list[Share]:
        known = self.stores.get(store)
        whole = _store_shares(known) if known is not None else []
        return list(dict.fromkeys([*whole, *_item_shares(self, item)])) if item is not None else whole

    def versions_of(self, ref: Ref) -> list[Share]:
        """Of what model and version it is (rule 27)."""
        item = self.items.get(ref)
        return _versions(item) if item is not None else []

    def having(self, share: Share) -> list[str]:
        """The stores that have it, by id."""
        return self._having.get(share, [])

    def _found_shares(self, store: str) -> tuple[Share, ...]:
        known = self.stores[store]
        found = _store_shares(known)
        for item in self.members.get(store, ()):
            found += _item_shares(self, item)
        return tuple(dict.fromkeys(found))

    def name(self, store: str) -> str:
        known = self.stores.get(store)
        return f"{known.name} ({store})" if known and known.name else store

    def label(self, ref: Ref) -> str:
        item = self.items.get(ref)
        return item.name or item.id if item else ref.rpartition("/")[2]


def _store_shares(store: Store) -> list[Share]:
    return [f"carrier={store.carrier}"] * bool(store.carrier) + [f"region={store.region}"] * bool(store.region)


def _versions(item: Item) -> list[Share]:
    known = item.attributes
    return [f"{name}={known[name]}" for name in _VERSIONS if name in known] if known else []


def _item_shares(known: Estate, item: Item) -> list[Share]:
    """Its vendor, what it runs, and the shared CIs that it needs."""
    found = [f"vendor={item.vendor}"] * bool(item.vendor)
    found += _versions(item)
    return found + [f"ci={one}" for one in known.graph.parents.get(item.ref, ()) if known.items[one].store is None]


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
    found = [Mistake(0, path, text) for path, text in contradictions(cmdb)]
    if found:
        raise DocumentError("cmdb", found)
    return cmdb


def contradictions(cmdb: CmdbDocument) -> list[tuple[str, str]]:
    """(path, text) of what makes a CMDB unusable although each part of it is well formed."""
    found: list[tuple[str, str]] = []
    seen: dict[str, str] = {}
    agents: dict[str, str] = {}
    for at, store in enumerate(cmdb.stores):
        path = f"stores[{at}]"
        found += _twice(seen, store.id, path)
        for agent in store.agents:
            found += _twice(agents, agent, f"{path}.agents")
        try:
            trading.of(store, cmdb.calendars)
        except ValueError as error:
            key, _, text = str(error).partition(": ")
            found.append((f"{path}.{key}", text))
    for at, item in enumerate(cmdb.items):
        found += _twice(seen, item.ref, f"items[{at}]")
    return found


def _twice(seen: dict[str, str], name: str, path: str) -> list[tuple[str, str]]:
    first = seen.setdefault(name, path)
    return [] if first == path else [(path, f"{name} is there twice, first in {first}")]
