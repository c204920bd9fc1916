"""The collector's CPU for a result that arrives in a batch of 50, and for a message against mosquitto_sub's."""

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
SECONDS = 10.0
RATE = 5_000.0


def main() -> None:
    with rig.running(synthetic.cmdb(STORES, CHECKS)) as bench:
        _load(bench, 0.0)  # every store is known before anything is measured
        listener = subprocess.Popen(
            ["mosquitto_sub", "-p", str(bench.broker_port), "-t", "tillwatch/1/+/+/live", "-q", "1", "-N"],
            stdout=subprocess.DEVNULL,
        )
        plain = psutil.Process(listener.pid)
        before, before_plain, taken = _cpu(bench.collector), _cpu(plain), _results_taken(bench)
        done = _load(bench, SECONDS)
        collector, others = _cpu(bench.collector) - before, _cpu(plain) - before_plain
        taken = _results_taken(bench) - taken
        listener.terminate()
        listener.wait()
    messages, results = done["messages"], done["results"]
    if taken != results:
        raise SystemExit(f"{results} results were sent and the collector took {taken:.0f}")
    print(f"  {messages} pulses of {CHECKS} results in {done['seconds']:.1f} s, all taken")
    print(f"  collector: {collector / results * 1e6:.2f} µs CPU a result (goal ≤ 1.5), all its threads")
    print(f"  a message: collector {collector / messages * 1e6:.0f} µs, mosquitto_sub {others / messages * 1e6:.0f} µs")
    print(f"  ratio to mosquitto_sub: {collector / others:.1f}")


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
