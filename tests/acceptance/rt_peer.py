"""A real Request Tracker 5 that somebody started, asked as its own people would; and a line to it that can be cut."""

import asyncio
import base64
import contextlib
import json
import os
import socket
import subprocess
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

SCRIPTS = Path(os.environ.get("TILLWATCH_SHARED") or Path(__file__).parents[3] / "shared") / "peers"
CREDENTIALS = Path(os.environ.get("PEERS_DIR", "/var/tmp/itsm-peers")) / "rt5" / "credentials.env"


@pytest.fixture(scope="session")
def request_tracker() -> Iterator[None]:
    """One that answers: the one that is up, or else one that the scripts beside this repository start for this run."""
    why = missing()
    if not why:
        yield
        return
    if not SCRIPTS.exists():
        pytest.skip(f"{why}, and {SCRIPTS}, which starts one, is absent")
    run("rt5-up", RT5_BCRYPT="6")
    yield
    run("rt5-down")


def run(script: str, **more: str) -> None:
    environment = os.environ | {"PEERS_DIR": str(CREDENTIALS.parents[1])} | more
    quiet = subprocess.DEVNULL
    subprocess.run(
        [SCRIPTS / script], check=True, env=environment, stdin=quiet, stdout=quiet, stderr=quiet, timeout=600
    )


def credentials() -> dict[str, str]:
    return dict(line.split("=", 1) for line in CREDENTIALS.read_text().splitlines() if "=" in line)


def missing() -> str:
    """Why there is no RT to talk to; empty when one answers."""
    if not CREDENTIALS.exists():
        return f"no Request Tracker: {CREDENTIALS} is not there"
    url = credentials()["RT5_URL"]
    parts = urllib.parse.urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 80), timeout=5).close()
    except OSError as problem:
        return f"no Request Tracker: {url} does not answer ({problem})"
    return ""


class Peer:
    """RT as its help desk agent and its administrator see it."""

    def __init__(self) -> None:
        known = credentials()
        self.url, self.token, self._rest = known["RT5_URL"], known["RT5_TOKEN"], known["RT5_REST"]
        self._agent = (known["RT5_AGENT_USER"], known["RT5_AGENT_PASSWORD"])

    def ask(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """As the help desk agent."""
        url = f"{self._rest}{path}?{urllib.parse.urlencode(query)}"
        secret = base64.b64encode(":".join(self._agent).encode()).decode()
        headers = {"Authorization": f"Basic {secret}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310 - loopback
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.load(answer)

    def tickets(self, key: str) -> list[dict[str, Any]]:
        query = f"'CF.{{Correlation ID}}'='{key}'"
        found = self.ask("GET", "/tickets", query=query, fields="Subject,Status,Priority,Owner", orderby="id")
        return list(found["items"])

    def first_text(self, ticket: str) -> str:
        attachments = self.ask("GET", f"/ticket/{ticket}/attachments")["items"]
        return base64.b64decode(self.ask("GET", f"/attachment/{attachments[0]['id']}")["Content"]).decode()

    def history(self, ticket: str) -> list[tuple[str, str, str]]:
        """(type, who, new value), oldest first."""
        fields = "Type,Creator,NewValue"
        rows = self.ask("GET", f"/ticket/{ticket}/history", fields=fields, per_page="100")["items"]
        return [(row["Type"], row["Creator"]["id"], row["NewValue"]) for row in rows]


class Line:
    """A TCP line to RT on a port of its own, to be opened and cut.

    The next request that begins with `lose_answer_to` arrives, and its answer is lost.
    """

    def __init__(self, url: str) -> None:
        parts = urllib.parse.urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self.port = 0
        self.lose_answer_to = b""
        self.connections = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def open_(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        if self._server is not None:
            self._server.close()
            for end in list(self._ends):
                end.close()
            await self._server.wait_closed()
            self._server = None

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        there, back = await asyncio.open_connection(self._host, self._port)
        self._ends |= {writer, back}
        lost = asyncio.Event()
        with contextlib.suppress(ConnectionError, OSError):
            await asyncio.gather(self._requests(reader, back, lost), _answers(there, writer, lost))
        for end in (writer, back):
            self._ends.discard(end)
            end.close()

    async def _requests(self, reader: asyncio.StreamReader, back: asyncio.StreamWriter, lost: asyncio.Event) -> None:
        while chunk := await reader.read(65_536):
            if self.lose_answer_to and chunk.startswith(self.lose_answer_to):
                self.lose_answer_to = b""
                lost.set()
            back.write(chunk)
            await back.drain()
        back.write_eof()


async def _answers(there: asyncio.StreamReader, writer: asyncio.StreamWriter, lost: asyncio.Event) -> None:
    while chunk := await there.read(65_536):
        if lost.is_set():
            writer.close()
            return
        writer.write(chunk)
        await writer.drain()
    writer.close()


@contextlib.asynccontextmanager
async def line(url: str) -> AsyncIterator[Line]:
    one = Line(url)
    await one.open_()
    try:
        yield one
    finally:
        await one.cut()


def desk(folder: Path, peer: Peer, url: str, **more: Any) -> dict[str, Any]:
    (folder / "token").write_text(peer.token)
    return {
        "name": "desk",
        "kind": "rt",
        "url": url,
        "token_file": "token",
        "mode": "live",
        "poll": "1s",
        "timeout": "5s",
        "fields": {"Store": "{stores}", "Business Service": "{service}"},
        "resolve_fields": {"Close Code": "Resolved by monitoring"},
        **more,
    }
