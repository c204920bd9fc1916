"""The only place that reads the time. Everything that decides gets it as a value."""

import time
from typing import Protocol


class Clock(Protocol):
    """`steady()` for leases and rates, `wall()` in seconds UTC for everything that is written down."""

    def steady(self) -> float: ...

    def wall(self) -> float: ...


class SystemClock:
    def steady(self) -> float:
        return time.monotonic()

    def wall(self) -> float:
        return time.time()
