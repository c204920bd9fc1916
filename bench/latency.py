"""From an agent's decision to the incident in the database, at 1,000 pulses/s of 50 results with 20 transitions/s."""

import json
import sqlite3
import statistics
import subprocess
import sys
import time

import msgspec

from bench import rig, synthetic
from bench.load import Plan

STORES = 997  # prime, so that the turns, evenly spaced, come upon a store only once
CHECKS = 50
RATE = 1000.0
TURNS = 20.0
SECONDS = 30.0


def main() -> None:
    with rig.running(synthetic.cmdb(STORES, CHECKS)) as bench:
        plan = Plan(bench.broker_port, STORES, CHECKS, RATE, SECONDS, TURNS)
        load = subprocess.Popen(
            [sys.executable, "-m", "bench.load", msgspec.json.encode(plan).decode()],
            stdout=subprocess.PIPE,
        )
        seen = _watch(str(bench.folder / "collector.db"), load)
        assert load.stdout is not None
        done = json.loads(load.stdout.read())
    failed: dict[str, float] = {}
    for store, key, decided in done["decided"]:
        failed.setdefault(f"{store}/{key.split('/')[0]}", decided)
    missed = failed.keys() - seen.keys()
    if missed:
        raise SystemExit(f"{len(missed)} of {len(failed)} failures became no incident: {sorted(missed)[:5]}")
    delays = sorted(seen[ci] - decided for ci, decided in failed.items())
    rate = done["messages"] / done["seconds"]
    median, p99, worst = statistics.median(delays), delays[int(len(delays) * 0.99)], delays[-1]
    print(f"  {rate:.0f} pulses/s of {CHECKS} results; {len(failed)} failures, all became incidents")
    print(f"  decision to committed incident: median {median * 1e3:.0f} ms, p99 {p99 * 1e3:.0f} ms (goal ≤ 250)")
    print(f"  worst {worst * 1e3:.0f} ms")


def _watch(database: str, load: "subprocess.Popen[bytes]") -> dict[str, float]:
    """When each CI's incident was first visible to another connection. Looks every 5 ms until the load ends."""
    seen: dict[str, float] = {}
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    newest = 0
    ended = None
    while ended is None or time.monotonic() < ended + 2:
        for number, ci in connection.execute("SELECT number, ci FROM incidents WHERE number > ?", (newest,)).fetchall():
            seen.setdefault(ci, time.time())
            newest = max(newest, number)
        if ended is None and load.poll() is not None:
            ended = time.monotonic()
        time.sleep(0.005)
    connection.close()
    return seen


if __name__ == "__main__":
    main()
