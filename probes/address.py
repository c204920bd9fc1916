"""`host:port` to socket addresses. Names are looked up in a few threads of their own, so that a dead name service holds
up only the checks that need it."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from probes.probe import Unusable

_lookups = ThreadPoolExecutor(max_workers=4, thread_name_prefix="names")


class Endpoint(NamedTuple):
    host: str
    port: int


def endpoint(target: str) -> Endpoint:
    """Raises Unusable for anything but `host:port`, `192.0.2.1:port` or `[2001:db8::1]:port`.

    >>> endpoint("[::1]:9100")
    Endpoint(host='::1', port=9100)
    """
    host, colon, port = target.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise Unusable(f"target {target!r}: an IPv6 address needs brackets, as in [2001:db8::1]:8443")
    if not colon or not host or not (port.isascii() and port.isdigit()) or not 1 <= int(port) <= 65_535:
        raise Unusable(f"target {target!r}: expected host:port, with a port from 1 to 65535")
    checked_host(host)
    return Endpoint(host, int(port))


def checked_host(host: str) -> str:
    """Raises Unusable for what can be neither a name nor an address, such as a host with a port."""
    if not host or len(host) > 253 or not host.isprintable() or any(character in host for character in " /@[]"):
        raise Unusable(f"target {host[:80]!r}: expected a host name or an address")
    if ":" in host and not _is_ipv6(host.partition("%")[0]):
        raise Unusable(f"target {host[:80]!r}: expected a host name or an address, without a port")
    return host


def _is_ipv6(text: str) -> bool:
    try:
        socket.inet_pton(socket.AF_INET6, text)
    except OSError:
        return False
    return True


class Address(NamedTuple):
    """As the socket module wants it: which family, and where."""

    family: int
    where: tuple[str, int] | tuple[str, int, int, int]


async def addresses(end: Endpoint) -> list[Address]:
    """Where `end` is, in the order to try. Raises OSError (socket.gaierror for names)."""
    numeric = _numeric(end)
    if numeric is not None:
        return [numeric]
    loop = asyncio.get_running_loop()
    found = await loop.run_in_executor(_lookups, _looked_up, end)
    return list(dict.fromkeys(found))


def _numeric(end: Endpoint) -> Address | None:
    try:
        socket.inet_pton(socket.AF_INET, end.host)
    except OSError:
        return None
    return Address(socket.AF_INET, (end.host, end.port))


def _looked_up(end: Endpoint) -> list[Address]:
    try:
        rows = socket.getaddrinfo(end.host, end.port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # raised by the encoding of international names, before anything is looked up
        raise socket.gaierror(socket.EAI_NONAME, f"{end.host!r} is no name") from error
    return [Address(family, where) for family, _, _, _, where in rows]  # type: ignore[arg-type] # typeshed: any family
