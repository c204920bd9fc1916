"""What people say about an incident's priority over HTTP: pinned until a time, or a store that says it cannot sell."""

from typing import Any

from collector.http import bodies, commands, shapes
from collector.http.call import Call, NoQuery
from collector.http.instants import seconds
from collector.http.problems import Refused


async def priority(call: Call[NoQuery, bodies.Priority]) -> shapes.CommandDone:
    if call.body.priority is None:
        return await commands.done(call, "unpin", {})
    return await commands.done(call, "pin", _arguments(call.body))


async def cannot_sell(call: Call[NoQuery, bodies.StoreSays]) -> shapes.CommandDone:
    return await commands.done(call, "cannot_sell", {"text": call.body.text})


async def can_sell(call: Call[NoQuery, bodies.StoreSays]) -> shapes.CommandDone:
    return await commands.done(call, "can_sell", {"text": call.body.text})


def _arguments(body: bodies.Priority) -> dict[str, Any]:
    told: dict[str, Any] = {"priority": body.priority, "reason": body.reason}
    if body.until is not None:
        try:
            told["until"] = seconds(body.until)
        except ValueError as error:
            raise Refused(422, "Bad body", f"until: {error}") from error
    return told if body.minutes is None else told | {"minutes": body.minutes}
