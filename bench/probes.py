"""What one probe of each kind costs, in CPU and in memory, against servers on loopback in a process of their own.

Run it from the repository's root: `python -m bench.probes`. CPU is of the asking process, the best of three rounds,
since everything but the work itself only ever adds; `× bare` is the ratio to a blocking connect and close of one
socket in the same run, which says more than microseconds on a machine that does other things.
"""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from time import process_time
from typing import Any

from probes import registry
from probes.settings import read

ROUNDS, PROBES, AT_ONCE = 3, 1000, 20
SETTINGS: dict[str, dict[str, Any]] = {"icmp": {"count": 1}, "host": {"window": "0ms"}}
TARGETS = {"tcp": "127.0.0.1:{port}", "http": "http://127.0.0.1:{port}/", "icmp": "127.0.0.1", "host": ""}

_SERVER = """
import asyncio
class Answering(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
    def data_received(self, data):
        self.transport.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 4\\r\\n\\r\\nfine")
async def serve():
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(serve())
"""

_MEMORY = """
import asyncio, msgspec, sys
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 2**20
before = resident()
from probes.settings import read
for kind in sys.argv[1:]:
    read(kind, {})
print(resident() - before)
"""


@contextmanager
def server() -> Iterator[int]:
    with subprocess.Popen([sys.executable, "-c", _SERVER], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


def bare_connect(port: int) -> float:
    """µs of CPU to connect and close one blocking socket."""

    def one_round() -> float:
        began = process_time()
        for _ in range(PROBES):
            socket.create_connection(("127.0.0.1", port)).close()
        return (process_time() - began) / PROBES * 1e6

    return min(one_round() for _ in range(ROUNDS))


async def probe_cost(kind: str, port: int) -> float:
    """µs of CPU for one probe, judged, with AT_ONCE of them in flight."""
    probe = registry.load(kind)
    settings = read(kind, SETTINGS.get(kind, {}))
    target = TARGETS[kind].format(port=port)

    async def one() -> None:
        verdict = probe.judge(await probe.probe(target, settings), settings)
        assert kind == "host" or verdict.status == 0, verdict

    await one()
    cost = min([await _round(one) for _ in range(ROUNDS)])
    await probe.aclose()
    return cost


async def _round(one: Callable[[], Awaitable[None]]) -> float:
    began = process_time()
    for _ in range(PROBES // AT_ONCE):
        await asyncio.gather(*(one() for _ in range(AT_ONCE)))
    return (process_time() - began) / PROBES * 1e6


def memory_of(*kinds: str) -> float:
    """MiB that the kinds add to a process that has asyncio and msgspec."""
    done = subprocess.run([sys.executable, "-c", _MEMORY, *kinds], capture_output=True, text=True, check=True)
    return float(done.stdout)


def main() -> None:
    print(f"one probe, {AT_ONCE} at once, best of {ROUNDS} rounds of {PROBES}")
    print(f"{'kind':24} {'µs CPU':>8} {'× bare':>8} {'MiB':>8}")
    with server() as port:
        bare = bare_connect(port)
        print(f"{'bare connect and close':24} {bare:8.0f} {1:8.1f}")
        for kind in registry.kinds():
            cost = asyncio.run(probe_cost(kind, port))
            print(f"{kind:24} {cost:8.0f} {cost / bare:8.1f} {memory_of(kind):8.1f}")
    print(f"{'tcp, icmp and host':24} {'':8} {'':8} {memory_of('tcp', 'icmp', 'host'):8.1f}")


if __name__ == "__main__":
    main()
