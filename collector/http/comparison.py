"""A day of a desk's own tickets beside what we decided (rule 29)."""

from datetime import UTC, datetime
from typing import Annotated

import msgspec

from collector.auth import sees
from collector.database.own_tickets import OwnTicket
from collector.http.call import Call
from collector.http.problems import Refused
from collector.shadow_comparison import WITHIN, Day, ShadowComparison, compared, comparison, day_of

Word = Annotated[str, msgspec.Meta(max_length=100)]


class ComparisonQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`day` is a date in UTC, absent: yesterday. Counts are of the whole day, `limit` bounds the items."""

    desk: Annotated[str, msgspec.Meta(min_length=1, max_length=63)]
    day: Annotated[str, msgspec.Meta(max_length=10, description="2026-11-27")] = ""
    region: Word | None = None
    category: Word | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=5000)] = 500


async def shadow_comparison(call: Call[ComparisonQuery, None]) -> ShadowComparison:
    query = call.query
    day = _day(query.day, call.services.clock())
    incidents, tickets = await call.services.compared(query.desk, Day(day.since - WITHIN, day.until + WITHIN))
    ours = [row for row in incidents if _is_asked(call, row.region, row.category)]
    theirs = [one for one in tickets if _is_asked(call, _region(call, one), one.category)]
    return comparison(query.desk, day, compared(day, ours, theirs), query.limit)


def _is_asked(call: Call[ComparisonQuery, None], region: str, category: str) -> bool:
    """A ticket that names no category may be of any."""
    query = call.query
    wanted = query.category in (None, category) or not category
    return wanted and query.region in (None, region) and sees(call.person, (region,))


def _region(call: Call[ComparisonQuery, None], ticket: OwnTicket) -> str:
    store = ticket.store or ticket.ci.partition("/")[0]
    known = call.services.state().estate.stores.get(store)
    return known.region if known is not None else ""


def _day(text: str, now: float) -> Day:
    try:
        return day_of(text or datetime.fromtimestamp(now - 86_400, UTC).date().isoformat())
    except ValueError as error:
        raise Refused(400, "Bad parameters", f"day: {error}") from error
