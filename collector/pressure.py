"""Back pressure: a token bucket an agent. What exceeds it is refused, and the agent is in quarantine until it is quiet.

Nothing is lost by that: what is refused is not acknowledged to the agent, which keeps it and sends it again. Pure.
"""

from collections.abc import Container, Mapping
from typing import Literal, NamedTuple

import msgspec

from contract.reports import Bulk, Bye, Hello, Live, UpReport
from contract.topics import Up
from contract.units import Duration, Rate

A_PAGE = 0.2  # of a message: a page of backlog is paced by its sender and decides nothing
FORK_QUIET = 900.0  # seconds; a fork that is still there says hello at least every five minutes and a half


class Limits(msgspec.Struct, frozen=True):
    """What one agent may send: `messages` and `records`, and as much of both at once as comes to `burst`."""

    messages: Rate = Rate(2)
    records: Rate = Rate(2_000)
    burst: Duration = Duration(60)


class Quarantined(NamedTuple):
    """`chatty`: what exceeds its limit is refused. `forked`: a second life of it is held back. Instants on the wall."""

    why: Literal["chatty", "forked"]
    since: float
    latest: float
    refused: int = 0


class Spent(msgspec.Struct, gc=False):
    """What a batch takes of an agent's bucket, once it is committed, and how many of its messages were refused."""

    messages: float = 0.0
    records: int = 0
    refused: int = 0


class Bucket(msgspec.Struct, gc=False):
    """What is left, as of `at` on the steady clock."""

    messages: float
    records: float
    at: float


class Pressure:
    """The buckets of all agents. Belongs to one thread; a batch is charged when it is committed, so a retry is free."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._most = Bucket(
            max(1.0, limits.messages * limits.burst), max(1.0, limits.records * limits.burst), float("-inf")
        )
        self._buckets: dict[str, Bucket] = {}

    def admits(self, agent: str, spent: Spent, now: float) -> bool:
        """Whether another message of the agent may be taken in, before anything is known of it."""
        bucket, most = self._buckets.get(agent, self._most), self._most.messages
        return self._left(bucket.messages, self._limits.messages, most, bucket, now) - spent.messages >= 1

    def has_room(self, agent: str, spent: Spent, report: UpReport, now: float) -> bool:
        """Whether its records may be taken. The last ones may overdraw; backlog leaves half of the bucket to live."""
        if not carried(report):
            return True
        bucket = self._buckets.get(agent, self._most)
        left = self._left(bucket.records, self._limits.records, self._most.records, bucket, now) - spent.records
        return left > (self._most.records / 2 if isinstance(report, Bulk) else 0)

    def charge(self, batch: Mapping[str, Spent], now: float) -> None:
        """The batch is committed."""
        for agent, spent in batch.items():
            before = self._at(agent, now)
            self._buckets[agent] = Bucket(before.messages - spent.messages, before.records - spent.records, now)

    def is_quiet(self, agent: str, now: float) -> bool:
        """Its bucket is full again: for about one `burst` it has sent no more than agents do."""
        bucket = self._at(agent, now)
        return bucket.messages >= self._most.messages - 1 and bucket.records >= self._most.records - 1

    def keep_only(self, agents: Container[str]) -> None:
        for agent in [agent for agent in self._buckets if agent not in agents]:
            del self._buckets[agent]

    def _at(self, agent: str, now: float) -> Bucket:
        bucket, most, limits = self._buckets.get(agent, self._most), self._most, self._limits
        return Bucket(
            self._left(bucket.messages, limits.messages, most.messages, bucket, now),
            self._left(bucket.records, limits.records, most.records, bucket, now),
            now,
        )

    @staticmethod
    def _left(level: float, rate: float, most: float, bucket: Bucket, now: float) -> float:
        return min(most, level + rate * (now - bucket.at))


def weight(kind: Up) -> float:
    """What a message counts for."""
    return A_PAGE if kind == "bulk" else 1.0


def carried(report: UpReport) -> int:
    """The records of a report, or the beliefs of a hello, which cost as much."""
    match report:
        case Live() | Bulk():
            return len(report.records)
        case Hello():
            return len(report.snapshot)
        case Bye():
            return 0


def refused(before: Quarantined | None, why: Literal["chatty", "forked"], count: int, at: float) -> Quarantined:
    """In quarantine since the first refusal; a fork is the graver reason and stays."""
    if before is None:
        return Quarantined(why, at, at, count)
    why = "forked" if "forked" in (why, before.why) else why
    return Quarantined(why, before.since, at, before.refused + count)
