"""Rule 6: what a store can still do. Services are separate; a lane needs its till and one tender that works."""

import msgspec

from rules.cause.symptoms import is_failing
from rules.course.finding import judged_as_open
from rules.draft import Draft
from rules.impact.priority import of_loss
from rules.sight import disputed
from rules.sight.beliefs import is_watched
from rules.state import complains


class Capacity(msgspec.Struct, frozen=True, gc=False):
    """Weights of what gives `service` in a store: what should (`total`), what does (`up`). `lost` is from 0 to 1."""

    service: str
    unit: str
    total: float
    up: float
    down: tuple[str, ...]
    members: int  # how many should give it; `down` of them do not

    @property
    def lost(self) -> float:
        return max(0.0, 1 - self.up / self.total) if self.total else 0.0


class Impact(msgspec.Struct, frozen=True, gc=False):
    """What a failing CI takes part in: the service that is hit worst in its store, and the CI's own share of it.

    Worst is the priority that the loss gives, and then the loss: seven tills of eight before the only sign. Of services
    that have lost equally it is the first of the policy's, which is what matters most to customers.
    """

    capacity: Capacity
    own: float


def capacity(draft: Draft, store: str, service: str) -> Capacity:
    """Optional members (a mobile till) add to what is up, and their absence is no loss."""
    total, up, down, members = 0.0, 0.0, [], 0
    given = draft.estate.givers(store, service)
    suspects = {*draft.suspects(store), *(ref for ref in given.shared if is_failing(draft, ref, store))}
    for ref, item, leans_on in given.all:
        usable = leans_on.isdisjoint(suspects) or is_usable(draft, ref, store)
        if item.expected != "optional":
            total += item.weight
            members += 1
            down += [] if usable else [ref]
        up += item.weight if usable else 0.0
    return Capacity(service, _unit(draft, service), total, min(up, total), tuple(sorted(down)), members)


def ways(draft: Draft, ref: str, store: str) -> Capacity:
    """As `capacity`, of the shared CIs that give what the shared `ref` gives, by what this store sees of them."""
    item, category = draft.estate.items[ref], draft.estate.category(ref)
    alike = [
        other.id
        for other in draft.estate.shared
        if draft.estate.category(other.id) == category
        and (other.id == ref or set(other.provides) & set(item.provides))
        and draft.item(f"{other.id}@{store}") is not None
    ]
    down = [one for one in alike if complains(draft.estate, one, draft.item(f"{one}@{store}"))]
    service = draft.policy.category(category).service
    up = len(alike) - len(down)
    return Capacity(service, _unit(draft, service), len(alike), up, tuple(sorted(down)), len(alike))


def impact(draft: Draft, ref: str, store: str) -> Impact:
    """Of a CI of the store, or of a shared one as this store sees it."""
    if draft.estate.is_shared(ref):
        seen = ways(draft, ref, store)
        return Impact(seen, 1 / max(seen.total, 1))
    found = []
    for service in _services(draft, ref, store):
        given = capacity(draft, store, service)
        if given.total:
            found.append(Impact(given, _own_share(draft, ref, store, given)))
    if found:
        found = _of_what_trades(draft, store, found) or found
        return min(found, key=lambda one: _by_weight(draft, one.capacity))
    named = draft.estate.rules_of(ref).service
    return Impact(Capacity(named, _unit(draft, named), 0, 0, (), 0), 0.0)


def alone(draft: Draft, hit: Impact, ref: str, store: str) -> Impact:
    """As if nothing but `ref` had failed: what a person took out of a larger loss answers for its own share."""
    given, reach = hit.capacity, {ref, *disputed.descendants(draft, ref, store)}
    down = tuple(one for one in given.down if one in reach)
    return Impact(msgspec.structs.replace(given, up=given.total * (1 - hit.own), down=down), hit.own)


def is_unknown(draft: Draft, ref: str, store: str) -> bool:
    """Nothing in the CMDB says what `ref` takes part in, nor what gives the service of its category in the store."""
    if draft.estate.is_shared(ref) or _services(draft, ref, store):
        return False
    return not draft.estate.givers(store, draft.estate.rules_of(ref).service).all


def is_usable(draft: Draft, ref: str, store: str) -> bool:
    """Of a CI of the store. Its own evidence is believed over what its parents suggest; without any, a failing parent
    takes it down.
    """
    if is_failing(draft, ref, store):
        return False
    tenders = draft.estate.tenders(ref)
    if tenders and not any(_is_usable_alone(draft, tender, store) for tender in tenders):
        return False
    return _is_held_up(draft, ref, store)


def _is_usable_alone(draft: Draft, ref: str, store: str) -> bool:
    return not is_failing(draft, ref, store) and _is_held_up(draft, ref, store)


def _is_held_up(draft: Draft, ref: str, store: str) -> bool:
    """Whether nothing that it needs takes down what does not fail itself."""
    if is_watched(draft, ref, store):
        return True
    return not any(is_failing(draft, one, store) for one in disputed.ancestors(draft, ref, store))


def services_of(draft: Draft, store: str) -> list[str]:
    """Every service that something in the store gives."""
    return sorted({service for item in draft.estate.members.get(store, ()) for service in item.provides})


def _of_what_trades(draft: Draft, store: str, found: list[Impact]) -> list[Impact]:
    """What is closed now is no loss now, while something else is (rule 9)."""
    known = draft.estate.trading.get(store)
    if known is None or not known.services:
        return found
    return [one for one in found if judged_as_open(draft, store, (one.capacity.service,))]


def _by_weight(draft: Draft, given: Capacity) -> tuple[int, float, int, str]:
    band = of_loss(draft.policy, given.service, given.lost)
    return (band, -given.lost, draft.policy.rank(given.service), given.service)


def _unit(draft: Draft, service: str) -> str:
    known = draft.policy.services.get(service)
    return known.unit if known else "systems"


def _services(draft: Draft, ref: str, store: str) -> list[str]:
    reached = [ref, *disputed.descendants(draft, ref, store)]
    items = [draft.estate.items[one] for one in reached if one in draft.estate.items]
    return sorted({service for item in items if item.store in (store, None) for service in item.provides})


def _own_share(draft: Draft, ref: str, store: str, given: Capacity) -> float:
    reach = {ref, *disputed.descendants(draft, ref, store)}
    givers = draft.estate.givers(store, given.service).all
    return sum(one.item.weight for one in givers if one.ref in reach and one.ref in given.down) / given.total
