"""The side of systemd: a real datagram socket that says what it was told."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager


class NotifySocket:
    """`address` is what $NOTIFY_SOCKET would hold."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.heard: list[str] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        self._socket.setblocking(False)

    def lines(self) -> list[str]:
        """All lines so far."""
        try:
            while True:
                self.heard += self._socket.recv(4096).decode().splitlines()
        except BlockingIOError:
            return self.heard

    def until(self, line: str, within: float = 30.0) -> None:
        deadline = time.monotonic() + within
        while line not in self.lines():
            assert time.monotonic() < deadline, f"no {line} among {self.heard}"
            time.sleep(0.02)

    def close(self) -> None:
        self._socket.close()


@contextmanager
def listening(address: str) -> Iterator[NotifySocket]:
    notify = NotifySocket(address)
    try:
        yield notify
    finally:
        notify.close()
