"""Rule 12: what evidence has said against an edge of the CMDB, kept while the CMDB has it: a row of the state. Data."""

import msgspec

from rules.given.graph import Ref


class Dispute(msgspec.Struct, frozen=True):
    """`child` was well while `parent`, its only one, failed: so many `times`, the last of them since `failed_at`."""

    child: Ref
    parent: Ref
    store: str
    failed_at: float
    seen_at: float
    times: int
