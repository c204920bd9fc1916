"""The bytes of one connection, moved in turns: write all that is due, wait for traffic, read all that has come.

paho's own loop waits again after each message. In turns, messages that come close together share that, and a commit.
"""

import select
import time
from typing import Any, Protocol

PACE = 0.008  # seconds a turn gives its messages to come together


class Looped(Protocol):
    """What we need of a paho client: its calls for loops of one's own."""

    def socket(self) -> Any: ...

    def loop_read(self) -> int: ...

    def loop_write(self) -> int: ...

    def loop_misc(self) -> int: ...

    def want_write(self) -> bool: ...


class Turns:
    """For one connection, on one thread."""

    def __init__(self, client: Looped) -> None:
        self._client = client
        self._heard = 0
        self._poll = select.poll()

    def heard(self) -> None:
        """A message was read: there may be more behind it."""
        self._heard += 1

    def turn(self, longest: float, most: int) -> int:
        """At most `longest` seconds of waiting and `most` messages; paho's code, 0 as long as the line stands."""
        if self._client.want_write() and (code := self._client.loop_write()):
            return code
        if code := self._client.loop_misc():
            return code
        if most <= 0:
            time.sleep(longest)
            return 0
        if not self._wait(longest):
            return 0
        time.sleep(PACE)
        return self._read(most)

    def _wait(self, longest: float) -> bool:
        """Whether something has come from the broker."""
        line = self._client.socket()
        if hasattr(line, "pending") and line.pending():  # TLS has read it already
            return True
        self._poll.register(line, select.POLLIN | (select.POLLOUT if self._client.want_write() else 0))
        return any(events != select.POLLOUT for _, events in self._poll.poll(longest * 1000))

    def _read(self, most: int) -> int:
        """Message after message, until nothing more is there."""
        for _ in range(most):
            before = self._heard
            if code := self._client.loop_read():
                return code
            if self._heard == before:
                break
        return 0
