"""Which service of which store is watched, by what, and how stale that is. Reads only; every gap has its name."""

from typing import Literal

import msgspec

from rules.draft import Draft
from rules.given import graph
from rules.given.cmdb import Item
from rules.sight.beliefs import checks_on
from rules.state import State

Word = Literal["watched", "partly", "stale", "unwatched"]


class Watch(msgspec.Struct, frozen=True):
    """A check on a CI. `stale_since`: its agent is silent since then, and what it said is from before; None: heard."""

    agent: str
    check: str
    interval: float
    stale_since: float | None = None


class Member(msgspec.Struct, frozen=True):
    """A live CI that gives the service: of the store, or a shared one that the store's items need or its agents ask."""

    ref: str
    name: str
    watches: tuple[Watch, ...] = ()

    @property
    def is_fresh(self) -> bool:
        return any(watch.stale_since is None for watch in self.watches)


class ServiceCoverage(msgspec.Struct, frozen=True):
    """A service of a store. `unwatched`: the members that nothing checks; `stale`: those of which nothing is heard."""

    store: str
    service: str
    title: str
    members: tuple[Member, ...]

    @property
    def unwatched(self) -> tuple[str, ...]:
        return tuple(member.ref for member in self.members if not member.watches)

    @property
    def stale(self) -> tuple[str, ...]:
        return tuple(member.ref for member in self.members if member.watches and not member.is_fresh)

    @property
    def word(self) -> Word:
        if all(not member.watches for member in self.members):
            return "unwatched"
        if not any(member.is_fresh for member in self.members):
            return "stale"
        return "watched" if all(member.is_fresh for member in self.members) else "partly"


class StoreCoverage(msgspec.Struct, frozen=True):
    """A store: its services, and the other live CIs of it that nothing checks."""

    store: str
    services: tuple[ServiceCoverage, ...]
    unwatched: tuple[str, ...]

    @property
    def has_gaps(self) -> bool:
        return bool(self.unwatched) or any(service.word != "watched" for service in self.services)


def coverage(state: State, store: str, now: float) -> StoreCoverage | None:
    """None for a store that the CMDB does not know."""
    draft = Draft(state, now)
    if store not in draft.estate.stores:
        return None
    own = [item for item in draft.estate.members.get(store, ()) if item.lifecycle == "live"]
    members = [_member(draft, store, item) for item in (*own, *_shared(draft, store, own))]
    provides = {item.ref: item.provides for item in (*own, *draft.estate.shared)}
    given = {service for one in members for service in provides[one.ref]}
    services = tuple(
        ServiceCoverage(
            store, service, _title(draft, service), tuple(one for one in members if service in provides[one.ref])
        )
        for service in sorted(given, key=lambda service: (_rank(draft, service), service))
    )
    idle = tuple(one.ref for one in members if not provides[one.ref] and not one.watches)
    return StoreCoverage(store, services, idle)


def _shared(draft: Draft, store: str, own: list[Item]) -> list[Item]:
    needed = {ref for item in own for ref in graph.ancestors(draft.estate.graph, item.ref)}
    return [item for item in draft.estate.shared if item.id in needed or checks_on(draft, item.id, store)]


def _member(draft: Draft, store: str, item: Item) -> Member:
    watches = tuple(
        Watch(agent, check, belief.interval, _stale_since(draft, agent))
        for agent, check, belief in checks_on(draft, item.ref, store)
    )
    return Member(item.ref, draft.estate.label(item.ref), watches)


def _stale_since(draft: Draft, agent: str) -> float | None:
    """An agent that is heard again but has confirmed nothing yet is as stale as it was when it fell silent."""
    row = draft.agent(agent)
    if row is None:
        return 0.0
    if row.is_fresh:
        return None
    return row.silent_since if row.silent_since is not None else row.away_since or row.heard_at


def _title(draft: Draft, service: str) -> str:
    known = draft.estate.policy.services.get(service) if draft.estate.policy is not None else None
    return known.title if known is not None else service


def _rank(draft: Draft, service: str) -> int:
    return draft.estate.policy.rank(service) if draft.estate.policy is not None else 0
