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
    _, empty = _resident(1)
    ready, full = _resident(STORES)
    checks = STORES * CHECKS
    print(f"  collector: {empty / 2**20:.0f} MiB with one store, {full / 2**20:.0f} MiB with {checks} checks heard")
    print(f"  {ready / 2**20:.0f} MiB of that were there before the first message: mostly what reading the CMDB took")
    print(f"  {(full - empty) / checks:.0f} bytes a check (goal ≤ 300): CMDB, beliefs, latest measurements, everything")


def _resident(stores: int) -> tuple[float, float]:
    """Bytes held before the first message, and once every store said hello and sent two pulses."""
    with rig.running(synthetic.cmdb(stores, CHECKS)) as bench:
        ready = float(bench.collector.memory_info().rss)
        rate = max(1.0, stores / 5)
        plan = Plan(bench.broker_port, stores, CHECKS, rate, 2.2 * stores / rate)
        command = [sys.executable, "-m", "bench.load", msgspec.json.encode(plan).decode()]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        time.sleep(3)
        return ready, float(bench.collector.memory_info().rss)


if __name__ == "__main__":
    main()
