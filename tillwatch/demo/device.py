"""A device of the demo's store: a real listening socket that can be switched off, hang, answer late or answer wrong."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from tillwatch.demo.listening import refuse
from tillwatch.ports import LOOPBACK, free_port

Mode = Literal["on", "stopped", "hung", "slow"]
Answer = Callable[["Device", asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

LATE = 2.0  # seconds that a slow device thinks
MAX_HEAD = 16 * 1024
MAX_VISITORS = 64


class Device:
    """`says` are the fields of what an HTTP device answers; `mode` is what is wrong with it. It keeps its port."""

    def __init__(self, name: str, answer: Answer, says: dict[str, Any] | None = None) -> None:
        self.name = name
        self.port = free_port()
        self.mode: Mode = "stopped"
        self.healthy = dict(says or {})
        self.says = dict(self.healthy)
        self._answer = answer
        self._server: asyncio.Server | None = None
        self._visitors: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    async def become(self, mode: Mode) -> None:
        if self.mode != mode:
            await self._hang_up()  # whoever is connected meets the device as it is now
        self.mode = mode
        if mode == "stopped":
            await self._stop_listening()
        elif self._server is None:
            self._server = await asyncio.start_server(self._visited, LOOPBACK, self.port, limit=MAX_HEAD)

    async def mend(self) -> None:
        """As it was when it was new."""
        self.says = dict(self.healthy)
        await self.become("on")

    async def _visited(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or self.mode == "stopped" or len(self._visitors) >= MAX_VISITORS:
            writer.close()
            return
        self._visitors.add(task)
        try:
            await self._thought()
            await self._answer(self, reader, writer)
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError):
            pass  # a visitor that leaves early or talks nonsense is nothing to a device
        except asyncio.CancelledError:
            pass  # our own hanging up; a task that ends cancelled is reported as a failure by asyncio's streams
        finally:
            self._visitors.discard(task)
            writer.close()

    async def _thought(self) -> None:
        if self.mode == "hung":
            await asyncio.Event().wait()
        if self.mode == "slow":
            await asyncio.sleep(LATE)

    async def _hang_up(self) -> None:
        visitors = list(self._visitors)
        for task in visitors:
            task.cancel()
        await asyncio.gather(*visitors, return_exceptions=True)

    async def _stop_listening(self) -> None:
        if self._server:
            server, self._server = self._server, None
            await refuse(server)


def tcp_device(name: str) -> Device:
    """Accepts, and waits until the other side has had enough: what a till's port does."""
    return Device(name, _keep_open)


def http_device(name: str, says: dict[str, Any]) -> Device:
    """Answers every request with 200 and a JSON object; with the status in `says["status"]`, where that is set."""
    return Device(name, _serve_json, says)


async def _keep_open(_device: Device, reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    while await reader.read(1024):
        pass


async def _serve_json(device: Device, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    body = json.dumps({key: value for key, value in device.says.items() if key != "status"}).encode()
    head = (
        f"HTTP/1.1 {device.says.get('status', 200)} Demo\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    writer.write(head.encode() + body)
    await writer.drain()
