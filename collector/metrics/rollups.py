"""The chain in few numbers: how many checks, stores and incidents are how, however many stores there are."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Literal

from collector.fleet import AgentView
from collector.metrics.lines import Metric, samples
from contract.ids import split_check
from contract.status import Status
from rules.course.incident import Incident
from rules.given.cmdb import Store
from rules.state import State

CHECKS = Metric(
    "tillwatch_checks", "gauge", "Checks by the status of their latest result; kind is the check's name.",
    ("region", "kind", "status"),
)  # fmt: skip
STORES = Metric(
    "tillwatch_stores",
    "gauge",
    "Stores by status: ok, degraded (has incidents), unreachable or unknown.",
    ("region", "status"),
)
INCIDENTS_OPEN = Metric(
    "tillwatch_incidents_open", "gauge", "Unresolved incidents that are not held back.",
    ("priority", "category", "region"),
)  # fmt: skip
INCIDENTS_HELD = Metric(
    "tillwatch_incidents_held_back", "gauge", "Unresolved incidents that are held back, mostly explained by another.",
    ("priority", "category", "region"),
)  # fmt: skip
AT_RISK = Metric("tillwatch_sla_at_risk", "gauge", "Unresolved incidents with a deadline at risk.", ("priority",))
METRICS = (CHECKS, STORES, INCIDENTS_OPEN, INCIDENTS_HELD, AT_RISK)

StoreStatus = Literal["ok", "degraded", "unreachable", "unknown"]
_WORDS = {int(status): status.word for status in Status}


def text(state: State, views: Iterable[AgentView]) -> str:
    stores = state.estate.stores
    unresolved = [one for one in state.incidents.values() if one.state in ("open", "acknowledged")]
    actionable = [one for one in unresolved if one.suppressed is None]
    return "".join(
        [
            samples(CHECKS, checks(views, stores)),
            samples(STORES, Counter((store.region, store_status(state, store)) for store in stores.values())),
            samples(INCIDENTS_OPEN, _by_kind(actionable)),
            samples(INCIDENTS_HELD, _by_kind(one for one in unresolved if one.suppressed is not None)),
            samples(AT_RISK, at_risk(actionable)),
        ]
    )


def checks(views: Iterable[AgentView], stores: Mapping[str, Store]) -> dict[tuple[str, ...], float]:
    """Stores built alike and equally well are counted once and multiplied: most of a chain is one such group."""
    alike = Counter((_region(stores, view.store), view.shape, view.statuses) for view in views)
    total: Counter[tuple[str, ...]] = Counter()
    for (region, shape, statuses), stores_alike in alike.items():
        for key, status in zip(shape.keys, statuses, strict=True):
            total[region, split_check(key)[1], _WORDS[status]] += stores_alike
    return dict(sorted(total.items()))


def store_status(state: State, store: Store) -> StoreStatus:
    """The word of rules.answers.views.store_view without its details: unknown means that no agent of it is heard."""
    if store.id in state.stores:
        return "unreachable"
    agents = (state.agents.get(agent) for agent in store.agents)
    if not any(agent is not None and agent.is_fresh for agent in agents):
        return "unknown"
    incidents = (state.incidents[id_] for id_ in state.by_home.get(store.id, ()))
    return "degraded" if any(one.state != "resolved" for one in incidents) else "ok"


def at_risk(incidents: Iterable[Incident]) -> dict[tuple[str, ...], float]:
    found = Counter((f"P{one.priority}",) for one in incidents if one.sla.at_risk)
    return {(priority,): found[priority,] for priority in ("P1", "P2", "P3")}


def _by_kind(incidents: Iterable[Incident]) -> dict[tuple[str, ...], float]:
    found = Counter((f"P{one.priority}", one.category, one.region) for one in incidents)
    return dict(sorted(found.items()))


def _region(stores: Mapping[str, Store], store: str) -> str:
    known = stores.get(store)
    return known.region if known is not None else ""
