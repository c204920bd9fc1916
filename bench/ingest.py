"""The collector's CPU for a result that arrives in a batch of 50, and for a message against mosquitto_sub's.

Both are held back while the broker gathers the pulses and then drain them one after the other, each at its own full
speed: a program that is woken for every single message mostly measures how fast the machine wakes up.
"""

import itertools
import subprocess
import time
import urllib.request
from collections.abc import Callable

import psutil

from bench import rig, synthetic
from bench.load import Line
from contract import topics
from contract.codec import encode

STORES = 500
CHECKS = 50
PULSES = 20_000
HELD_BACK = 10.0  # seconds; after 15 s without a sign of life a collector would stand by first
PATIENCE = 60.0


def main() -> None:
    fleet = [synthetic.SyntheticStore(number, CHECKS) for number in range(STORES)]
    with rig.running(synthetic.cmdb(STORES, CHECKS)) as bench:
        line = Line(bench.broker_port)
        for store in fleet:
            line.publish(topics.up(store.agent, "hello"), encode(store.hello(time.time())))
        line.drain(0)
        listener = subprocess.Popen(
            ["mosquitto_sub", "-p", str(bench.broker_port), "-t", "tillwatch/1/+/+/live", "-q", "1", "-N"],
            stdout=subprocess.DEVNULL,
        )
        plain = psutil.Process(listener.pid)
        pulses = [(topics.up(store.agent, "live"), _pulses(store)) for store in fleet]
        time.sleep(3)
        bench.collector.suspend()
        plain.suspend()
        sent = _send(line, pulses)
        results = sent * CHECKS
        collector = _drained(bench.collector, lambda: _results_taken(bench) == results)
        others = _drained(plain, lambda: True)
        line.close()
        listener.terminate()
        listener.wait()
    print(f"  {sent} pulses of {CHECKS} results from {STORES} stores, all taken")
    print(f"  collector: {collector / results * 1e6:.2f} µs CPU a result (goal ≤ 1.5), all its threads")
    print(f"  a message: collector {collector / sent * 1e6:.0f} µs, mosquitto_sub {others / sent * 1e6:.0f} µs")
    print(f"  ratio to mosquitto_sub: {collector / others:.1f}")


def _pulses(store: synthetic.SyntheticStore) -> list[bytes]:
    """Two that differ in every measurement."""
    return [encode(store.pulse(time.time(), jitter)) for jitter in (0.0, 1.0)]


def _send(line: Line, pulses: list[tuple[str, list[bytes]]]) -> int:
    """How many were sent, one store after the other: PULSES, or fewer where that takes longer than HELD_BACK."""
    end = time.monotonic() + HELD_BACK
    for sent, (topic, payloads) in zip(range(PULSES), itertools.cycle(pulses), strict=False):
        if time.monotonic() >= end:
            return sent
        line.publish(topic, payloads[sent // STORES % 2])
    line.drain(0)
    return PULSES


def _drained(process: psutil.Process, has_all: Callable[[], bool]) -> float:
    """CPU seconds that the process needs, once it may go on, until it rests. Then it must have all."""
    before = last = _cpu(process)
    process.resume()
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        time.sleep(1)
        now = _cpu(process)
        if now - last < 0.05:
            if not has_all():
                raise SystemExit(f"{process.name()} rests and has not taken everything that was sent")
            return now - before
        last = now
    raise SystemExit(f"{process.name()} did not rest within {PATIENCE:.0f} s")


def _results_taken(bench: rig.Rig) -> float:
    with urllib.request.urlopen(f"{bench.url}/metrics", timeout=10) as answer:  # noqa: S310
        lines = answer.read().decode().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("tillwatch_ingest_results_total "))


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


if __name__ == "__main__":
    main()
