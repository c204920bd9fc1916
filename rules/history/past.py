"""What of a store's past was missed, and what has been told of it since: rows of the state (rule 21). Data."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from contract.ranges import Ranges
from contract.status import Status
from rules.course.incident import Incident
from rules.repeats.problem import Repetition
from rules.sight.belief import CheckState, ItemState

Why = Literal["missed", "late"]


class Told(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A transition as a perfect line would have brought it: at `decided`, both instants on the collector's clock."""

    agent: str
    check: str
    state: Status
    started: float
    decided: float
    generation: int
    seq: int
    was_seq: int
    interval: float
    text: str = ""

    @property
    def order(self) -> tuple[int, int]:
        return self.generation, self.seq


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """The store as it was known when a hole showed: agent → check → belief, what was not well, incidents, their timers.

    `known` are the ids of those; `over` what the replay of earlier pages closed, `counted` what it counted (rule 27).
    `pages` of `told` records are kept in rows of their own, keyed `store/page`. `why`: something of it was missed, or
    all came in order and late, from a broker that had kept it. `holes`: what its agents' logs (`agent/generation`)
    lack between records that have come.
    """

    began: float
    checks: dict[str, dict[str, CheckState]]
    items: dict[str, ItemState] = {}
    incidents: tuple[Incident, ...] = ()
    deadlines: dict[str, float] = {}
    known: tuple[str, ...] = ()
    over: tuple[Incident, ...] = ()
    pages: int = 0
    told: int = 0
    why: Why = "missed"
    counted: dict[str, Repetition] = {}
    holes: dict[str, Ranges] = {}


def page_key(store: str, page: int) -> str:
    return f"{store}/{page:06d}"


def is_contiguous(seed: CheckState | None, told: Iterable[Told], now: CheckState | None) -> bool:
    """Whether one check's records lead from what was believed to just what is now, each from the one before it.

    What was told twice is one record.
    """
    last = None if seed is None else (seed.generation, seed.seq)
    rows = {row.order: row for row in told if last is None or row.order > last}
    for _, row in sorted(rows.items()):
        if last is not None and row.was_seq not in (0, last[1]):
            return False
        last = row.order
    return now is None or last is None or (now.generation, now.seq) == last
