"""The line to the broker: the only module of the agent that knows paho.

A client lives for one connection. paho keeps what was not sent and sends it again after a reconnect, in its own order
and before our hello; with a new client there is nothing to send again, and what must not be lost is in the log.
paho's thread dies of an exception in a callback while it still claims to be connected, so each is wrapped, and the
thread that drives the client is ours and goes on whatever happens in it.
"""

import asyncio
import random
import ssl
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

WINDOW = 20  # messages that the broker has not taken yet; beyond it the line is stuck, and queueing would only age them
CONNECT_WITHIN = 10.0  # seconds
LONGEST_PAUSE = 30.0
_BYE_WITHIN = 2.0
_PORTS = {"mqtt": 1883, "mqtts": 8883}


class Address(NamedTuple):
    """How to reach the broker; the fields are those of `broker` in agent.yaml. `keepalive` in seconds."""

    url: str
    username: str = ""
    password_file: str = ""
    ca: str = ""
    cert: str = ""
    key: str = ""
    keepalive: float = 15.0


class Listener(Protocol):
    """Who is told what happens; always on the event loop."""

    def connected(self) -> None: ...

    def disconnected(self, why: str) -> None: ...

    def received(self, topic: str, payload: bytes) -> None: ...

    def will(self) -> tuple[str, bytes] | None:
        """Topic and payload of the will of the next connection."""
        ...


class Wire:
    """Stays connected until it is closed. `topics` are subscribed before `connected` is told."""

    def __init__(self, address: Address, client_id: str, topics: Sequence[str], listener: Listener) -> None:
        self._address = address
        self._client_id = client_id
        self._topics = topics
        self._listener = listener
        self._loop = asyncio.get_running_loop()
        self._closing = threading.Event()
        self._gone = asyncio.Event()
        self._client: Client | None = None
        self._online = False
        self._failures = 0
        self._untaken = 0
        self._taken = threading.Condition()

    def start(self) -> None:
        threading.Thread(target=self._live, name=f"wire-{self._client_id}", daemon=True).start()

    def publish(self, topic: str, payload: bytes) -> None:
        """Hands a message to the broker at QoS 1. While there is no line, or a stuck one, it is dropped."""
        client = self._client
        if client is None or not self._online or self._untaken >= WINDOW:
            return
        with self._taken:
            self._untaken += 1
        if client.publish(topic, payload, qos=1).rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._took()

    async def close(self) -> None:
        """Waits shortly for the broker to take what was published, then disconnects without raising the will."""
        self._closing.set()
        await asyncio.get_running_loop().run_in_executor(None, self._part)
        await self._gone.wait()

    def _part(self) -> None:
        with self._taken:
            if self._online:
                self._taken.wait_for(lambda: self._untaken == 0, timeout=_BYE_WITHIN)
        client = self._client
        if client is not None:
            client.disconnect()

    def _live(self) -> None:
        while not self._closing.is_set():
            why = "disconnected"
            try:
                self._one_connection()
            except Exception as error:  # noqa: BLE001
                why = f"cannot reach {self._address.url}: {error or type(error).__name__}"
            self._lost(why)
            pause = min(LONGEST_PAUSE, 0.5 * 2**self._failures)
            self._failures = min(self._failures + 1, 10)
            self._closing.wait(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads reconnects, keeps no secret
        self._tell(self._gone.set)
