"""Tills that a test can switch off and on: real listening sockets in a thread."""

import contextlib
import socket
import threading

from tillwatch.ports import free_port


class Till:
    """Accepts and closes connections on a port of its own while it is on; refuses them while it is off."""

    def __init__(self) -> None:
        self.port = free_port()
        self._listener: socket.socket | None = None
        self.on()

    def on(self) -> None:
        listener = socket.create_server(("127.0.0.1", self.port), backlog=32)
        self._listener = listener
        threading.Thread(target=_accept, args=(listener,), daemon=True).start()

    def off(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()


def _accept(listener: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            connection.close()
