"""Why there is an incident, or why there is none, now or at an instant of the past."""

import asyncio
from typing import Annotated

import msgspec

from collector.auth import sees
from collector.http import present, store_shapes
from collector.http.call import Call
from collector.http.past import known_then
from collector.http.problems import Refused
from collector.http.stores import check_region
from rules.answers import why as explain
from rules.answers.known import is_known, nearest
from rules.given.estate import Estate


class WhyQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    subject: Annotated[
        str,
        msgspec.Meta(pattern=r"^[a-z0-9-]{1,63}(/[a-z0-9-]{1,63})?\Z", description="a store, store/ci, or a shared ci"),
    ]
    at: Annotated[str, msgspec.Meta(description="RFC 3339; absent: now")] | None = None


async def why(call: Call[WhyQuery, None]) -> store_shapes.Why:
    """Raises Refused 404 for what nobody knows; what is known and not observed has an answer."""
    check_region(call, call.query.subject)
    state, at = await known_then(call, call.query.at)
    if (state.policy or state.estate.stores) and not is_known(state, call.query.subject, at):
        raise await _unknown(call, state.estate)
    return present.why(explain.why(state, call.query.subject, at))


async def _unknown(call: Call[WhyQuery, None], estate: Estate) -> Refused:
    subject = call.query.subject

    def in_sight(store: str) -> bool:
        return sees(call.person, (estate.stores[store].region,))

    near = await asyncio.to_thread(nearest, estate, subject, in_sight)
    hint = f"did you mean {' or '.join(near)}?" if near else "a store is written 0042, its item 0042/pos-01"
    return Refused(
        404, "Nobody knows it", f"{subject} is no store and no configuration item, and no agent checks it; {hint}"
    )
