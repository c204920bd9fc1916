"""Asks over HTTP, once, and says the many errors of aiohttp as the few troubles that people tell apart.

Imported only by kinds that speak HTTP: aiohttp costs 25 MB.
"""

import socket
from time import perf_counter
from urllib.parse import urlsplit

import aiohttp
import msgspec

from probes.address import checked_host
from probes.http_session import session
from probes.probe import Unusable
from probes.secret_file import secret
from probes.text import cleaned
from probes.trouble import Trouble, of_error
from probes.trust import context


class Request(msgspec.Struct, frozen=True, kw_only=True):
    url: str
    method: str = "GET"
    headers: dict[str, str] = {}
    header_files: dict[str, str] = {}
    body: bytes = b""
    redirects: int = 0
    verify: bool = True
    ca: str = ""
    client_cert: str = ""
    body_cap: int = 65_536


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """`ms` from the first attempt to connect until the body was read; `cut` when the body is longer than its cap."""

    code: int
    location: str
    body: bytes
    cut: bool
    ms: float


def checked_url(target: str) -> str:
    """Raises Unusable for anything but an absolute http or https URL without a password in it."""
    try:
        parts = urlsplit(target)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise Unusable(f"target {target!r}: {error}") from error
    if parts.scheme not in ("http", "https") or not host or not target.isprintable() or " " in target:
        raise Unusable(f"target {target!r}: expected a URL such as https://shop.example/health")
    if parts.username or parts.password:
        raise Unusable("a password in the URL would be shown to everyone: name a file in header_files instead")
    checked_host(host)
    return target


async def ask(request: Request) -> Answer | Trouble:
    """One request on a connection of its own. Raises Unusable for a URL that cannot be asked."""
    url = checked_url(request.url)
    try:
        headers = {**request.headers, **{name: secret(path) for name, path in request.header_files.items()}}
        tls = context(request.verify, request.ca, request.client_cert) if url.startswith("https") else True
    except (OSError, ValueError) as error:
        return Trouble("local", str(error))
    began = perf_counter()
    try:
        async with session().request(
            request.method,
            url,
            headers=headers,
            data=request.body or None,
            allow_redirects=request.redirects > 0,
            # aiohttp counts the request that would be one too many
            max_redirects=request.redirects + 1,
            ssl=tls,
        ) as response:
            body = await _body(response, request.body_cap + 1)
            return Answer(
                code=response.status,
                location=cleaned(response.headers.get("Location", "")),
                body=body[: request.body_cap],
                cut=len(body) > request.body_cap,
                ms=(perf_counter() - began) * 1000,
            )
    except (aiohttp.ClientError, OSError) as error:
        if isinstance(error, aiohttp.InvalidURL) and not isinstance(error, aiohttp.RedirectClientError):
            raise Unusable(f"target {url!r}: {error.description or 'not a URL'}") from error
        return trouble(error)


def trouble(error: aiohttp.ClientError | OSError) -> Trouble:
    """What `error` says of the server."""
    match error:
        case aiohttp.ClientConnectorCertificateError():
            certificate = error.certificate_error
            return Trouble("not trusted", getattr(certificate, "verify_message", "") or str(certificate))
        case aiohttp.ClientSSLError():
            return Trouble("not trusted", str(error.os_error))
        case aiohttp.ClientConnectorError():
            # Several addresses that failed for different reasons come without an errno.
            cause = error.os_error
            known = cause.errno is not None or isinstance(cause, socket.gaierror)
            return of_error(cause) if known else Trouble("unreachable", str(cause))
        case aiohttp.ServerDisconnectedError() | aiohttp.ClientPayloadError() | ConnectionResetError():
            return Trouble("closed", "before the answer was complete")
        case aiohttp.TooManyRedirects():
            return Trouble("protocol", "more redirects than allowed")
        case aiohttp.ClientResponseError():
            return Trouble("protocol", cleaned(error.message, 120))
        case OSError():
            return of_error(error)
        case _:
            return Trouble("protocol", cleaned(str(error), 120))


async def _body(response: aiohttp.ClientResponse, most: int) -> bytes:
    body = bytearray()
    while len(body) < most:
        chunk = await response.content.read(most - len(body))
        if not chunk:
            break
        body += chunk
    return bytes(body)
