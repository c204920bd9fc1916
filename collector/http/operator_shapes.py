"""The JSON about the collector itself, for those who run it: dead letters, health, what Prometheus scrapes."""

from typing import Literal

import msgspec

from collector.http.shapes import Shown


class DeadLetter(msgspec.Struct, frozen=True):
    """A message that was not accepted. `detail` may quote hostile text. Cut short (not `whole`): cannot be retried."""

    id: int
    at: Shown
    topic: str
    reason: str
    detail: str
    size: int
    whole: bool
    retry: bool


class DeadLetters(msgspec.Struct, frozen=True):
    """Newest first; `next` is the cursor of the following page. `counts` per reason, since the collector started."""

    items: list[DeadLetter]
    next: str | None
    counts: dict[str, int]


class Retried(msgspec.Struct, frozen=True):
    """The dead letter goes through ingest again; if it fails again it is a new dead letter."""

    id: int


class Health(msgspec.Struct, frozen=True):
    status: Literal["ok"]


class Readiness(msgspec.Struct, frozen=True):
    """Ready means that facts come in, are decided and can be asked for. `engine_lag` is in journal entries.

    `refused` says what is wrong with the files of policy and CMDB; those of `documents_read_at` stay in force.
    """

    ready: bool
    database: bool
    broker: bool
    leader: bool
    ingest_alive: bool
    engine_lag: int
    last_message_age: float | None
    error: str
    refused: str
    documents_read_at: Shown


class ScrapeTarget(msgspec.Struct, frozen=True):
    """One entry of Prometheus's HTTP service discovery."""

    targets: list[str]
    labels: dict[str, str]
