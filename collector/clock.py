"""The only place that reads the time. Everything that decides gets it as a value."""

import logging
import threading
import time
from typing import Protocol

_log = logging.getLogger(__name__)
SLOWED = 0.9  # seconds of ours in one, while the wall clock catches up with us
WORTH_TELLING = 1.0  # seconds


class Clock(Protocol):
    """`steady()` for leases and rates, `wall()` in seconds UTC for everything that is written down."""

    def steady(self) -> float: ...

    def wall(self) -> float: ...


class SystemClock:
    def steady(self) -> float:
        return time.monotonic()

    def wall(self) -> float:
        return time.time()


class OnwardClock:
    """A wall clock that never goes back, and never stands still. Threads may share it.

    The journal's instants do not decrease. After the host's clock stepped back they would stand still, and every timer
    of the rules with them, until it is where it was: an hour in which nothing is confirmed, escalated or resolved. So
    ours goes on, a tenth slower, until the host's has caught up.
    """

    def __init__(self, host: Clock, last: float) -> None:
        """`last` is the newest instant that was written down before this process."""
        self._host = host
        self._lock = threading.Lock()
        self._wall, self._steady = last, host.steady()
        self._ahead = False

    def steady(self) -> float:
        return self._host.steady()

    def wall(self) -> float:
        with self._lock:
            wall, steady = self._host.wall(), self._host.steady()
            least = self._wall + SLOWED * (steady - self._steady)
            self._tell(least - wall)
            self._wall, self._steady = max(wall, least), steady
            return self._wall

    def _tell(self, ahead: float) -> None:
        """Once when it begins and once when it is over, not with every reading."""
        if not self._ahead and ahead > WORTH_TELLING:
            self._ahead = True
            _log.warning("the clock of this host stepped back by %.0f s; ours goes on until it has caught up", ahead)
        elif self._ahead and ahead <= 0:
            self._ahead = False
            _log.warning("the clock of this host has caught up")
