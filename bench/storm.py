"""10,000 transitions at once in a chain of 10,000 stores: how much CPU until every one is decided, holds included.

Once as tills die, each with all its five checks, each check in a message of its own; and once as no chain's do: a
single check of a till in every store, so that each transition opens an incident. Then all stores fall silent at once,
as when the way to the centre is cut, and come back ten minutes later, as they were.
"""

import argparse
import time

from bench import resident, synthetic
from bench.synthetic import CHECKS_A_CI
from contract.records import Transition
from contract.status import Status
from rules import engine
from rules.entries import AgentHeard, AgentSilent, CmdbLoaded, JournalEntry, PolicyLoaded, Records, Snapshot, Tick
from rules.given import policy
from rules.state import State

STORES = 10_000
CHECKS = 30
TRANSITIONS = 10_000
GOAL = 2.0  # seconds of CPU for 10,000 transitions
HELD = 70.0  # seconds after which nothing is held any more


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench/storm.py")
    parser.add_argument("transitions", nargs="?", type=int, default=TRANSITIONS)
    transitions = parser.parse_args().transitions
    goal = GOAL * transitions / TRANSITIONS
    spent = _decided(transitions // CHECKS_A_CI, CHECKS_A_CI, goal)
    _decided(transitions, 1, goal)
    _silent()
    if spent > goal:
        raise SystemExit(1)


def _decided(stores: int, checks: int, goal: float) -> float:
    """Seconds of CPU for so many checks of a till in each of so many stores."""
    state, fleet = _chain()
    at = resident.NOW + 60
    told = [
        Records(at=at, agent=one.agent, generation=1, live=True, records=[_dead(one, check, at)])
        for check in range(checks)
        for one in fleet[:stores]
    ]
    spent = _spent(state, [*told, Tick(at=at + HELD)])
    opened = sum(row.opened_at is not None for row in state.incidents.values())
    what = f"{len(told):,} transitions, {checks} of a till in {stores:,} stores"
    print(f"  {what}: {spent:.2f} s of CPU (goal ≤ {goal:.2f} s)")
    print(f"  {len(state.incidents):,} incidents, {opened:,} of them with a ticket")
    return spent


def _silent() -> None:
    state, fleet = _chain()
    cut, back = resident.NOW + 60, resident.NOW + 660
    gone: list[JournalEntry] = [AgentSilent(at=cut + 45, agent=one.agent, since=cut) for one in fleet]
    away = _spent(state, [*gone, Tick(at=cut + 45 + HELD)])
    engine.run(state, Tick(at=back))
    heard: list[JournalEntry] = []
    for one in fleet:
        heard += [AgentHeard(at=back, agent=one.agent)]
        heard += [Snapshot(at=back, agent=one.agent, beliefs=resident.beliefs(one))]
    again = _spent(state, [*heard, Tick(at=back + HELD)])
    print(f"  {len(fleet):,} stores that fall silent: {away:.2f} s of CPU; that are back: {again:.2f} s")
    tickets = sum(row.opened_at is not None and row.parent is None for row in state.incidents.values())
    print(f"  {len(state.incidents):,} incidents, {tickets:,} of them with a ticket and part of no other")


def _chain() -> tuple[State, list[synthetic.SyntheticStore]]:
    state, fleet = State.empty(), [synthetic.SyntheticStore(number, CHECKS) for number in range(STORES)]
    engine.run(state, PolicyLoaded(at=resident.NOW, name="retail", document=policy.load("retail")))
    engine.run(state, CmdbLoaded(at=resident.NOW, document=synthetic.cmdb(STORES, CHECKS)))
    for store in fleet:
        engine.run(state, Snapshot(at=resident.NOW, agent=store.agent, beliefs=resident.beliefs(store)))
    return state, fleet


def _spent(state: State, entries: list[JournalEntry]) -> float:
    """Seconds of CPU."""
    begin = time.process_time()
    for entry in entries:
        engine.run(state, entry)
    return time.process_time() - begin


def _dead(store: synthetic.SyntheticStore, check: int, at: float) -> Transition:
    return resident.record(store, store.keys[check], Status.CRITICAL, at)


if __name__ == "__main__":
    main()
