"""A line that delivers everything late: what comes from either side is held for a random time, and never reordered."""

import asyncio
import contextlib
import random
import threading
from types import TracebackType


class LateLine:
    """Listens at `listen` and passes on to `port` of the loopback. `longest` is the longest delay in seconds."""

    def __init__(self, listen: tuple[str, int], port: int, longest: float, seed: int = 1) -> None:
        self._listen, self._port, self._longest = listen, port, longest
        self._chance = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> "LateLine":
        self._thread.start()
        server = asyncio.start_server(self._joined, *self._listen)
        self._server = asyncio.run_coroutine_threadsafe(server, self._loop).result(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _joined(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        far, forth = await asyncio.open_connection("127.0.0.1", self._port)
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            await asyncio.gather(self._pass(near, forth), self._pass(far, back))
        for writer in (back, forth):
            writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        await asyncio.gather(self._hold(reader, held), self._deliver(held, writer))

    async def _hold(self, reader: asyncio.StreamReader, held: asyncio.Queue[tuple[float, bytes]]) -> None:
        while data := await reader.read(65_536):
            await held.put((self._loop.time() + self._chance.uniform(0, self._longest), data))
        await held.put((self._loop.time(), b""))

    async def _deliver(self, held: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        while True:
            due, data = await held.get()
            await asyncio.sleep(due - self._loop.time())
            if not data:
                writer.close()
                return
            writer.write(data)
            await writer.drain()
