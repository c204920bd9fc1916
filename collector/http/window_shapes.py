"""The JSON of maintenance windows and silences, one-off and recurring."""

from typing import Literal

import msgspec

from collector.http.shapes import Shown


class Repeats(msgspec.Struct, frozen=True, kw_only=True, rename={"start": "from"}):
    """When a window comes again: from a time of day to another in `timezone`, until `ends` (null: until ended by hand).

    `days` of the week, empty: every day; `weeks`: the first to fifth (1 to 5) or last (-1) such day of a month.
    """

    start: str
    to: str
    days: list[str]
    weeks: list[int]
    timezone: str
    ends: Shown | None
    words: str


class Window(msgspec.Struct, frozen=True, kw_only=True, rename={"since": "from"}):
    """A maintenance window or a silence. What began before `until` is held back until `held_until`.

    `expected` are the categories that it holds back; empty: all. Of one that `repeats` the instants are those of the
    occurrence that runs, or comes next.
    """

    id: str
    kind: Literal["maintenance", "silence"]
    state: Literal["planned", "running", "ended"]
    stores: list[str]
    cis: list[str]
    since: Shown
    until: Shown
    held_until: Shown
    reason: str
    actor: str
    made_at: Shown
    expected: list[str]
    repeats: Repeats | None = None


class Overlap(msgspec.Struct, frozen=True, kw_only=True, rename={"since": "from"}):
    """Another window that the new one meets, for the first time `from` then `until` then, on these stores and CIs."""

    id: str
    kind: Literal["maintenance", "silence"]
    on: list[str]
    since: Shown
    until: Shown
    reason: str
    actor: str


class MadeWindow(Window, frozen=True, kw_only=True):
    """A window as it was made, with those that it overlaps and the person may see, the first to meet it first."""

    overlaps: list[Overlap] = []


class Windows(msgspec.Struct, frozen=True):
    """Those that are not over, in the order in which they begin."""

    items: list[Window]
