"""A store with tills on its own loopback, behind its own line."""

import contextlib
import socket
import threading

from tests.faults.wan import Wan

FIRST_PORT = 9001


class Shop:
    """Store `id` with `tills`, each a TCP port that can be taken away and given back. The agent is `<id>-server`."""

    def __init__(self, id_: str, tills: int) -> None:
        self.id = id_
        self.wan = Wan()
        self.tills = [f"pos-{number:02d}" for number in range(1, tills + 1)]
        self._listening: dict[int, socket.socket] = {}

    @property
    def agent(self) -> str:
        return f"{self.id}-server"

    def open(self) -> None:
        """Once; again is nothing."""
        if self.wan.made:
            return
        self.wan.make()
        for till in range(len(self.tills)):
            self.on(till)

    def close(self) -> None:
        for till in list(self._listening):
            self.off(till)
        self.wan.remove()

    def on(self, till: int) -> None:
        if till not in self._listening:
            listener = self._listening[till] = self.wan.listener(FIRST_PORT + till)
            threading.Thread(target=_accept, args=(listener,), daemon=True).start()

    def off(self, till: int) -> None:
        listener = self._listening.pop(till, None)
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def flip(self, tills: int) -> None:
        """So many tills change their state, the first ones."""
        for till in range(tills):
            if till in self._listening:
                self.off(till)
            else:
                self.on(till)

    def checks(self) -> list[dict[str, str]]:
        return [
            {"ci": till, "probe": "tcp", "target": f"127.0.0.1:{FIRST_PORT + number}"}
            for number, till in enumerate(self.tills)
        ]


def _accept(listener: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            connection.close()
