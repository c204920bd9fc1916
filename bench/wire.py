"""Bytes on the wire in a day for a typical store: 30 checks, a pulse every 15 s, with the collector's acks.

    python -m bench.wire [--seconds 120]

A real agent speaks to a real broker and collector through a proxy. What went through it is counted, both ways, and so
are the TCP segments of the agent's connection, as the kernel counts them, with those that only acknowledge.
"""

import argparse
import os
import selectors
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, NamedTuple

from bench import rig
from bench.agent import listeners

ROOT = Path(__file__).parents[1]
CHECKS = 30
GOAL_MB = 5.0
DAY = 86_400.0
HEADERS = 52  # bytes of IPv4, TCP and its time stamps in every segment
TCP_INFO_LENGTH, SEGMENTS = 144, struct.Struct("@II")  # tcpi_segs_out and tcpi_segs_in end that much of it
SETTLES_IN = 20.0  # seconds: hello, first results, first ack


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=120.0, help="how long is counted; best whole minutes")
    seconds = parser.parse_args().seconds
    with rig.running(cmdb()) as bench, listeners(CHECKS) as ports:
        proxy = Counting(bench.broker_port)
        config = written(bench.folder, proxy.port, ports)
        command = [sys.executable, "-m", "tillwatch", "agent", "run", "--config", str(config)]
        agent = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})
        try:
            proxy.connected.wait(60)
            time.sleep(SETTLES_IN)
            before = proxy.counted()
            time.sleep(seconds)
            told = proxy.counted().minus(before)
        finally:
            agent.terminate()
            agent.wait()
            proxy.close()
    if not told.up or not told.down:
        raise SystemExit(f"the agent did not speak with the collector: {told}")
    up, down, headers = (amount * DAY / seconds / 1e6 for amount in (told.up, told.down, told.segments * HEADERS))
    total = up + down + headers
    print(f"  {CHECKS} checks, a pulse every 15 s; counted for {seconds:g} s: {told}")
    print(f"  a day: {up:.2f} MB up, {down:.2f} MB down, {headers:.2f} MB of TCP and IP headers")
    print(f"  {total:.2f} MB in all (goal ≤ {GOAL_MB:g})")
    return int(total > GOAL_MB)


class Counted(NamedTuple):
    """Bytes of MQTT in each direction, and TCP segments in both."""

    up: int = 0
    down: int = 0
    segments: int = 0

    def minus(self, before: "Counted") -> "Counted":
        return Counted(self.up - before.up, self.down - before.down, self.segments - before.segments)


class Counting:
    """A TCP proxy for one connection after the other to the broker at `port`."""

    def __init__(self, port: int) -> None:
        self._bytes = Counted()
        self._agent: socket.socket | None = None
        self.connected = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._broker = port
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def counted(self) -> Counted:
        """So far. Only differences on one connection mean something."""
        if self._agent is None:
            return self._bytes
        info = self._agent.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO_LENGTH)
        return self._bytes._replace(segments=sum(SEGMENTS.unpack(info[-SEGMENTS.size :])))

    def close(self) -> None:
        self._closing.set()
        self._thread.join()
        self._listening.close()

    def _run(self) -> None:
        self._listening.settimeout(0.2)
        while not self._closing.is_set():
            try:
                agent, _ = self._listening.accept()
            except TimeoutError:
                continue
            with agent, socket.create_connection(("127.0.0.1", self._broker)) as broker:
                self._agent = agent
                self.connected.set()
                self._carry(agent, broker)

    def _carry(self, agent: socket.socket, broker: socket.socket) -> None:
        with selectors.DefaultSelector() as ready:
            ready.register(agent, selectors.EVENT_READ, broker)
            ready.register(broker, selectors.EVENT_READ, agent)
            while not self._closing.is_set():
                for key, _ in ready.select(0.2):
                    source: Any = key.fileobj
                    piece = source.recv(65536)
                    if not piece:
                        return
                    key.data.sendall(piece)
                    up, down, _ = self._bytes
                    is_up = source is agent
                    self._bytes = Counted(up + is_up * len(piece), down + (not is_up) * len(piece))


def cmdb() -> dict[str, Any]:
    tills = [{"id": f"pos-{at:02d}", "store": "0042", "class": "pos_terminal"} for at in range(CHECKS)]
    return {"stores": [{"id": "0042", "agents": ["0042-server"]}], "items": tills}


def written(folder: Path, port: int, ports: list[int]) -> Path:
    """agent.yaml with a tcp check of each listener."""
    config = folder / "agent.yaml"
    lines = ['store: "0042"', "agent: 0042-server", f"broker: {{url: 'mqtt://127.0.0.1:{port}'}}"]
    lines += [f"log: {{path: {folder / 'agent.db'}}}", "checks:"]
    lines += [f"  - {{ci: pos-{at:02d}, probe: tcp, target: '127.0.0.1:{target}'}}" for at, target in enumerate(ports)]
    config.write_text("\n".join(lines) + "\n")
    return config


if __name__ == "__main__":
    raise SystemExit(main())
