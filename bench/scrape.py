"""A scrape of 300,000 series: all changed, a tenth changed, none changed; against prometheus_client in the same run.

Run it from the repository's root: `python -m bench.scrape`. CPU seconds of one thread; the best of three rounds, since
everything but the work itself only ever adds. Goals: all changed ≤ 200 ms, a tenth ≤ 40 ms.
"""

import json
import random
import sys
import time
import zlib
from array import array
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from collector.fleet import NO_TEXTS, AgentView, Shape
from collector.metrics.blocks import Blocks

AGENTS, CHECKS, ROUNDS = 2_500, 60, 3
SERIES = AGENTS * CHECKS * 2


def pulse(at: int, shape: Shape, version: int, chance: random.Random) -> AgentView:
    return AgentView(
        f"{at:05d}-server",
        f"{at:05d}",
        shape,
        bytes(chance.choices((0, 1, 2, 3), weights=(90, 4, 4, 2), k=CHECKS)),
        array("f", (chance.expovariate(1 / 20) for _ in range(CHECKS))),
        NO_TEXTS,
        0.0,
        0.0,
        0,
        0,
        None,
        version,
    )


def cpu_seconds(work: Callable[..., object], *arguments: object) -> float:
    began = time.thread_time()
    work(*arguments)
    return time.thread_time() - began


def of_blocks(shape: Shape, chance: random.Random) -> dict[str, float]:
    blocks = Blocks()
    fleet = [pulse(at, shape, 0, chance) for at in range(AGENTS)]
    blocks.text(fleet)
    all_changed, tenth, unchanged = [], [], []
    for version in range(1, ROUNDS + 1):
        fleet = [pulse(at, shape, 2 * version, chance) for at in range(AGENTS)]
        all_changed.append(cpu_seconds(blocks.text, fleet))
        for at in range(0, AGENTS, 10):
            fleet[at] = pulse(at, shape, 2 * version + 1, chance)
        tenth.append(cpu_seconds(blocks.text, fleet))
        unchanged.append(cpu_seconds(blocks.text, fleet))
    text = blocks.text(fleet)
    assert text.count(b"\n") == SERIES + 4
    return {
        "all_changed_ms": min(all_changed) * 1e3,
        "tenth_changed_ms": min(tenth) * 1e3,
        "unchanged_ms": min(unchanged) * 1e3,
        "gzip_level_1_ms": cpu_seconds(zlib.compress, text, 1) * 1e3,
        "bytes_a_series": len(text) / SERIES,
    }


def of_prometheus_client(shape: Shape, chance: random.Random) -> float:
    """Milliseconds of generate_latest for the same series, gauges set once: it writes everything at every scrape."""
    registry = CollectorRegistry()
    names = ("store", "agent", "ci", "check")
    status = Gauge("tillwatch_check_status", "status", names, registry=registry)
    duration = Gauge("tillwatch_check_duration_seconds", "duration", names, registry=registry)
    for at in range(AGENTS):
        view = pulse(at, shape, 0, chance)
        for check, value, ms in zip(shape.keys, view.statuses, view.ms, strict=True):
            row = (view.store, view.agent, *check.split("/"))
            status.labels(*row).set(value)
            duration.labels(*row).set(ms / 1e3)
    return min(cpu_seconds(generate_latest, registry) for _ in range(2)) * 1e3


def main() -> int:
    chance = random.Random(20)
    shape = Shape(tuple(f"pos-{at // 3:02d}/{('tcp', 'icmp', 'host')[at % 3]}" for at in range(CHECKS)))
    figures = of_blocks(shape, chance)
    peer = of_prometheus_client(shape, chance)
    figures["prometheus_client_ms"] = peer
    figures["ratio_all_changed"] = peer / figures["all_changed_ms"]
    figures["ratio_tenth_changed"] = peer / figures["tenth_changed_ms"]
    if "--json" in sys.argv[1:]:
        print(json.dumps({"series": SERIES} | figures))
    else:
        print(f"{SERIES:,} series, CPU of one thread")
        for name, figure in figures.items():
            print(f"  {name:22} {figure:10.1f}")
    return 0 if figures["all_changed_ms"] <= 200 and figures["tenth_changed_ms"] <= 40 else 1


if __name__ == "__main__":
    raise SystemExit(main())
