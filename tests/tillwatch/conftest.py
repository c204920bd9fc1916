"""What tests of several commands need."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.tillwatch.answering import Asked, Ran, Site
from tests.tillwatch.doctor_asked import Ask, Said
from tillwatch.cli import main


@pytest.fixture
def site() -> Iterator[Site]:
    asked: list[Asked] = []
    answers: dict[str, tuple[int, dict[str, str], bytes]] = {}

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            token = self.headers.get("Authorization")
            asked.append(Asked(self.command, self.path, token, json.loads(body) if body else None))
            status, headers, payload = answers.get(self.path, (404, {}, b'{"title": "Not found"}'))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(payload)

        do_GET = do_POST = answer  # noqa: N815 - the library's names

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield Site(f"http://127.0.0.1:{server.server_address[1]}", asked, answers)
        server.shutdown()
        thread.join()


@pytest.fixture
def ran(site: Site, capsys: pytest.CaptureFixture[str]) -> Ran:
    def run(*arguments: str) -> tuple[int, str, str]:
        code = main([*arguments, "--url", site.url])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return run


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]) -> Ask:
    def asked(*arguments: object) -> tuple[int, Said]:
        capsys.readouterr()
        code = main(["doctor", *map(str, arguments), "--json"])
        found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
        assert all(bool(one["advice"]) == (one["level"] != "ok") for one in found)
        return code, [(one["check"], one["level"], one["text"]) for one in found]

    return asked
