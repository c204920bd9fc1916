"""The line to the broker: the only module of the agent that knows paho.

A client lives for one connection. paho keeps what was not sent and sends it again after a reconnect, in its own order
and before our hello; with a new client there is nothing to send again, and what must not be lost is in the log.
paho's thread dies of an exception in a callback while it still claims to be connected, so each is wrapped, and the
thread that drives the client is ours and goes on whatever happens in it.
"""

import asyncio
import random
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, LogLevel, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from contract import broker_tls
from contract.broker import Broker
from edge_agent.address import Address, Resolve, resolved
from edge_agent.backoff import LONGEST, Backoff

WINDOW = 20  # messages that the broker has not taken yet; beyond it the line is stuck, and queueing would only age them
CONNECT_WITHIN = 10.0  # seconds
_BYE_WITHIN = 2.0


class Listener(Protocol):
    """Who is told what happens: on the event loop, but for `will`, which the wire's own thread asks."""

    def connected(self) -> None: ...

    def disconnected(self, why: str) -> None:
        """`why` is empty when it was us who wanted it."""
        ...

    def received(self, topic: str, payload: bytes) -> None: ...

    def will(self) -> tuple[str, bytes] | None:
        """Topic and payload of the will of the next connection."""
        ...


class Wire:
    """Stays connected until it is closed. `topics` are subscribed before `connected` is told."""

    def __init__(  # noqa: PLR0913 - all but one of them say whom to talk to
        self,
        broker: Broker,
        client_id: str,
        topics: Sequence[str],
        listener: Listener,
        *,
        last_good: str = "",
        resolve: Resolve = resolved,
        longest_pause: float = LONGEST,
    ) -> None:
        """`last_good` is where the broker was last reached, for a time in which `resolve` raises OSError."""
        self._backoff = Backoff(longest_pause)
        self._broker = broker
        self._address = Address(broker.host, broker.port, last_good, resolve)
        self._client_id = client_id
        self._topics = topics
        self._listener = listener
        self._loop = asyncio.get_running_loop()
        self._closing = threading.Event()
        self._gone = asyncio.Event()
        self._thread = threading.Thread(target=self._live, name=f"wire-{client_id}", daemon=True)
        self._client: Client | None = None
        self._online, self._since = False, 0.0
        self._refusal = ""
        self._said = ""
        self._untaken = 0
        self._taken = threading.Condition()

    @property
    def last_good(self) -> str:
        """The broker's last address that answered; empty while none did."""
        return self._address.last_good

    def start(self) -> None:
        self._thread.start()

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
        if not self._thread.is_alive():
            return
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
            why = ""
            try:
                self._one_connection()
            except Exception as error:
                why = f"cannot reach {self._broker.url}: {broker_tls.explained(self._broker, error, time.time())}"
            stood = time.monotonic() - self._since if self._online else 0.0
            self._lost(why)
            self._closing.wait(self._backoff.pause(stood, random.random()))  # noqa: S311 - spreads reconnects, keeps no secret
        self._tell(self._gone.set)

    def _one_connection(self) -> None:
        """From connecting to losing it. Raises what connecting raises."""
        client = _Client(self._address, self._client_id)
        client.max_inflight_messages_set(WINDOW)
        client.connect_timeout = CONNECT_WITHIN
        client.on_socket_open = _without_delay
        # With this hook paho leaves writing to the loop's thread. Without it the thread that publishes writes too, and
        # on a slow line two packets can end up inside one another.
        client.on_socket_register_write = _leave_it_to_the_loop
        client.on_log = self._on_log  # until the broker answers: formatting each message costs too much later
        client.on_connect = self._guarded(self._on_connect)
        client.on_subscribe = self._guarded(self._on_subscribe)
        client.on_message = self._guarded(self._on_message)
        client.on_publish = self._guarded(self._on_publish)
        client.on_disconnect = self._guarded(self._on_disconnect)
        self._refusal = self._said = ""
        authenticate(client, self._broker)
        will = self._listener.will()
        if will is not None:
            client.will_set(*will, qos=1)
        client.connect(self._broker.host, self._broker.port, keepalive=max(1, int(self._broker.keepalive)))
        self._client = client
        if self._closing.is_set():
            client.disconnect()
        # `loop`, not `loop_forever`: only the former has the wake-up pipe that publishing from another thread needs.
        while client.loop() == MQTTErrorCode.MQTT_ERR_SUCCESS:
            pass
        if self._refusal:
            raise ConnectionError(self._refusal)

    def _on_connect(
        self, client: Client, _data: object, _flags: ConnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        client.on_log = None
        if reason.is_failure:
            self._refusal = f"the broker says: {reason}"
            return
        sock = client.socket()
        if isinstance(sock, socket.socket):
            self._address.was_right(sock)
        client.subscribe([(topic, 1) for topic in self._topics])

    def _on_subscribe(self, *arguments: Any) -> None:
        refused = [code for code in arguments[3] if code.is_failure]
        if refused:
            # An ACL that hides our acks would let the log grow for ever without a word.
            self._refusal = f"the broker refuses our subscriptions: {refused[0]}"
            arguments[0].disconnect()
            return
        self._since = time.monotonic()
        with self._taken:
            self._untaken = 0
        self._online = True
        self._tell(self._listener.connected)

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self._backoff.answered()
        self._tell(partial(self._listener.received, message.topic, bytes(message.payload)))

    def _on_publish(self, *_arguments: Any) -> None:
        self._took()

    def _on_disconnect(
        self, _client: Client, _data: object, _flags: DisconnectFlags, reason: ReasonCode, _p: Properties | None
    ) -> None:
        if reason.is_failure and not self._refusal:
            self._refusal = f"connection lost: {self._said or reason}"

    def _on_log(self, _client: Client, _data: object, level: int, text: str) -> None:
        """paho keeps to its log why a socket failed; with TLS 1.3 that is where a broker's no to our certificate is."""
        if level == LogLevel.MQTT_LOG_ERR:
            self._said = text

    def _took(self) -> None:
        with self._taken:
            self._untaken = max(0, self._untaken - 1)
            self._taken.notify_all()

    def _lost(self, why: str) -> None:
        self._online = False
        self._client = None
        self._tell(partial(self._listener.disconnected, why))

    def _tell(self, what: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody is left to be told
            self._loop.call_soon_threadsafe(what)

    def _guarded(self, callback: Callable[..., None]) -> Callable[..., None]:
        def guarded(*arguments: Any) -> None:
            try:
                callback(*arguments)
            except Exception as error:
                self._refusal = f"{callback.__name__} failed: {error!r}"
                arguments[0].disconnect()

        return guarded


class _Client(Client):
    """paho's, but that it may find the broker without a name server. The name stays what a certificate must be for."""

    def __init__(self, address: Address, client_id: str) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=True, reconnect_on_failure=False
        )
        self._found = address

    def _create_socket_connection(self) -> socket.socket:
        return self._found.connected(self.connect_timeout)


def _without_delay(_client: Client, _data: object, sock: Any) -> None:
    """A fresh record is one small packet: it must not wait for the ack of the one before."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _leave_it_to_the_loop(_client: Client, _data: object, _sock: object) -> None: ...


def authenticate(client: Client, broker: Broker) -> None:
    """Files are read for every connection, so that a rotated secret needs no restart."""
    if broker.username:
        password = None
        if broker.password_file:
            password = Path(broker.password_file).read_text(encoding="utf-8").rstrip("\r\n")
        client.username_pw_set(broker.username, password)
    if broker.tls:
        client.tls_set_context(broker_tls.context(broker))
