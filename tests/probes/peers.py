"""Real peers on loopback for probes to ask: servers that answer, refuse, stay silent or hang up."""

import asyncio
import os
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

from contract.units import Duration
from probes import registry
from probes.kinds.icmp import opened
from probes.probe import Verdict, observe
from probes.settings import read

Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
LONG = Duration(20)  # seconds: never the reason that a test ends


def closed_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@asynccontextmanager
async def serving(conversation: Conversation, **options: Any) -> AsyncIterator[int]:
    """A TCP server that holds `conversation` with everyone who connects; gives its port."""

    async def held(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await conversation(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(held, "127.0.0.1", 0, **options)
    async with server:
        yield server.sockets[0].getsockname()[1]


def saying(*parts: bytes) -> Conversation:
    """Says each of `parts` in a packet of its own, without listening, and hangs up."""

    async def conversation(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0.01)

    return conversation


def answering(response: bytes, heard: list[bytes] | None = None) -> Conversation:
    """An HTTP server with one answer for everything; adds what it was asked to `heard`."""

    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        if heard is not None:
            heard.append(asked)
        writer.write(response)
        await writer.drain()

    return conversation


def http_response(body: bytes, status: str = "200 OK", extra: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{extra}\r\n".encode() + body


async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Takes what it is told and never says a word."""
    while await reader.read(1024):
        pass


async def asked(kind: str, target: str, settings: dict[str, Any] | None = None, within: float = LONG) -> Verdict:
    """One probe from settings as a person writes them to its verdict."""
    probe = registry.load(kind)
    typed = read(kind, settings or {})
    try:
        return probe.judge(await observe(probe, target, typed, within), typed)
    finally:
        await probe.aclose()


def may_send_echo() -> bool:
    """Whether this system lets the tests' user send ICMP echo requests; where not, the icmp probe has to say so."""
    try:
        opened(socket.AF_INET).close()
    except PermissionError:
        return False
    return True


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - counts the same with or without itself


async def eventually(holds: Callable[[], bool]) -> bool:
    """Whether `holds` came true before everyone's patience ended."""
    for _ in range(1000):
        if holds():
            return True
        await asyncio.sleep(0.02)
    return False


@contextmanager
def nginx(folder: Path, server: str, listening: str = "") -> Iterator[int]:
    """nginx with `server` inside its only `server` block and `listening` as options of `listen`; gives its port."""
    port = closed_port()
    (folder / "nginx.conf").write_text(
        f"pid {folder}/nginx.pid; error_log {folder}/error.log; daemon off; master_process off;\n"
        "events {}\n"
        f"http {{ access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;\n"
        f"fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;\n"
        f"server {{ listen 127.0.0.1:{port} {listening}; {server} }} }}\n"
    )
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    process = subprocess.Popen([program, "-c", folder / "nginx.conf", "-e", folder / "error.log"])
    try:
        _wait_until_listening(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(LONG)


def _wait_until_listening(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + LONG
    while time.monotonic() < deadline:
        assert process.poll() is None, "nginx ended at once"
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.02)
    raise AssertionError("nginx does not listen")
