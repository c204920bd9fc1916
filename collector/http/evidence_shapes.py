"""The JSON of an incident's evidence pack: what a vendor is sent, as data and as text."""

import msgspec

from collector.http.shapes import Affected, PriorityWord, Shown, TimelineEntry


class Witness(msgspec.Struct, frozen=True, kw_only=True):
    """One check of one agent in a store. `latency` is how long the last measurement took, in seconds.

    Not `fresh`: the agent is silent, and this is what it said last.
    """

    store: str
    name: str
    region: str
    carrier: str
    agent: str
    ref: str
    check: str
    state: str
    since: Shown
    learnt_at: Shown | None
    interval: float
    latency: float | None
    fresh: bool
    text: str


class Control(msgspec.Struct, frozen=True):
    """A control target: at how many of the stores that see the failure it answers, and at how many it does not."""

    ref: str
    well: int
    failing: int


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Who sees it, since when, and what it is not. `text` is the same for a mail.

    `stores` counts all that see it, `carriers` and `regions` by what they share; `witnesses` are at most 50, the
    failing first. `seen_well` counts the stores that see a shared CI well. `story` is the newest of the timeline.
    """

    incident: str
    number: int
    at: Shown
    priority: PriorityWord
    title: str
    category: str
    service: str
    ci: str
    item: str
    vendor: str
    started_at: Shown
    learnt_at: Shown
    opened_at: Shown | None
    affected: Affected
    stores: int
    carriers: dict[str, int]
    regions: dict[str, int]
    seen_well: int
    witnesses: list[Witness]
    controls: list[Control]
    excluded: list[str]
    story: list[TimelineEntry]
    left_out: int
    text: str
