"""Changes to the estate as people announce them: what may be behind a failure, and what is to end a problem. Data."""

import msgspec

from rules.given.estate import Share
from rules.given.graph import Ref

RULE = "27 change"


class ChangeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`reference` is its name at whoever plans changes, and its identity here: told again, it was rescheduled.

    It happens from `since` to `until` on stores, CIs and what they share (`model=T2000`). `fixes` is a problem's id.
    """

    reference: str
    title: str
    since: float
    until: float
    actor: str
    stores: tuple[str, ...] = ()
    cis: tuple[Ref, ...] = ()
    shares: tuple[Share, ...] = ()
    fixes: str = ""
    made_at: float = 0.0

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.stores, *self.cis, *self.shares)

    def is_before(self, began: float, within: float) -> bool:
        """Whether what began then began in it, or so soon after its end."""
        return self.since <= began <= self.until + within
