"""One sixty-fourth of the chain in full: what a scrape of /metrics/checks?part=NN gets beside the checks themselves.

CMDB labels stand only on the two info metrics, so that a renamed region does not break every series of a store.
"""

from collections.abc import Iterable, Mapping

from collector.fleet import AgentView
from collector.metrics.lines import Metric, samples
from collector.pressure import Quarantined
from rules.answers.views import service_views
from rules.state import State

LAST_PULSE = Metric(
    "tillwatch_agent_last_pulse_timestamp_seconds", "gauge", "When the agent's latest pulse arrived.",
    ("store", "agent"),
)  # fmt: skip
PENDING = Metric(
    "tillwatch_agent_log_pending_records", "gauge", "Records in the agent's log that are not acknowledged.",
    ("store", "agent"),
)  # fmt: skip
DROPPED = Metric(
    "tillwatch_agent_dropped_records_total", "counter", "Records that the agent's full log had to let go.",
    ("store", "agent"),
)  # fmt: skip
UNANSWERED = Metric(
    "tillwatch_agent_unanswered_seconds", "gauge", "How long the agent has sent without an acknowledgement; 0: well.",
    ("store", "agent"),
)  # fmt: skip
QUARANTINED = Metric(
    "tillwatch_agent_quarantined", "gauge", "1 while the agent is limited, or has a second life; absent: it is not.",
    ("store", "agent", "why"),
)  # fmt: skip
CAPACITY = Metric(
    "tillwatch_service_capacity_ratio", "gauge", "What of a service is up of what should be, 0 to 1.",
    ("store", "service"),
)  # fmt: skip
UP = Metric("tillwatch_store_up", "gauge", "1 while the store is heard, 0 while it is unreachable.", ("store",))
LAST_SEEN = Metric(
    "tillwatch_store_last_seen_timestamp_seconds", "gauge", "When any agent of the store was last heard.", ("store",)
)
STORE_INFO = Metric(
    "tillwatch_store_info", "gauge", "The CMDB's facts of a store; always 1.",
    ("store", "name", "region", "operator", "carrier", "timezone"),
)  # fmt: skip
CI_INFO = Metric(
    "tillwatch_ci_info", "gauge", "The CMDB's facts of a configuration item; always 1.",
    ("store", "ci", "name", "class", "vendor", "group"),
)  # fmt: skip
METRICS = (LAST_PULSE, PENDING, DROPPED, UNANSWERED, QUARANTINED, UP, LAST_SEEN, CAPACITY, STORE_INFO, CI_INFO)


def of_agents(views: Iterable[AgentView], quarantined: Mapping[str, Quarantined]) -> str:
    """`quarantined` by agent."""
    known = list(views)
    held = [(view, quarantined[view.agent].why) for view in known if view.agent in quarantined]
    return "".join(
        [
            samples(LAST_PULSE, {(view.store, view.agent): view.arrived for view in known}),
            samples(PENDING, {(view.store, view.agent): view.pending for view in known}),
            samples(DROPPED, {(view.store, view.agent): view.dropped for view in known}),
            samples(UNANSWERED, {(view.store, view.agent): view.unanswered for view in known}),
            samples(QUARANTINED, {(view.store, view.agent, why): 1.0 for view, why in held}),
        ]
    )


def of_stores(state: State, stores: Iterable[str], views: Mapping[str, AgentView]) -> str:
    """Stores that were never heard have neither `up` nor `last_seen`: absent is what they are."""
    known = [state.estate.stores[store] for store in stores]
    seen = {
        store.id: max(views[agent].arrived for agent in store.agents if agent in views)
        for store in known
        if any(agent in views for agent in store.agents)
    }
    return "".join(
        [
            samples(UP, {(id_,): float(id_ not in state.stores) for id_ in seen}),
            samples(LAST_SEEN, {(id_,): at for id_, at in seen.items()}),
            samples(
                STORE_INFO,
                {(one.id, one.name, one.region, one.operator, one.carrier, one.timezone): 1.0 for one in known},
            ),
        ]
    )


def of_services(state: State, stores: Iterable[str], now: float) -> str:
    rows = {
        (store, view.service): view.ratio for store in stores for view in service_views(state, store, now) if view.total
    }
    return samples(CAPACITY, rows)


def of_items(state: State, stores: Iterable[str], shared: Iterable[str]) -> str:
    """The items of these stores, and the shared ones."""
    members = [item for store in stores for item in state.estate.members.get(store, ())]
    alone = [state.estate.items[ref] for ref in shared]
    rows = {
        (item.store or "", item.id, item.name, item.klass, item.vendor, item.group): 1.0 for item in (*members, *alone)
    }
    return samples(CI_INFO, rows)
