"""Who may come in: Host and Origin first, even on loopback, then the token, then the role.

A page on the web can make a browser send requests to 127.0.0.1, and with DNS rebinding read the answers; the browser
tells on itself by the Host and Origin headers. There are no cookies, so nothing is done in a person's name without
a token that only our own page has.
"""

from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Middleware

from collector.auth import LOCAL, Person, Role, Users, is_loopback, may
from collector.http.problems import Handler, Refused

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # an incident's page leads back to the list as it was filtered
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Door(NamedTuple):
    """`hosts` are the names (without port) that we answer to beside the loopback's. `users` None: loopback only."""

    users: Users | None
    hosts: frozenset[str]


def door(users: Users | None, hosts: Iterable[str] = ()) -> Door:
    return Door(users, frozenset(host.strip("[]").lower() for host in hosts))


def guard(entry: Door) -> Middleware:
    """The middleware that checks Host and Origin and puts the security headers on every answer."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        _check_host(request, entry)
        _check_origin(request)
        return await handler(request)

    return check


async def secured(_request: web.Request, response: web.StreamResponse) -> None:
    """For `on_response_prepare`, so that errors and streams have the headers too."""
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")


def person_of(request: web.Request, entry: Door, needed: Role) -> Person:
    """Who asks. Raises Refused: 401 without a known token, 403 with too small a role."""
    person = _bearer(request, entry.users)
    if not may(person, needed):
        raise Refused(403, "Not allowed", f"this takes the role {needed}; {person.actor} has {person.role}")
    return person


def _bearer(request: web.Request, users: Users | None) -> Person:
    if users is None:
        return LOCAL
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    person = users.bearer_of(token.strip()) if scheme.lower() == "bearer" and token else None
    if person is None:
        detail = "that token is not in the users file" if token else "send Authorization: Bearer <token>"
        raise Refused(401, "Who are you?", detail, headers={"WWW-Authenticate": 'Bearer realm="tillwatch"'})
    return person


def _check_host(request: web.Request, entry: Door) -> None:
    host = _name(request.headers.get("Host", ""))
    if not (host in entry.hosts or is_loopback(host)):
        raise Refused(421, "Wrong host", f"{host[:80]!r} is not a name of this collector; see http.hosts")


def _check_origin(request: web.Request) -> None:
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("Host"):
        raise Refused(403, "Foreign origin", f"a page of {origin[:80]} may not use this collector")
    elsewhere = request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")
    # A link in a ticket leads to the console: that is a navigation, and it only reads.
    if origin is None and elsewhere and request.headers.get("Sec-Fetch-Mode") != "navigate":
        raise Refused(403, "Foreign origin", "a page of another site may not use this collector")


def _name(host: str) -> str:
    """The name in a Host header, without the port: `[::1]:8420` → `::1`."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""
