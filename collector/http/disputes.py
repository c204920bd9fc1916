"""Where the CMDB says that something needs something, and evidence says that it does not (rule 12)."""

from collector.auth import sees
from collector.http import shapes
from collector.http.call import Call, NoQuery
from collector.http.instants import shown


async def listed(call: Call[NoQuery, None]) -> shapes.Disputes:
    """In the stores that the person may see, the newest first."""
    state = call.services.state()
    regions = {store.id: store.region for store in state.estate.stores.values()}
    mine = [row for row in state.disputes.values() if sees(call.person, (regions.get(row.store, ""),))]
    ordered = sorted(mine, key=lambda row: (-row.seen_at, row.child))
    return shapes.Disputes(
        [
            shapes.Dispute(row.child, row.parent, row.store, shown(row.failed_at), shown(row.seen_at), row.times)
            for row in ordered
        ]
    )
