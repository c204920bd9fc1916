"""What a check costs the collector in memory: its state, traced object by object, and a whole process."""

import gc
import subprocess
import sys
import time
import tracemalloc

import msgspec

from bench import rig, synthetic
from bench.load import Plan
from collector.fleet import Fleet
from contract import codec
from contract.reports import Live
from rules import engine
from rules.entries import CmdbLoaded, PolicyLoaded, SeenBelief, Snapshot
from rules.given import policy
from rules.state import State

STORES = 1_500
CHECKS = 60
GOAL = 300
NOW = 1_790_000_000.0


def main() -> None:
    known, believed, measured = traced()
    state = believed + measured
    print(f"  state of a check: {state:.0f} bytes (goal ≤ {GOAL}): beliefs {believed:.0f}, measurements {measured:.0f}")
    print(f"  and {known:.0f} bytes of CMDB, which are {known * synthetic.CHECKS_A_CI:.0f} a configuration item")
    ready, full = resident()
    print(f"  a whole collector: {full / 2**20:.0f} MiB with {STORES * CHECKS} checks heard, Python and all libraries")
    print(f"  {ready / 2**20:.0f} MiB of that before the first message: reading YAML takes far more than it leaves")
    if state > GOAL:
        raise SystemExit(1)


def traced() -> tuple[float, float, float]:
    """Live bytes a check of: the CMDB and the policy, the rules' beliefs, the fleet's latest measurements."""
    tracemalloc.start()
    state, fleet = State.empty(), Fleet()
    begin = _live()
    engine.run(state, PolicyLoaded(at=NOW, name="retail", document=policy.load("retail")))
    engine.run(state, CmdbLoaded(at=NOW, document=synthetic.cmdb(STORES, CHECKS)))
    known = _live()
    for number in range(STORES):
        _hear_hello(state, synthetic.SyntheticStore(number, CHECKS))
    believed = _live()
    for number in range(STORES):
        _hear_pulse(fleet, synthetic.SyntheticStore(number, CHECKS))
    measured = _live()
    tracemalloc.stop()
    checks = STORES * CHECKS
    return (known - begin) / checks, (believed - known) / checks, (measured - believed) / checks


def resident() -> tuple[float, float]:
    """Bytes that a collector's process holds before the first message, and once every store was heard."""
    with rig.running(synthetic.cmdb(STORES, CHECKS)) as bench:
        ready = float(bench.collector.memory_info().rss)
        rate = STORES / 5
        plan = Plan(bench.broker_port, STORES, CHECKS, rate, 2.2 * STORES / rate)
        command = [sys.executable, "-m", "bench.load", msgspec.json.encode(plan).decode()]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        time.sleep(3)
        return ready, float(bench.collector.memory_info().rss)


def _hear_hello(state: State, store: synthetic.SyntheticStore) -> None:
    """Through bytes, as the journal brings it: nothing is shared with the sender's objects."""
    beliefs = [SeenBelief(key, status, NOW, 1, seq, 15.0) for key, (status, seq) in store.states.items()]
    arrived = msgspec.json.encode(Snapshot(at=NOW, agent=store.agent, beliefs=beliefs))
    engine.run(state, msgspec.json.decode(arrived, type=Snapshot))


def _hear_pulse(fleet: Fleet, store: synthetic.SyntheticStore) -> None:
    pulse = codec.decode_up("live", codec.encode(store.pulse(NOW, 1.0)))
    assert isinstance(pulse, Live)
    assert pulse.results is not None
    fleet.update(store.agent, store.store, pulse, pulse.results, NOW)


def _live() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


if __name__ == "__main__":
    main()
