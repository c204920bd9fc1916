"""A WAN line: a TCP relay between the store and the broker that can be cut and joined again."""

import asyncio
import contextlib

from tillwatch.demo.listening import refuse
from tillwatch.ports import LOOPBACK, free_port

CHUNK = 64 * 1024


class Line:
    """Connections to `port` come out at the broker's port. While it is cut, nothing passes and nobody is let in."""

    def __init__(self, broker: int) -> None:
        self.port = free_port()
        self._broker = broker
        self._server: asyncio.Server | None = None
        self._carried: set[asyncio.Task[None]] = set()

    async def join(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._carry, LOOPBACK, self.port)

    async def cut(self) -> None:
        if self._server:
            server, self._server = self._server, None
            await refuse(server)
        carried = list(self._carried)
        for task in carried:
            task.cancel()
        await asyncio.gather(*carried, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or self._server is None:
            writer.close()
            return
        self._carried.add(task)
        try:
            far_reader, far_writer = await asyncio.open_connection(LOOPBACK, self._broker)
            try:
                async with asyncio.TaskGroup() as both_ways:
                    both_ways.create_task(_pump(reader, far_writer))
                    both_ways.create_task(_pump(far_reader, writer))
            finally:
                far_writer.close()
        except (OSError, ExceptionGroup):
            pass  # either end went away: so does the connection
        except asyncio.CancelledError:
            pass  # the cut; a task that ends cancelled is reported as a failure by asyncio's streams
        finally:
            self._carried.discard(task)
            with contextlib.suppress(RuntimeError):
                writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(CHUNK):
        writer.write(chunk)
        await writer.drain()
    raise ConnectionResetError("this side hung up")
