"""One step of the rules with 1,000 and with 300,000 checks known: its cost must not grow with the chain."""

import resource
import statistics
import time
from pathlib import Path

import msgspec

from bench import synthetic
from contract.records import Transition
from contract.reports import Live
from contract.status import Status
from rules import engine, policy
from rules.entries import CmdbLoaded, PolicyLoaded, Records, SeenBelief, Snapshot
from rules.state import State

CHECKS = 60
STEPS = 400
NOW = 1_790_000_000.0


def main() -> None:
    small, _ = measured(1_000 // CHECKS)
    large, size = measured(300_000 // CHECKS)
    print(f"  a transition's step: {small * 1e6:.0f} µs with 1,000 checks, {large * 1e6:.0f} µs with 300,000 (median)")
    print(f"  ratio {large / small:.2f} (1 is the goal: no cost that grows with the chain)")
    print(f"  the rules' memory: {size:.0f} bytes a check at 300,000 checks, all tables and the CMDB")


def measured(stores: int) -> tuple[float, float]:
    """Median seconds a step, and bytes a check that the state took."""
    before = resident()
    state = State.empty()
    fleet = [synthetic.SyntheticStore(number, CHECKS) for number in range(stores)]
    engine.run(state, PolicyLoaded(at=NOW, name="retail", document=policy.load("retail")))
    engine.run(state, CmdbLoaded(at=NOW, document=synthetic.cmdb(stores, CHECKS)))
    for store in fleet:
        # Through bytes, as the journal brings it: nothing is shared with the sender's objects.
        arrived = Snapshot(at=NOW, agent=store.agent, beliefs=_beliefs(store))
        engine.run(state, msgspec.json.decode(msgspec.json.encode(arrived), type=Snapshot))
    taken = resident() - before
    spent = [one_step(state, fleet[number % stores], NOW + number) for number in range(STEPS)]
    return statistics.median(spent), taken / (stores * CHECKS)


def one_step(state: State, store: synthetic.SyntheticStore, at: float) -> float:
    key = store.keys[0]
    after = Status.CRITICAL if store.states[key][0] is Status.OK else Status.OK
    entry = Records(at=at, agent=store.agent, generation=1, live=True, records=[_record(store.turn(key, after, at))])
    begin = time.perf_counter()
    decision = engine.step(state, entry, at)
    spent = time.perf_counter() - begin
    engine.apply(state, decision)
    return spent


def _record(live: Live) -> Transition:
    record = live.records[0]
    assert isinstance(record, Transition)
    return record


def _beliefs(store: synthetic.SyntheticStore) -> list[SeenBelief]:
    return [SeenBelief(key, status, NOW, 1, seq, 15.0) for key, (status, seq) in store.states.items()]


def resident() -> float:
    """Bytes of memory that this process holds now (Linux), or held at most elsewhere."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return float(int(statm.read_text().split()[1]) * resource.getpagesize())
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024.0


if __name__ == "__main__":
    main()
