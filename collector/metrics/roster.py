"""Who belongs to which part of the chain: agents, stores and shared CIs, each by its own id."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from collector.fleet import AgentView
from collector.metrics.blocks import SERIES_PER_CHECK
from collector.metrics.pages import page_of
from contract.ids import part_of
from rules.given.estate import Estate
from rules.state import State

SERIES_PER_AGENT = 5
SERIES_PER_STORE = 3


class Members(NamedTuple):
    agents: list[str]
    stores: list[str]
    shared: list[str]


class Roster:
    """Sorted once for each CMDB: a scrape comes every second, a CMDB hardly ever."""

    def __init__(self) -> None:
        self._agents: Mapping[str, str] = {}
        self._estate: Estate | None = None
        self._parts: dict[str, Members] = {}

    def update(self, agents: Mapping[str, str], estate: Estate) -> bool:
        """Whether anything had changed."""
        if agents is self._agents and estate is self._estate:
            return False
        self._agents, self._estate = agents, estate
        parts: defaultdict[str, Members] = defaultdict(lambda: Members([], [], []))
        for agent in agents:
            parts[part_of(agent)].agents.append(agent)
        for store in estate.stores:
            parts[part_of(store)].stores.append(store)
        for item in estate.shared:
            parts[part_of(item.id)].shared.append(item.id)
        self._parts = dict(parts)
        return True

    def members(self, part: str, page: int, pages: int) -> Members:
        known = self._parts.get(part, Members([], [], []))
        return Members(*([id_ for id_ in ids if page_of(id_, pages) == page] for ids in known))

    def sizes(self, state: State, fleet: Mapping[str, AgentView]) -> dict[str, Counter[str]]:
        """Part → id → how many samples it has; a little more than it has when its store gives no service."""
        return {part: _sizes(members, state, fleet) for part, members in self._parts.items()}


def _sizes(members: Members, state: State, fleet: Mapping[str, AgentView]) -> Counter[str]:
    held: Counter[str] = Counter(members.shared)
    for agent in members.agents:
        checks = len(fleet[agent].shape.keys) if agent in fleet else 0
        held[agent] += SERIES_PER_AGENT + SERIES_PER_CHECK * checks
    for store in members.stores:
        items = state.estate.members.get(store, [])
        held[store] += SERIES_PER_STORE + len(items) + len({service for item in items for service in item.provides})
    return held
