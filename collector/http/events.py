"""The stream of events: a snapshot, then every change of an incident as it is committed, and a heartbeat in silence."""

import asyncio

from aiohttp import web

from collector.http import present
from collector.http.call import Call, NoQuery
from collector.http.event_shapes import Heartbeat, Resync, SnapshotEvent
from collector.http.feed import Client, Feed, encoded
from collector.http.incidents import unresolved
from collector.http.instants import shown
from collector.http.problems import Refused

FEED: web.AppKey[Feed] = web.AppKey("feed", Feed)
HEARTBEAT = 5.0
MAX_CLIENTS = 200
IN_SNAPSHOT = 200
WRITE_TIMEOUT = 20.0


async def events(call: Call[NoQuery, None]) -> web.StreamResponse:
    """Runs until the client leaves, reads too slowly, or the collector stops."""
    feed = call.request.app[FEED]
    if feed.listeners >= MAX_CLIENTS:
        raise Refused(503, "Too many listeners", f"{MAX_CLIENTS} are connected", headers={"Retry-After": "10"})
    if not feed.alive:
        raise Refused(503, "No events", "the feed broke off; the collector's log says why")
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    )
    await response.prepare(call.request)
    with feed.joined(call.person) as client:
        # No await between joining and the opening's content: whatever is not in the one is in the other.
        opening = _opening(call, feed)
        try:
            await _write(response, opening)
            await _follow(call, client, response)
        except (ConnectionError, TimeoutError):
            # Gone, or so slow that its socket's buffer is full: then only closing it remains.
            if call.request.transport is not None:
                call.request.transport.abort()
    return response


async def _follow(call: Call[NoQuery, None], client: Client, response: web.StreamResponse) -> None:
    while client.ending is None:
        try:
            async with asyncio.timeout(HEARTBEAT):
                await client.wake.wait()
        except TimeoutError:
            await _write(response, _heartbeat(call))
            continue
        client.wake.clear()
        waiting = [item.text for item in client.pending]
        client.pending.clear()
        if waiting:
            await _write(response, b"".join(waiting))
    await _write(response, encoded("resync", Resync(client.ending)))


async def _write(response: web.StreamResponse, text: bytes) -> None:
    async with asyncio.timeout(WRITE_TIMEOUT):
        await response.write(text)


def _opening(call: Call[NoQuery, None], feed: Feed) -> bytes:
    last = call.request.headers.get("Last-Event-ID", "")
    if not last:
        return _snapshot(call)
    missed = feed.since(int(last), call.person) if last.isascii() and last.isdigit() and len(last) < 19 else None
    if missed is None:
        return encoded("resync", Resync(f"what followed event {last[:20]!r} is no longer kept")) + _snapshot(call)
    return b"".join(item.text for item in missed) + _heartbeat(call)


def _snapshot(call: Call[NoQuery, None]) -> bytes:
    services = call.services
    mine = unresolved(services.state().incidents.values(), call.person)
    first = [present.incident(known) for known in mine[:IN_SNAPSHOT]]
    position = services.position()
    return encoded("snapshot", SnapshotEvent(shown(services.clock()), position, len(mine), first), position)


def _heartbeat(call: Call[NoQuery, None]) -> bytes:
    services = call.services
    age = services.readiness().last_message_age
    return encoded("heartbeat", Heartbeat(shown(services.clock()), services.position(), age))
