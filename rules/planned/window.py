"""Rule 25: a time in which failures are expected (maintenance), or in which a person wants quiet (a silence). Data."""

from typing import Literal

import msgspec

from rules.given.graph import Ref
from rules.planned.recurrence import Recurrence

RULE = "25 window"
Kind = Literal["maintenance", "silence"]


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """From `since` to `until` nothing of it makes a ticket or a page; what is seen stays visible.

    `stores` and `cis` are what it names; what depends on them is of it too. `expected` are categories, none: all of
    them. What began before `until` is held for `grace` seconds more, for it may heal by itself. One that `repeats` has
    the span of the occurrence that runs, or comes next.
    """

    id: str
    kind: Kind
    since: float
    until: float
    reason: str
    actor: str
    stores: tuple[str, ...] = ()
    cis: tuple[Ref, ...] = ()
    expected: tuple[str, ...] = ()
    grace: float = 0.0
    made_at: float = 0.0
    repeats: Recurrence | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.stores, *self.cis)

    @property
    def over(self) -> float:
        """From when on it means nothing any more."""
        return self.until + self.grace

    def is_running(self, now: float) -> bool:
        return self.since <= now < self.until

    def holds(self, began: float, now: float) -> bool:
        """Whether a failure that began then is held now."""
        return self.is_running(now) or (began < self.until <= now < self.over)
