"""Why there is an incident, or why there is none, now or at an instant of the past."""

from typing import Annotated

import msgspec

from collector.http import present, shapes
from collector.http.call import Call
from collector.http.instants import seconds
from collector.http.problems import Refused
from collector.http.stores import check_region
from rules import why as explain
from rules.state import State


class WhyQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    subject: Annotated[
        str,
        msgspec.Meta(pattern=r"^[a-z0-9-]{1,63}(/[a-z0-9-]{1,63})?\Z", description="a store, store/ci, or a shared ci"),
    ]
    at: Annotated[str, msgspec.Meta(description="RFC 3339; absent: now")] | None = None


async def why(call: Call[WhyQuery, None]) -> shapes.Why:
    check_region(call, call.query.subject)
    now = call.services.clock()
    at = now if call.query.at is None else _instant(call.query.at, now)
    state = call.services.state() if call.query.at is None else await _past(call, at)
    return present.why(explain.why(state, call.query.subject, at))


def _instant(text: str, now: float) -> float:
    try:
        at = seconds(text)
    except ValueError as error:
        raise Refused(400, "Bad parameters", f"at: {error}") from error
    if at > now:
        raise Refused(400, "Bad parameters", "at: lies in the future; nothing has been decided about it")
    return at


async def _past(call: Call[WhyQuery, None], at: float) -> State:
    try:
        return await call.services.state_at(at)
    except LookupError as error:
        raise Refused(404, "Not kept", str(error).strip("'")) from error
