"""Rule 8: tills that sell without what failed. Until most of their card minutes are used, nobody stands there in vain.

It is about what tills need (a way to pay, the line, the store's server): a till that itself is dead sells nothing.
A store's tills decide together: as long as half of them, by weight, can still sell.
"""

from collections.abc import Sequence
from typing import NamedTuple

from rules.cause.symptoms import is_failing
from rules.draft import Draft
from rules.given import graph
from rules.given.cmdb import Item
from rules.sight.beliefs import is_watched

_EPSILON = 1e-9
_NEVER = float("inf")


class Selling(NamedTuple):
    """`able` of `tills` sell offline for a while, and enough of them until `until` (0: not enough from the start)."""

    able: int
    tills: int
    until: float


def selling(draft: Draft, store: str, service: str, since: float) -> Selling:
    """What the tills that give `service` can do without what failed at `since`; of another service, all tills."""
    tills = _tills(draft, store, service)
    ends = {till.ref: since if _is_dead(draft, till) else _end(draft, till, since, unsaid=since) for till in tills}
    return _together(draft, tills, ends, since)


def told(draft: Draft, store: str, since: float) -> Selling | None:
    """Of a store that nobody hears, as the CMDB has it; None when that says nothing. A till of which it says nothing
    counts as able.
    """
    tills = _tills(draft, store, "")
    if not any(till.offline is not None for till in tills):
        return None
    return _together(draft, tills, {till.ref: _end(draft, till, since, unsaid=_NEVER) for till in tills}, since)


def can_go_on_without(draft: Draft, ref: str) -> bool:
    item = draft.estate.items.get(ref)
    return item is not None and item.klass in draft.policy.offline.without


def _tills(draft: Draft, store: str, service: str) -> list[Item]:
    selling = draft.policy.offline.services
    wanted = {service} if service in selling else set(selling)
    return [
        item
        for item in draft.estate.members.get(store, ())
        if item.lifecycle == "live" and item.expected != "optional" and wanted & set(item.provides)
    ]


def _end(draft: Draft, till: Item, since: float, unsaid: float) -> float:
    if till.offline is None:
        return unsaid
    minutes = till.offline.card_minutes if till.offline.sell else 0.0
    return since + draft.policy.offline.used * minutes * 60


def _is_dead(draft: Draft, till: Item) -> bool:
    """It fails itself, or for something that no till can do without; only its own evidence clears it of that."""
    store = till.store or ""
    fails = is_failing(draft, till.ref, store)
    if not fails and is_watched(draft, till.ref, store):
        return False
    above = [one for one in graph.ancestors(draft.estate.graph, till.ref) if one != till.ref]
    failing = [one for one in above if is_failing(draft, one, store)]
    return (fails and not failing) or not all(can_go_on_without(draft, one) for one in failing)


def _together(draft: Draft, tills: Sequence[Item], ends: dict[str, float], since: float) -> Selling:
    enough = draft.policy.offline.selling * sum(till.weight for till in tills) - _EPSILON
    able = [till for till in tills if ends[till.ref] > since]
    until, weight = 0.0, 0.0
    for till in sorted(able, key=lambda till: -ends[till.ref]):
        weight += till.weight
        if weight >= enough:
            until = ends[till.ref]
            break
    return Selling(len(able), len(tills), until)
