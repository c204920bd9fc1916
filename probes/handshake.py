"""A TLS handshake on a bare socket, and nothing after it: no byte of any protocol above is said."""

import asyncio
import socket
import ssl

CHUNK = 16_384  # bytes; TLS records are not longer


async def shaken(sock: socket.socket, context: ssl.SSLContext, name: str) -> ssl.SSLObject:
    """The finished handshake with `name`, which the server is told unless it is an address, and verified against.

    Raises ssl.SSLCertVerificationError, other ssl.SSLError, and OSError; EOFError when the peer hung up.
    """
    loop = asyncio.get_running_loop()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname=name)
    while True:
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            await loop.sock_sendall(sock, outgoing.read())
        else:
            await loop.sock_sendall(sock, outgoing.read())
            return tls
        heard = await loop.sock_recv(sock, CHUNK)
        if not heard:
            raise EOFError("the peer hung up during the handshake")
        incoming.write(heard)
