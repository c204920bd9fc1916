"""Wires the HTTP face: the door, the problems, every route of the table, the console and the feed."""

from collections.abc import AsyncIterator, Iterable
from typing import Any

import msgspec
from aiohttp import web

from collector.auth import Person, Users
from collector.http import console, events, gate, openapi, problems, reading
from collector.http.call import Answer, Call, Route
from collector.http.feed import Feed
from collector.http.routes import ROUTES
from collector.http.scrape import SCRAPE, Scrape
from collector.services import Services

API_VERSION = "1"
_NOBODY = Person("nobody", "view", frozenset())


def application(services: Services, *, users: Users | None = None, hosts: Iterable[str] = ()) -> web.Application:
    """The collector's face, to be served on one address.

    Without `users` everybody who reaches it may do everything: see collector.auth.refuse_exposure for where that is
    allowed. `hosts` are names of this collector beside the loopback's, as in a certificate.
    """
    door = gate.door(users, hosts)
    app = web.Application(middlewares=[problems.problems, gate.guard(door)], client_max_size=reading.MAX_BODY)
    app.on_response_prepare.append(gate.secured)
    app[SCRAPE] = Scrape(services)
    app[openapi.DOCUMENT] = msgspec.json.encode(openapi.described(ROUTES, API_VERSION))
    for route in ROUTES:
        app.router.add_route(route.method, route.path, _serving(services, door, route))
    for asset in console.assets():
        app.router.add_get(asset.path, console.serving(asset))
    app.cleanup_ctx.append(_feed_of(services))
    app.on_shutdown.append(_end_streams)
    return app


def _serving(services: Services, door: gate.Door, route: Route) -> problems.Handler:
    async def serve(request: web.Request) -> web.StreamResponse:
        person = gate.person_of(request, door, route.role) if route.role is not None else _NOBODY
        query = reading.query(request, route.query)
        body = await reading.body(request, route.body) if route.body is not None else None
        return _response(route, await route.handler(Call(services, person, request.match_info, query, body, request)))

    return serve


def _response(route: Route, answer: Any) -> web.StreamResponse:
    if isinstance(answer, web.StreamResponse):
        return answer
    document, status = (answer.document, answer.status) if isinstance(answer, Answer) else (answer, route.status)
    return web.Response(body=msgspec.json.encode(document), status=status, content_type="application/json")


def _feed_of(services: Services) -> Any:
    async def running(app: web.Application) -> AsyncIterator[None]:
        app[events.FEED] = Feed(services, app[SCRAPE].incidents.take)
        yield
        await app[events.FEED].close()

    return running


async def _end_streams(app: web.Application) -> None:
    """Before the server waits for requests to end: a stream would never end by itself."""
    await app[events.FEED].close()
