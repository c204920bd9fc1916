"""Whoever the Alertmanager tells: the far end of its webhooks, and what it has heard, when and under which path."""

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Heard(NamedTuple):
    at: float  # steady time
    receiver: str
    status: str
    name: str


class Outside:
    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.url = ""

    def told(self, receiver: str, name: str, status: str = "firing") -> list[Heard]:
        return [one for one in self.heard if (one.receiver, one.name, one.status) == (receiver, name, status)]

    def silence(self, receiver: str) -> float:
        """Seconds since the receiver last heard anything."""
        return time.monotonic() - max(one.at for one in self.heard if one.receiver == receiver)


@contextlib.contextmanager
def listening() -> Iterator[Outside]:
    outside = Outside()

    class Webhook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            for one in message["alerts"]:
                row = Heard(time.monotonic(), self.path.strip("/"), one["status"], one["labels"]["alertname"])
                outside.heard.append(row)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: the test tells what was heard."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Webhook)
    outside.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield outside
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
