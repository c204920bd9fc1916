"""The collector's CPU for a result that arrives in a batch of 50, and for a message against mosquitto_sub's.

Both are held back while the broker gathers the pulses and then drain them one after the other, each at its own full
speed: a program that is woken for every single message mostly measures how fast the machine wakes up.
"""

import json
import subprocess
import sys
import time
import urllib.request
from typing import Any

import msgspec
import psutil

from bench import rig, synthetic
from bench.load import Plan

STORES = 500
CHECKS = 50
SECONDS = 4.0
RATE = 6_000.0


def main() -> None:
    with rig.running(synthetic.cmdb(STORES, CHECKS)) as bench:
        _load(bench, 0.0)  # every store is known before anything is measured
        listener = subprocess.Popen(
            ["mosquitto_sub", "-p", str(bench.broker_port), "-t", "tillwatch/1/+/+/live", "-q", "1", "-N"],
            stdout=subprocess.DEVNULL,
        )
        plain = psutil.Process(listener.pid)
        time.sleep(1)
        taken = _results_taken(bench)
        bench.collector.suspend()
        plain.suspend()
        done = _load(bench, SECONDS)
        messages, results = done["messages"], done["results"]
        others = _drained(plain)
        collector = _drained(bench.collector)
        taken = _results_taken(bench) - taken
        listener.terminate()
        listener.wait()
    if taken != results:
        raise SystemExit(f"{results} results were sent and the collector took {taken:.0f}")
    print(f"  {messages} pulses of {CHECKS} results from {STORES} stores, all taken")
    print(f"  collector: {collector / results * 1e6:.2f} µs CPU a result (goal ≤ 1.5), all its threads")
    print(f"  a message: collector {collector / messages * 1e6:.0f} µs, mosquitto_sub {others / messages * 1e6:.0f} µs")
    print(f"  ratio to mosquitto_sub: {collector / others:.1f}")


def _drained(process: psutil.Process) -> float:
    """CPU seconds that the process needs, once it may go on, until it has nothing to do any more."""
    before = last = _cpu(process)
    process.resume()
    while True:
        time.sleep(1)
        now = _cpu(process)
        if now - last < 0.1:
            return now - before
        last = now


def _load(bench: rig.Rig, seconds: float) -> dict[str, Any]:
    plan = Plan(bench.broker_port, STORES, CHECKS, RATE, seconds)
    command = [sys.executable, "-m", "bench.load", msgspec.json.encode(plan).decode()]
    done: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    time.sleep(2)
    return done


def _results_taken(bench: rig.Rig) -> float:
    with urllib.request.urlopen(f"{bench.url}/metrics", timeout=10) as answer:  # noqa: S310
        lines = answer.read().decode().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("tillwatch_ingest_results_total "))


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


if __name__ == "__main__":
    main()
