"""The collector's memory a check: a real collector with no store known, and with 1,500 stores of 60 checks heard."""

import subprocess
import sys
import time

import msgspec

from bench import rig, synthetic
from bench.load import Plan

STORES = 1_500
CHECKS = 60


def main() -> None:
    empty = _resident(1)
    full = _resident(STORES)
    checks = STORES * CHECKS
    print(f"  collector: {empty / 2**20:.0f} MiB with one store, {full / 2**20:.0f} MiB with {checks} checks heard")
    print(f"  {(full - empty) / checks:.0f} bytes a check (goal ≤ 300): CMDB, beliefs, latest measurements, everything")


def _resident(stores: int) -> float:
    """Bytes held once every store said hello and sent two pulses."""
    with rig.running(synthetic.cmdb(stores, CHECKS)) as bench:
        rate = max(1.0, stores / 5)
        plan = Plan(bench.broker_port, stores, CHECKS, rate, 2.2 * stores / rate)
        command = [sys.executable, "-m", "bench.load", msgspec.json.encode(plan).decode()]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        time.sleep(3)
        return float(bench.collector.memory_info().rss)


if __name__ == "__main__":
    main()
