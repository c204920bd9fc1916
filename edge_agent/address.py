"""Where the broker is: what the name server says, or the last address that was right while it says nothing.

A store's line can work while its name server does not. The certificate is checked against the name all the same.
"""

import socket
from collections.abc import Callable, Sequence

Resolve = Callable[[str, int], Sequence[str]]  # host and port → addresses; raises OSError


class Address:
    """Of one broker. `last_good` is where it was last reached, empty while that is not known."""

    def __init__(self, host: str, port: int, last_good: str, resolve: Resolve) -> None:
        self.last_good = last_good
        self._host = host
        self._port = port
        self._resolve = resolve

    def connected(self, within: float) -> socket.socket:
        """A connection to the first address that takes one. Raises the OSError of the last one that does not."""
        refused: OSError | None = None
        for address in self._candidates():
            try:
                return socket.create_connection((address, self._port), timeout=within)
            except OSError as error:
                refused = error
        raise refused or OSError(f"{self._host} has no address")

    def was_right(self, sock: socket.socket) -> None:
        """The broker itself answered on this connection: only then is its address worth keeping."""
        self.last_good = str(sock.getpeername()[0])

    def _candidates(self) -> Sequence[str]:
        try:
            return self._resolve(self._host, self._port)
        except OSError:
            if not self.last_good:
                raise
            return [self.last_good]


def resolved(host: str, port: int) -> list[str]:
    """What this host's resolver says, in its order, each address once. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
