"""What an agent weighs: memory with 60 tcp, icmp and host checks, time to its first publish, CPU for each probe.

    python -m bench.agent [--seconds 60]

The agent is a process of its own as an installation leaves it: the packages of requirements/agent.txt and no others,
and the environment of its service unit (docs/agent.md). It speaks to a real broker and to real listeners on loopback.
"""

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from bench import rig
from contract.topics import collector_subscriptions

ROOT = Path(__file__).parents[1]
CHECKS = 60
GOAL_MB = 32.0
UNIT = {"PYTHONNODEBUGRANGES": "1", "MALLOC_ARENA_MAX": "1"}
CPU_FOR = 15.0  # seconds: one interval of every check


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long the agent runs before it is weighed")
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder, rig.broker(Path(folder)) as port, listeners(20) as ports:
        config = written(Path(folder), port, ports)
        installed(config.parent)
        with running(config, port):
            time.sleep(5)  # every check has been measured once, so all that it needs has its bytecode
        with running(config, port) as (agent, start_up):
            time.sleep(seconds)
            memory, cpu = resident_mb(agent), cpu_seconds(agent)
            time.sleep(CPU_FOR)
            cpu_a_probe = (cpu_seconds(agent) - cpu) / CHECKS * 1e6
    print(f"agent with {CHECKS} tcp/icmp/host checks, after {seconds:g} s: {memory:.1f} MB resident (goal {GOAL_MB:g})")
    print(f"start-up to the first publish: {start_up * 1000:.0f} ms")
    print(f"CPU for each check and interval, with its share of judging, pulse and log: {cpu_a_probe:.0f} µs")
    return int(memory > GOAL_MB)


def installed(folder: Path) -> None:
    """The smallest agent's packages, from the reader's own index, in `folder`/venv."""
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    pip = [str(folder / "venv/bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "--requirement", str(ROOT / "requirements/agent.txt")], check=True)


@contextmanager
def running(config: Path, port: int) -> Iterator[tuple[int, float]]:
    """An agent, once it has said something: its process id, and how long that took in seconds."""
    first_publish, began = Heard(port), time.monotonic()
    environment = os.environ | UNIT | {"PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(config.parent / "bytecode")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [str(config.parent / "venv/bin/python"), "-m", "tillwatch", "agent", "run", "--config", str(config)]
    agent = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        yield agent.pid, first_publish.wait() - began
    finally:
        agent.terminate()
        agent.wait()
        first_publish.close()


class Heard:
    """Hears the first thing that an agent says."""

    def __init__(self, port: int) -> None:
        self._at = 0.0
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = lambda client, *_: client.subscribe(
            [(topic, 1) for topic in collector_subscriptions()]
        )
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def wait(self) -> float:
        while not self._at:
            time.sleep(0.005)
        return self._at

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _on_message(self, *_arguments: object) -> None:
        self._at = self._at or time.monotonic()


def written(folder: Path, port: int, ports: list[int]) -> Path:
    """agent.yaml with 20 checks of each kind, every 15 s."""
    config = folder / "agent.yaml"
    lines = ['store: "0042"', "agent: 0042-server", f"broker: {{url: 'mqtt://127.0.0.1:{port}'}}"]
    lines += [f"log: {{path: {folder / 'agent.db'}}}", "checks:"]
    for at, target in enumerate(ports):
        lines.append(f"  - {{ci: pos-{at:02d}, probe: tcp, target: '127.0.0.1:{target}'}}")
        lines.append(f"  - {{ci: pos-{at:02d}, probe: icmp, target: 127.0.0.1}}")
        lines.append(f"  - {{ci: host-{at:02d}, probe: host}}")
    config.write_text("\n".join(lines) + "\n")
    return config


@contextmanager
def listeners(count: int) -> Iterator[list[int]]:
    sockets = [socket.create_server(("127.0.0.1", 0), backlog=1024) for _ in range(count)]
    try:
        yield [sock.getsockname()[1] for sock in sockets]
    finally:
        for sock in sockets:
            sock.close()


def resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def cpu_seconds(pid: int) -> float:
    """Of all threads."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


if __name__ == "__main__":
    raise SystemExit(main())
