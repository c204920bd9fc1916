"""Free loopback ports for what we start and stop ourselves."""

import random
import socket

from tillwatch.failure import CommandFailed

LOOPBACK = "127.0.0.1"
# Below the range that the kernel takes source ports from (32768 on Linux): a probe of a device that is switched off
# must be refused, and neither connect to itself nor find that another connection has taken the device's port.
_FIRST, _LAST = 20_000, 32_000


def free_port() -> int:
    """A port that nothing listens on now. Raises OSError when a hundred guesses were all taken."""
    for _ in range(100):
        port = random.randint(_FIRST, _LAST)  # noqa: S311 - not a secret
        if is_free(port):
            return port
    raise OSError(f"no free port between {_FIRST} and {_LAST} on {LOOPBACK}")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def demand_free(listen: str, otherwise: str) -> None:
    """Raises CommandFailed, which says what to do `otherwise`, when `address:port` is in use or cannot be used."""
    host, _, port = listen.rpartition(":")
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), int(port)))
        except OSError as error:
            raise CommandFailed(f"cannot listen on {listen}: {error.strerror}; {otherwise}", 2) from error
