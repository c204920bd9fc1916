"""A real server on a free port of the loopback, before a chain in memory; asked with plain http.client."""

import asyncio
import http.client
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeVar

import pytest
from aiohttp import web

from collector.auth import User, Users, digest
from collector.http.application import application
from tests.collector.http.chain import Chain, incident

T = TypeVar("T")
PEOPLE = [
    User("vera", digest("tw_vera"), "view"),
    User("otto", digest("tw_otto"), "operate"),
    User("ada", digest("tw_ada"), "admin"),
    User("nora", digest("tw_nora"), "operate", ["north"]),
]


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Face:
    """The server's thread and a client. `chain` may be changed through `do` only: it belongs to that thread's loop."""

    def __init__(self, chain: Chain, users: Users | None) -> None:
        self.chain = chain
        self.port = 0
        self._users = users
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._up = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True)

    def start(self) -> None:
        self._thread.start()
        assert self._up.wait(10)

    def stop(self) -> None:
        """Ends the server; a second time does nothing."""
        if self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)
        assert not self._thread.is_alive()
        self._loop.close()

    def do(self, work: Callable[..., T], *arguments: Any) -> T:
        async def on_loop() -> T:
            return work(*arguments)

        return asyncio.run_coroutine_threadsafe(on_loop(), self._loop).result(10)

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, None, headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.ask("POST", path, raw, {"Content-Type": "application/json"} | headers)

    def ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            line.request(method, path, body, headers)
            answer = line.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            line.close()

    async def _serve(self) -> None:
        runner = web.AppRunner(application(self.chain, users=self._users), access_log=None, shutdown_timeout=2)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.port = runner.addresses[0][1]
        self._up.set()
        await self._stop.wait()
        await runner.cleanup()


def _running(users: Users | None) -> Iterator[Face]:
    chain = Chain()
    for number in range(1, 8):
        chain.happen(incident(number, priority=1 if number == 4 else 2))
    face = Face(chain, users)
    face.start()
    yield face
    face.stop()


@pytest.fixture
def face() -> Iterator[Face]:
    """Without a users file. Seven incidents of Leeds, number 4 a P1; the first began last."""
    yield from _running(None)


@pytest.fixture
def guarded() -> Iterator[Face]:
    """The same with people: vera views, otto operates, ada administers, nora operates the north."""
    yield from _running(Users(PEOPLE))


def token(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer tw_{name}"}
