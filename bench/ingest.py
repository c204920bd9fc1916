"""The collector's CPU for a result that arrives in a batch of 50, and for a message against mosquitto_sub's."""

import json
import subprocess
import sys
import time

import msgspec
import psutil

from bench import rig, synthetic
from bench.load import Plan

STORES = 500
CHECKS = 50
SECONDS = 20.0
RATE = 600.0


def main() -> None:
    with rig.running(synthetic.cmdb(STORES, CHECKS)) as bench:
        listener = subprocess.Popen(
            ["mosquitto_sub", "-p", str(bench.broker_port), "-t", "tillwatch/1/+/+/live", "-q", "1", "-N"],
            stdout=subprocess.DEVNULL,
        )
        plan = Plan(bench.broker_port, STORES, CHECKS, RATE, SECONDS)
        before = {process.pid: _cpu(process) for process in (bench.collector, psutil.Process(listener.pid))}
        load = subprocess.run(
            [sys.executable, "-m", "bench.load", msgspec.json.encode(plan)],
            capture_output=True,
            check=True,
        )
        time.sleep(2)
        after = {pid: _cpu(psutil.Process(pid)) for pid in before}
        listener.terminate()
        listener.wait()
        done = json.loads(load.stdout)
        collector = after[bench.collector.pid] - before[bench.collector.pid]
        plain = after[listener.pid] - before[listener.pid]
        messages, results = done["messages"], done["results"]
        print(f"  {messages} pulses of {CHECKS} results in {done['seconds']:.1f} s")
        print(f"  collector: {collector / results * 1e6:.2f} µs CPU a result (goal ≤ 1.5), all threads and the hellos")
        print(f"  a message: collector {collector / messages * 1e6:.0f} µs, mosquitto_sub {plain / messages * 1e6:.0f}")
        print(f"  ratio to mosquitto_sub: {collector / plain:.1f}")


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


if __name__ == "__main__":
    main()
