"""The few numbers at the top of the console."""

from collections import Counter

from collector.auth import Person, sees
from collector.expected import run_of
from collector.http import shapes
from collector.http.call import Call, NoQuery
from collector.http.instants import shown
from rules.course.incident import Incident
from rules.state import State


async def overview(call: Call[NoQuery, None]) -> shapes.Overview:
    """Counts only what the person may see; what is held back is not counted, as the list does not show it at first."""
    services, state = call.services, call.services.state()
    mine = [store for store in state.estate.stores.values() if sees(call.person, (store.region,))]
    agents = [agent for store in mine for agent in store.agents]
    incidents = _actionable(state, call.person)
    stores = {store.id for store in mine}
    return shapes.Overview(
        deployment=services.deployment,
        at=shown(services.clock()),
        position=services.position(),
        unresolved=dict(Counter(f"P{one.priority}" for one in incidents)),
        unacknowledged=sum(one.state == "open" for one in incidents),
        at_risk=sum(bool(one.sla.at_risk or one.sla.breached) for one in incidents),
        stores_total=len(mine),
        stores_affected=len(stores.intersection(id_ for one in incidents for id_ in one.stores)),
        agents_total=len(agents),
        agents_silent=sum(agent in state.agents and not state.agents[agent].is_fresh for agent in agents),
        agents_drifting=sum(bool(run_of(one, services.fleet.installed, services.expected()).drift) for one in agents),
        categories=sorted({one.category for one in incidents}),
    )


def _actionable(state: State, person: Person) -> list[Incident]:
    return [
        one
        for one in state.incidents.values()
        if one.state in ("open", "acknowledged") and one.suppressed is None and sees(person, (one.region,))
    ]
