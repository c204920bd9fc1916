"""A person's word that what agents call one thing is another CI of the CMDB. Data."""

import msgspec

from rules.given.graph import Ref


class Binding(msgspec.Struct, frozen=True):
    """What is measured under a ref that no item has is evidence about `target`, until the CMDB knows better itself."""

    target: Ref
    actor: str
    made_at: float
