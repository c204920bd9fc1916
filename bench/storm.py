"""10,000 transitions at once in a chain of 10,000 stores: how much CPU until every one is decided, holds included."""

import argparse
import time

from bench import step, synthetic
from contract.records import Transition
from contract.status import Status
from rules import engine
from rules.entries import CmdbLoaded, PolicyLoaded, Records, Snapshot, Tick
from rules.given import policy
from rules.state import State

STORES = 10_000
CHECKS = 30
GOAL = 2.0  # seconds of CPU for 10,000 transitions
HELD = 70.0  # seconds after which nothing is held any more


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench/storm.py")
    parser.add_argument("stores", nargs="?", type=int, default=STORES, help="each has one transition")
    stores = parser.parse_args().stores
    state, fleet = State.empty(), [synthetic.SyntheticStore(number, CHECKS) for number in range(stores)]
    engine.run(state, PolicyLoaded(at=step.NOW, name="retail", document=policy.load("retail")))
    engine.run(state, CmdbLoaded(at=step.NOW, document=synthetic.cmdb(stores, CHECKS)))
    for store in fleet:
        engine.run(state, Snapshot(at=step.NOW, agent=store.agent, beliefs=step.beliefs(store)))
    at = step.NOW + 60
    told = [Records(at=at, agent=one.agent, generation=1, live=True, records=[_dead(one, at)]) for one in fleet]
    begin = time.process_time()
    for entry in told:
        engine.run(state, entry)
    engine.run(state, Tick(at=at + HELD))
    spent = time.process_time() - begin
    opened = sum(row.opened_at is not None for row in state.incidents.values())
    goal = GOAL * stores / STORES
    print(f"  {stores:,} transitions of {stores:,} stores: {spent:.2f} s of CPU (goal ≤ {goal:.2f} s)")
    print(f"  {len(state.incidents):,} incidents, {opened:,} of them with a ticket")
    if spent > goal:
        raise SystemExit(1)


def _dead(store: synthetic.SyntheticStore, at: float) -> Transition:
    return step.record(store, store.keys[0], Status.CRITICAL, at)


if __name__ == "__main__":
    main()
