"""Row 10, and a week of dead targets: memory, file descriptors, tasks and threads stay as they are."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.edge_agent.collecting import CollectorForTests
from tests.edge_agent.conftest import broker
from tests.edge_agent.peers import Broker, free_port, until
from tests.edge_agent.running import ROOT, agent_yaml

__all__ = ["broker"]

CYCLES = int(os.environ.get("TILLWATCH_SOAK_CYCLES", "40320"))  # a week of one every 15 s
SNMP_CYCLES = int(os.environ.get("TILLWATCH_SNMP_CYCLES", "20"))
TARGETS = int(os.environ.get("TILLWATCH_SNMP_TARGETS", "1500"))
INTERVAL = 0.1  # seconds: the shortest that there is
GROWN = 4.0  # MiB, from the middle to the end: a leak of 100 bytes a check and cycle would be 27
SAMPLES = 24

Figures = dict[str, float]


class Closer:
    """A port that ends every connection without a word, and counts them."""

    def __init__(self) -> None:
        self.met = 0
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            peer, _ = self._listening.accept()
            self.met += 1
            peer.close()


@contextmanager
def soaking(config: Path, every: float) -> Iterator[list[Figures]]:
    """The figures of an agent, from start to now."""
    told: list[Figures] = []

    def listen() -> None:
        assert child.stdout is not None
        for line in child.stdout:
            told.append(json.loads(line))  # noqa: PERF401 - they are looked at as they come

    command = [sys.executable, "-m", "tests.faults.soaking", str(config), str(every)]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "MALLOC_ARENA_MAX": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, env=environment) as child:
        listening = threading.Thread(target=listen)
        listening.start()
        try:
            yield told
        finally:
            child.terminate()
            child.wait(30)
            listening.join()


def shown(told: list[Figures]) -> str:
    """Start, middle and end."""
    chosen = {"start": told[0], "middle": told[len(told) // 2], "end": told[-1]}
    return "; ".join(
        f"{when} {one['rss']:.1f} MiB, {one['fds']:.0f} fds, {one['tasks']:.0f} tasks, {one['threads']:.0f} threads"
        for when, one in chosen.items()
    )


def is_flat(told: list[Figures], grown: float = GROWN) -> None:
    """The second half is no more than the second quarter was, but for what happens to run when it is looked at."""
    first, second = told[len(told) // 4 : len(told) // 2], told[len(told) // 2 :]
    for what, most in (("fds", 4), ("tasks", 30), ("threads", 1)):
        assert max(one[what] for one in second) <= max(one[what] for one in first) + most, what
    assert max(one["rss"] for one in second) <= max(one["rss"] for one in first) + grown


@pytest.mark.timeout(6 * 3600)
@pytest.mark.shows("7", "a week's cycles with every target dead: memory, file descriptors, tasks and threads flat")
def test_a_week_of_dead_targets_leaves_nothing_behind(
    tmp_path: Path, broker: Broker, figure: Callable[[str], None]
) -> None:
    closer, closed = Closer(), free_port()
    config = agent_yaml(
        tmp_path,
        broker.url,
        [
            f'ci: pos-01, probe: tcp, target: "127.0.0.1:{closed}"',
            f'ci: pos-01, name: talk, probe: tcp, target: "127.0.0.1:{closer.port}", settings: {{expect: hello}}',
            f'ci: web, probe: http, target: "http://127.0.0.1:{closer.port}/"',
            f'ci: web, name: tls, probe: tls, target: "127.0.0.1:{closer.port}"',
            f'ci: sw-01, probe: snmp, target: "127.0.0.1:{free_port()}", settings: {{profile: ups}}',
            "ci: sync, probe: freshness, target: /nowhere/at/all, settings: {critical: 60s}",
            "ci: nas, probe: icmp, target: 127.255.255.255",
        ],
        interval=f"{INTERVAL:g}s",
        timeout=f"{INTERVAL:g}s",
        pulse="1s",
    )
    last: dict[str, int] = {}
    with CollectorForTests(broker.port) as collector, soaking(config, CYCLES * INTERVAL / SAMPLES) as told:
        until(lambda: len(collector.results) == 7 and all(one.status for one in collector.results.values()), 120)
        per_cycle = 3  # checks that the closer counts
        until(lambda: closer.met >= CYCLES * per_cycle and len(told) >= SAMPLES // 2, CYCLES * INTERVAL * 4 + 120)
        last = {one.check: int(one.status) for one in collector.results.values()}
    assert all(last.values()), "every target was dead"
    figure(f"{closer.met // per_cycle} cycles of 7 checks: {shown(told)}")
    is_flat(told)


@pytest.mark.timeout(3600)
@pytest.mark.shows("row 10", "1,500 dead SNMP targets: each measured in its turn, file descriptors and memory flat")
def test_many_dead_snmp_targets_cost_a_bounded_cycle(
    tmp_path: Path, broker: Broker, figure: Callable[[str], None]
) -> None:
    port = free_port()
    checks = [f'ci: ups-{n:04d}, probe: snmp, target: "127.0.{n // 250}.{n % 250 + 1}:{port}"' for n in range(TARGETS)]
    config = agent_yaml(tmp_path, broker.url, checks, interval="15s", timeout="1s", pulse="3s")
    config.write_text(f"concurrency: 200\n{config.read_text()}")
    with CollectorForTests(broker.port) as collector, soaking(config, 5.0) as told:
        until(lambda: len(collector.results) == TARGETS, 180)
        until(lambda: len(told) >= 3 * SNMP_CYCLES, 15 * SNMP_CYCLES + 180)
        results = dict(collector.results)
        late = [one for one in collector.all_records() if "not measured" in getattr(one, "text", "")]
    figure(f"{TARGETS} targets every 15 s for {5 * len(told)} s: {len(late)} measured too late; {shown(told)}")
    assert all(one.status for one in results.values())
    assert not late
    is_flat(told, grown=10.0)
