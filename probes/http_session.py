"""One bounded aiohttp client session an event loop. Its connections are never reused; what it saves is making it."""

import asyncio
import socket
from typing import NamedTuple
from weakref import WeakSet

import aiohttp
from aiohttp import AddrInfoType
from aiohttp.abc import AbstractResolver, ResolveResult

from probes.address import Endpoint, addresses

MAX_CONNECTIONS = 64
GOODBYE = 200  # times that closing looks, 10 ms apart, whether peers agreed


class _Kept(NamedTuple):
    """An event loop's session, and the sockets that it opened and that somebody still holds."""

    session: aiohttp.ClientSession
    sockets: WeakSet[socket.socket]


_kept: dict[asyncio.AbstractEventLoop, _Kept] = {}


def session() -> aiohttp.ClientSession:
    """The running loop's session, made when first asked for."""
    loop = asyncio.get_running_loop()
    if loop not in _kept:
        _kept[loop] = _opened()
    return _kept[loop].session


async def aclose() -> None:
    """Closes the running loop's session; the next probe opens another."""
    kept = _kept.pop(asyncio.get_running_loop(), None)
    if kept is None:
        return
    await kept.session.close()
    # The goodbye of TLS takes some turns of the loop after aiohttp holds the session for closed.
    for _ in range(GOODBYE):
        if all(sock.fileno() == -1 for sock in kept.sockets):
            return
        await asyncio.sleep(0.01)


def _opened() -> _Kept:
    sockets: WeakSet[socket.socket] = WeakSet()

    def made(info: AddrInfoType) -> socket.socket:
        sock = socket.socket(info[0], info[1], info[2])
        sockets.add(sock)
        return sock

    connector = aiohttp.TCPConnector(
        limit=MAX_CONNECTIONS, force_close=True, resolver=_Names(), use_dns_cache=False, socket_factory=made
    )
    session = aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),  # the caller's deadline is the only one
        cookie_jar=aiohttp.DummyCookieJar(),  # a probe must not depend on the one before
        headers={"User-Agent": "tillwatch"},
    )
    return _Kept(session, sockets)


class _Names(AbstractResolver):
    """The same few look-up threads as every other kind."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await addresses(Endpoint(host, port))
        return [
            ResolveResult(hostname=host, host=where[0], port=port, family=one, proto=0, flags=socket.AI_NUMERICHOST)
            for one, where in found
            if family in (socket.AF_UNSPEC, one)
        ]

    async def close(self) -> None:
        """Nothing is kept."""
