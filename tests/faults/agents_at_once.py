"""Thousands of agents in one process, as far as the broker and the collector can tell: each a socket of its own.

Source of the packets: MQTT 3.1.1, sections 3.1 (CONNECT), 3.3 (PUBLISH) and 3.8 (SUBSCRIBE).
"""

import asyncio
import contextlib
import struct
import time

from bench.synthetic import SyntheticStore
from contract import codec, topics
from contract.reports import UpReport
from tests.collector.packets import packet, text

CONNECT, PUBLISH, SUBSCRIBE, DISCONNECT = 0x10, 0x32, 0x82, 0xE0  # PUBLISH at QoS 1


class AgentAtOnce:
    """Connects, says hello, pulses; `acked` is set by the collector's ack."""

    def __init__(self, port: int, store: SyntheticStore) -> None:
        self.acked = asyncio.Event()
        self._port, self._store, self._packet_id = port, store, 0
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Returns when the hello is on its way; again and again until the broker takes the connection."""
        self.acked.clear()
        reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writer.write(packet(CONNECT, text("MQTT") + b"\x04\x02\x00\x00" + text(self._store.agent)))
        await taken(reader)
        wanted = b"".join(text(topic) + b"\x00" for topic in topics.agent_subscriptions(self._store.agent))
        self._writer.write(packet(SUBSCRIBE, b"\x00\x01" + wanted))
        await taken(reader)
        self._reading = asyncio.create_task(self._read(reader))
        self.say("hello", self._store.hello(time.time()))

    def pulse(self) -> None:
        self.say("live", self._store.pulse(time.time(), 0.0))

    def say(self, kind: topics.Up, report: UpReport) -> None:
        assert self._writer is not None
        self._packet_id = self._packet_id % 60_000 + 2
        topic = text(topics.up(self._store.agent, kind))
        self._writer.write(packet(PUBLISH, topic + struct.pack("!H", self._packet_id) + codec.encode(report)))

    async def drop(self) -> None:
        """The line is gone, without a goodbye."""
        if self._reading is not None:
            self._reading.cancel()
        if self._writer is not None:
            self._writer.transport.abort()
            with contextlib.suppress(OSError):
                await self._writer.wait_closed()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            while True:
                kind, body = await taken(reader)
                if kind & 0xF0 == 0x30 and body[2 : 2 + int.from_bytes(body[:2], "big")].endswith(b"/ack"):
                    self.acked.set()


async def taken(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """The next packet's first byte and its body."""
    kind = (await reader.readexactly(1))[0]
    length = shift = 0
    while True:
        byte = (await reader.readexactly(1))[0]
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return kind, await reader.readexactly(length)
