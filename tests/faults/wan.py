"""A store's line to the centre: a network namespace of its own, joined to this machine by a veth pair.

All faults are set inside that namespace and on the pair; nothing else of the machine's network is touched. Needs root.
"""

import contextlib
import ctypes
import itertools
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

NETWORKS = 2**15  # of four addresses each in 198.18.0.0/15, which is for measuring (RFC 2544)
CLONE_NEWNET = 0x40000000
_numbers = itertools.count()
_libc = ctypes.CDLL(None, use_errno=True)


class Wan:
    """`centre` is this machine's address as the store sees it, `store` the store's own."""

    def __init__(self) -> None:
        number = next(_numbers)
        self.made = False
        self.name = f"tw{os.getpid()}-{number}"
        network = (os.getpid() * 16 + number) % NETWORKS * 4
        head = f"198.{18 + network // 2**16}.{network // 256 % 256}"
        self.centre, self.store = f"{head}.{network % 256 + 1}", f"{head}.{network % 256 + 2}"

    def make(self) -> None:
        self.made = True
        run("ip", "netns", "add", self.name)
        run("ip", "link", "add", self.name, "type", "veth", "peer", "name", "wan0", "netns", self.name)
        run("ip", "address", "add", f"{self.centre}/30", "dev", self.name)
        run("ip", "link", "set", self.name, "up")
        self._inside("ip", "address", "add", f"{self.store}/30", "dev", "wan0")
        self._inside("ip", "link", "set", "wan0", "up")
        self._inside("ip", "link", "set", "lo", "up")
        for chain, of in (("FAULTS-IN", "INPUT"), ("FAULTS-OUT", "OUTPUT")):
            self._inside("iptables", "-N", chain)
            self._inside("iptables", "-A", of, "-j", chain)

    def remove(self) -> None:
        with contextlib.suppress(subprocess.CalledProcessError):
            run("ip", "netns", "delete", self.name)  # and the pair with it
        with contextlib.suppress(subprocess.CalledProcessError):
            run("ip", "link", "delete", self.name)

    def command(self, command: list[str]) -> list[str]:
        """The same command inside the store; its process keeps the pid that it is started with."""
        return ["ip", "netns", "exec", self.name, *command]

    def listener(self, port: int) -> socket.socket:
        """A listening socket on the store's own loopback."""
        with self._entered():
            return socket.create_server(("127.0.0.1", port), backlog=64)

    def black_hole(self) -> None:
        """Nothing passes, and nobody is told."""
        self._drop()

    def lose(self, share: float) -> None:
        """That share of all packets, in each direction."""
        self._drop("-m", "statistic", "--mode", "random", "--probability", str(share))

    def shape(self, kbit: int) -> None:
        """Both directions together pass no more than this. A packet waits up to two seconds for its turn."""
        tbf = ["root", "tbf", "rate", f"{kbit}kbit", "burst", "1600", "latency", "2s"]
        self._inside("tc", "qdisc", "replace", "dev", "wan0", *tbf)
        run("tc", "qdisc", "replace", "dev", self.name, *tbf)

    def heal(self) -> None:
        for chain in ("FAULTS-IN", "FAULTS-OUT"):
            self._inside("iptables", "-F", chain)
        for command in (self.command(["tc", "qdisc", "del", "dev", "wan0", "root"]), _root_of(self.name)):
            subprocess.run(command, check=False, capture_output=True)  # there may be none

    def connects(self, port: int) -> int:
        """How many connections the store has begun to `port` of the centre since `count_connects`."""
        listed = run(*self.command(["iptables", "-nvxL", "COUNT"]))
        return sum(int(line.split()[0]) for line in listed.splitlines() if f"dpt:{port}" in line)

    def count_connects(self, port: int) -> None:
        self._inside("iptables", "-N", "COUNT")
        self._inside("iptables", "-A", "COUNT", "-p", "tcp", "--syn", "--dport", str(port))
        self._inside("iptables", "-I", "OUTPUT", "-j", "COUNT")

    def _drop(self, *some: str) -> None:
        self._inside("iptables", "-A", "FAULTS-IN", "-i", "wan0", *some, "-j", "DROP")
        self._inside("iptables", "-A", "FAULTS-OUT", "-o", "wan0", *some, "-j", "DROP")

    def _inside(self, *command: str) -> None:
        run(*self.command(list(command)))

    @contextlib.contextmanager
    def _entered(self) -> Iterator[None]:
        """The calling thread is in the store. A socket stays where it was made."""
        with Path("/proc/thread-self/ns/net").open() as home, Path(f"/run/netns/{self.name}").open() as store:
            _enter(store.fileno())
            try:
                yield
            finally:
                _enter(home.fileno())


def _enter(namespace: int) -> None:
    if _libc.setns(namespace, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def _root_of(device: str) -> list[str]:
    return ["tc", "qdisc", "del", "dev", device, "root"]


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
