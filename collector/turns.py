"""The line's bytes, moved in turns: wait for traffic, read all that has come, write all that is due.

paho's own loop makes a system call or more for every field of every packet, waits again after each message, and is
woken for each acknowledgement. In turns, most of that is shared by the messages that come close together.
"""

import contextlib
import selectors
import socket
import time
from typing import Any, Protocol

PACE = 0.008  # seconds a turn gives its messages to come together
MOST_A_TURN = 1_000


class Looped(Protocol):
    """What we need of a paho client: its calls for loops of one's own."""

    def socket(self) -> Any: ...

    def loop_read(self) -> int: ...

    def loop_write(self) -> int: ...

    def loop_misc(self) -> int: ...

    def want_write(self) -> bool: ...


class Turns:
    """For one connection. `turn` belongs to the line's thread; `wake` may be called from any."""

    def __init__(self, client: Looped) -> None:
        self._client = client
        self._heard = 0
        self._awake, self._waker = socket.socketpair()
        self._awake.setblocking(False)
        self._waker.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(client.socket(), selectors.EVENT_READ)
        self._selector.register(self._awake, selectors.EVENT_READ)

    def heard(self) -> None:
        """A message was read: there may be more behind it."""
        self._heard += 1

    def wake(self) -> None:
        """Something waits to be written."""
        with contextlib.suppress(OSError):  # full: it is awake anyway; closed: the connection is over
            self._waker.send(b".")

    def turn(self, longest: float) -> int:
        """At most `longest` seconds of waiting; paho's code, 0 as long as the line stands."""
        if self._client.socket() is None:
            return 1
        if self._wait(longest):
            time.sleep(PACE)
            if code := self._read():
                return code
        if self._client.want_write() and (code := self._client.loop_write()):
            return code
        return self._client.loop_misc()

    def close(self) -> None:
        self._selector.close()
        self._awake.close()
        self._waker.close()

    def _wait(self, longest: float) -> bool:
        """Whether something has come from the broker."""
        line = self._client.socket()
        if hasattr(line, "pending") and line.pending():  # TLS has read it already
            return True
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._client.want_write() else 0)
        self._selector.modify(line, wanted)
        ready = {key.fileobj: events for key, events in self._selector.select(longest)}
        if self._awake in ready:
            with contextlib.suppress(BlockingIOError):
                self._awake.recv(4096)
        return bool(ready.get(line, 0) & selectors.EVENT_READ)

    def _read(self) -> int:
        """Message after message, until nothing more is there."""
        for _ in range(MOST_A_TURN):
            before = self._heard
            if code := self._client.loop_read():
                return code
            if self._heard == before:
                break
        return 0
