"""Single measurements summed up while the collector hears none of them: an outage of days fits the log. Pure.

A pulse carries every check's latest measurement and is never repeated. What it would have said in an outage is kept as
one record for each check, status and quarter of an hour: when, how often, and how long the probe took.
"""

from typing import NamedTuple

from contract.status import Status
from edge_agent.judge import Measurement

EVERY = 900.0  # seconds that one summary covers at most
# Seconds without an ack that are no outage yet. A collector acknowledges a pulse about once a minute.
HEARD_WITHIN = 150.0


class Sum(NamedTuple):
    """Measurements of `check` that had one status. Instants in seconds since 1970, durations in milliseconds."""

    check: str
    status: Status
    since: float
    until: float
    times: int
    min_ms: float
    total_ms: float
    max_ms: float

    def plus(self, measured: Measurement) -> "Sum":
        return self._replace(
            since=min(self.since, measured.at),
            until=max(self.until, measured.at),
            times=self.times + 1,
            min_ms=min(self.min_ms, measured.ms),
            total_ms=self.total_ms + measured.ms,
            max_ms=max(self.max_ms, measured.ms),
        )


class Sums:
    """What was measured since `now`, in seconds of `Stamp.up`. At most four sums a check, one for each status."""

    def __init__(self, now: float) -> None:
        self._began = self._heard = now
        self._sums: dict[tuple[str, Status], Sum] = {}

    def add(self, check: str, measured: Measurement) -> None:
        known = self._sums.get((check, measured.status))
        at, ms = measured.at, measured.ms
        fresh = Sum(check, measured.status, at, at, 1, ms, ms, ms)
        self._sums[check, measured.status] = fresh if known is None else known.plus(measured)

    def heard(self, now: float) -> list[Sum]:
        """The collector answered: what it hears needs no sum. An outage's last sums, when this was the end of one."""
        quiet, self._heard = now - self._heard, now
        return self._cut(now) if quiet > HEARD_WITHIN else self._forget(now)

    def due(self, now: float) -> list[Sum]:
        """The sums of a period that is over."""
        return self._cut(now) if now - self._began >= EVERY else []

    def _cut(self, now: float) -> list[Sum]:
        sums = sorted(self._sums.values(), key=lambda one: (one.since, one.check))
        self._forget(now)
        return sums

    def _forget(self, now: float) -> list[Sum]:
        self._began = now
        self._sums.clear()
        return []
