"""A day of the demo's chain: faults of its scenarios, drawn from a seed, and the journal of what is said of them."""

import random
from collections.abc import Iterable
from typing import NamedTuple

from contract.ids import split_check
from contract.status import Status
from rules.entries import AgentHeard, AgentSilent, CmdbLoaded, JournalEntry, PolicyLoaded, Records, Snapshot, Tick
from rules.given import policy
from rules.given.estate import Estate
from rules.rehearsal.storyteller import Fleet
from tillwatch.demo import layout
from tillwatch.demo.scenario import Scenario, chosen, fewer_stores, read

STORES = 49
START = 1_794_819_600.0  # a Monday, 09:00 UTC
FAULTS = 16
LASTS = 2_700.0  # seconds from a fault to its repair
CONFIRMED = 17.0  # seconds until an agent believes it
UNHEARD = 45.0  # seconds until a store that is cut off is missed
DEVICES = ["sw-01", *layout.LANES, "sign-01", "sync-01", "acquirer-a", "web-shop", "reference"]


class Fault(NamedTuple):
    """What broke at `at`: its CI, the team that can mend it, the lanes that it takes; (agent, check) of who sees it."""

    at: float
    ci: str
    team: str
    lanes: int
    seen: list[tuple[str, str]]
    cut: bool


def drawn(estate: Estate, seed: int) -> list[Fault]:
    """Faults of the demo's scenarios, one after the other, some while the one before lasts."""
    chance, at = random.Random(seed), START + 600
    scenarios = [fewer_stores(one, STORES) for one in read(DEVICES).values()]
    found = []
    for _ in range(FAULTS):
        found.append(_fault(estate, chance.choice(scenarios), at))
        at += LASTS * chance.uniform(1.2, 2.5)
    return found


def _fault(estate: Estate, scenario: Scenario, at: float) -> Fault:
    root, seen, cut = scenario.expect[0], list[tuple[str, str]](), False
    for fault in scenario.faults:
        cut = cut or fault.line == "cut"
        seen += [(layout.AGENT, f"{name}/tcp") for name in chosen(DEVICES, fault.devices)]
        if fault.check:
            seen += [(layout.agent_of(store), fault.check) for store in layout.simulated_stores(fault.stores)]
    dead = {split_check(check)[0] for _, check in seen}
    lanes = len(dead & set(layout.LANES)) + (len(layout.LANES) if cut else 0)
    if root.stores:  # no lane of these stores takes cards
        lanes = len(layout.LANES) + (root.stores - 1) * len(layout.SIMULATED_LANES)
    return Fault(at, root.ci, estate.law.category(root.category).resolver_group, lanes, seen, cut)


def journal(faults: Iterable[Fault]) -> list[JournalEntry]:
    fleet = Fleet()
    cmdb = layout.cmdb(STORES)
    told: list[JournalEntry] = [
        CmdbLoaded(at=START, document=cmdb),
        PolicyLoaded(at=START, name="retail", document=policy.load("retail")),
    ]
    for store in cmdb["stores"]:
        agent = layout.agent_of(store["id"])
        checks = [f"{name}/tcp" for name in DEVICES] if agent == layout.AGENT else layout.SIMULATED_CHECKS
        told.append(
            Records(
                at=START,
                agent=agent,
                generation=1,
                live=True,
                records=fleet.transitions(agent, dict.fromkeys(checks, Status.OK), START),
            )
        )
    for fault in faults:
        for at, status in ((fault.at, Status.CRITICAL), (fault.at + LASTS, Status.OK)):
            for agent, check in fault.seen:
                records = fleet.transitions(agent, {check: status}, at)
                told.append(Records(at=at + CONFIRMED, agent=agent, generation=1, live=True, records=records))
        if fault.cut:
            told.append(AgentSilent(at=fault.at + UNHEARD, agent=layout.AGENT, since=fault.at))
            back = fault.at + LASTS
            told += [AgentHeard(at=back, agent=layout.AGENT)]
            told += [Snapshot(at=back, agent=layout.AGENT, beliefs=fleet.snapshot(layout.AGENT))]
    told.sort(key=lambda entry: entry.at)
    return [*told, Tick(at=told[-1].at + 3_600)]
