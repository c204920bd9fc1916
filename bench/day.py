"""A day of the demo's chain told by static severities and by ours: tickets, P1s, how long the right team waits.

Static is what a tool does that knows classes and no customers: every device that fails is a ticket, with the priority
of its class. Both hand their tickets to the same desk, which reads them one after the other, the worst first, and
passes each on to its team: one that is buried under its own symptoms is found late. Virtual time, drawn from a seed.
"""

import argparse
import random
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from contract.ids import split_check
from contract.status import Status
from rules import engine
from rules.course.incident import Incident
from rules.entries import AgentHeard, AgentSilent, CmdbLoaded, JournalEntry, PolicyLoaded, Records, Snapshot, Tick
from rules.given import policy
from rules.given.estate import Estate, cmdb_of
from rules.given.policy import typed
from rules.rehearsal.storyteller import Fleet
from rules.state import State
from tillwatch.demo import layout
from tillwatch.demo.scenario import Scenario, chosen, fewer_stores, read

STORES = 49
START = 1_794_819_600.0  # a Monday, 09:00 UTC
FAULTS = 16
LASTS = 2_700.0  # seconds from a fault to its repair
CONFIRMED = 17.0  # seconds until an agent believes it
READING = 180.0  # seconds that the desk needs to read a ticket and pass it on
SEVERITY = {
    "pos_terminal": 1,
    "network_switch": 1,
    "payment_gateway": 1,
    "web_shop": 1,
    "inventory_sync": 2,
    "signage": 2,
}
SILENT = ("store-systems", 2)  # a server that says nothing is a server's ticket
DEVICES = ["sw-01", *layout.LANES, "sign-01", "sync-01", "acquirer-a", "web-shop", "reference"]


class Fault(NamedTuple):
    """What broke at `at`: its CI, the team that can mend it, the lanes that it takes; (agent, check) of who sees it."""

    at: float
    ci: str
    team: str
    lanes: int
    seen: list[tuple[str, str]]
    cut: bool


class Ticket(NamedTuple):
    at: float
    priority: int
    team: str
    ci: str


class Told(NamedTuple):
    tickets: int
    p1: int
    lane_minutes: float
    waited: float  # minutes, the mean of all faults


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench/day.py")
    parser.add_argument("--seed", type=int, default=1)
    estate = Estate(typed(policy.load("retail")), cmdb_of(layout.cmdb(STORES)))
    faults = drawn(estate, parser.parse_args().seed)
    static, ours = told(faults, by_severity(estate, faults)), told(faults, by_rules(faults))
    print(f"  {len(faults)} faults in {STORES + 1} stores, a desk that reads a ticket in {READING / 60:.0f} min")
    print("                                                     static    ours")
    for name, one, other in zip(
        (
            "tickets",
            "P1 tickets",
            "lost-lane minutes until the right team is told",
            "minutes until it is told, the mean",
        ),
        static,
        ours,
        strict=True,
    ):
        print(f"  {name:48} {one:8.0f}{other:8.0f}")
    if ours.tickets > static.tickets or ours.lane_minutes > static.lane_minutes:
        raise SystemExit(1)


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


def by_severity(estate: Estate, faults: Iterable[Fault]) -> list[Ticket]:
    """A ticket for each device that each store sees failing."""
    made = []
    for fault in faults:
        at = fault.at + CONFIRMED
        for agent, check in fault.seen:
            ref = estate.ref(agent, split_check(check)[0])
            priority = SEVERITY.get(estate.items[ref].klass, 3)
            made.append(Ticket(at, priority, estate.rules_of(ref).resolver_group, ref))
        if fault.cut:
            made.append(Ticket(fault.at + 45.0, SILENT[1], SILENT[0], layout.STORE))
    return made


def by_rules(faults: Iterable[Fault]) -> list[Ticket]:
    """What the engine asks for when agents tell it of the same faults: a ticket, or one opened again."""
    state, rows, made = State.empty(), dict[str, Incident](), list[Ticket]()
    for event in _with_deadlines(state, _journal(faults)):
        decision = engine.step(state, event, event.at)
        engine.apply(state, decision)
        rows |= {one.key: one.row for one in decision.changes if one.table == "incidents"}
        for one in decision.effects:
            if one.kind == "open_ticket" or (one.kind == "update_ticket" and ":reopen:" in one.key):
                row = rows[one.incident]
                made.append(Ticket(event.at, row.priority, one.to, row.ci))
    return made


def _with_deadlines(state: State, journal: list[JournalEntry]) -> Iterator[JournalEntry | engine.Due]:
    for entry in journal:
        while (due := state.next_deadline()) is not None and due[0] <= entry.at:
            yield engine.Due(at=due[0], key=due[1])
        yield entry


def told(faults: list[Fault], tickets: list[Ticket]) -> Told:
    """What the desk's reading comes to; a fault whose team is told only after it was mended waited until then."""
    read_at = _read(tickets)
    waits = []
    for fault in faults:
        found = [
            at - fault.at
            for ticket, at in read_at
            if ticket.at >= fault.at and ticket.team == fault.team and ticket.ci == fault.ci
        ]
        waits.append(min([*found, LASTS]))
    lane_minutes = sum(wait * fault.lanes for wait, fault in zip(waits, faults, strict=True)) / 60
    p1 = sum(ticket.priority == 1 for ticket in tickets)
    return Told(len(tickets), p1, lane_minutes, sum(waits) / len(waits) / 60)


def _read(tickets: list[Ticket]) -> list[tuple[Ticket, float]]:
    """When the desk has passed each on: one at a time, of those that are there the worst, then the oldest."""
    waiting, now, done = sorted(tickets), 0.0, list[tuple[Ticket, float]]()
    while waiting:
        now = max(now, waiting[0].at)
        there = [one for one in waiting if one.at <= now]
        first = min(there, key=lambda one: (one.priority, one.at, one.ci))
        waiting.remove(first)
        now += READING
        done.append((first, now))
    return done


def _journal(faults: Iterable[Fault]) -> list[JournalEntry]:
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
            told.append(AgentSilent(at=fault.at + 45.0, agent=layout.AGENT, since=fault.at))
            back = fault.at + LASTS
            told += [AgentHeard(at=back, agent=layout.AGENT)]
            told += [Snapshot(at=back, agent=layout.AGENT, beliefs=fleet.snapshot(layout.AGENT))]
    told.sort(key=lambda entry: entry.at)
    return [*told, Tick(at=told[-1].at + 3_600)]


if __name__ == "__main__":
    main()
