"""Where the CMDB says that something needs something, and evidence says that it does not (rule 12)."""

import msgspec

from collector.auth import sees
from collector.http.call import Call, NoQuery
from collector.http.instants import shown
from collector.http.shapes import Shown


class Dispute(msgspec.Struct, frozen=True):
    """`child` was well while `parent`, which by the CMDB is all that it needs, failed: so many `times`."""

    child: str
    parent: str
    store: str
    failed_at: Shown
    seen_at: Shown
    times: int


class Disputes(msgspec.Struct, frozen=True):
    items: list[Dispute]


async def listed(call: Call[NoQuery, None]) -> Disputes:
    """In the stores that the person may see, the newest first."""
    state = call.services.state()
    regions = {store.id: store.region for store in state.estate.stores.values()}
    mine = [row for row in state.disputes.values() if sees(call.person, (regions.get(row.store, ""),))]
    ordered = sorted(mine, key=lambda row: (-row.seen_at, row.child))
    return Disputes(
        [
            Dispute(row.child, row.parent, row.store, shown(row.failed_at), shown(row.seen_at), row.times)
            for row in ordered
        ]
    )
