"""What people say about an incident's priority over HTTP: pinned until a time, or a store that says it cannot sell."""

from collector.http import bodies, commands, shapes
from collector.http.call import Call, NoQuery


async def priority(call: Call[NoQuery, bodies.Priority]) -> shapes.CommandDone:
    if call.body.priority is None:
        return await commands.done(call, "unpin", {})
    told = {"priority": call.body.priority, "reason": call.body.reason}
    return await commands.done(call, "pin", told | commands.end(call.body))


async def cannot_sell(call: Call[NoQuery, bodies.StoreSays]) -> shapes.CommandDone:
    return await commands.done(call, "cannot_sell", {"text": call.body.text})


async def can_sell(call: Call[NoQuery, bodies.StoreSays]) -> shapes.CommandDone:
    return await commands.done(call, "can_sell", {"text": call.body.text})
