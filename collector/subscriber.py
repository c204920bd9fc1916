"""The line to the broker; the only module that imports paho. A message is acknowledged when its commit is done.

paho's loop runs in a thread of ours. An exception in a callback would kill that thread while paho still says that it
is connected, so every callback is wrapped and the thread is supervised.
"""

import logging
import random
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, Protocol

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from collector.config import Broker, secret
from collector.line import Arrival
from collector.turns import Turns
from contract import topics

_log = logging.getLogger(__name__)
IN_FLIGHT = 1_000  # the default of 20 would cap what one commit can share
LONGEST_WAIT = 5.0  # seconds; the broker is near, and there is one of us
LOOK_UP = 0.25  # seconds the loop waits for traffic before it looks whether it should end


class Ears(Protocol):
    """Whoever listens; called on the subscriber's thread."""

    def offer(self, arrival: Arrival) -> bool: ...

    def broker_back(self) -> None: ...

    def broker_lost(self) -> None: ...

    def may_listen(self) -> bool:
        """Asked all the time: on False the line is taken down, so that another collector can have the session."""


class Subscriber:
    """`connected` is set while the subscription stands; `error` says why it does not."""

    def __init__(self, broker: Broker, client_id: str, ears: Ears) -> None:
        self._broker = broker
        self._client_id = client_id
        self._ears = ears
        self._client: mqtt.Client | None = None
        self._turns: Turns | None = None
        self._life = 0  # a connection's number: message ids mean nothing on the next one
        self._stop = threading.Event()
        self.connected = threading.Event()
        self.error = ""

    def run(self) -> None:
        """Connects, and connects again, until `stop`. Waits between tries grow and are jittered."""
        tries = 0
        while not self._stop.is_set():
            if not self._ears.may_listen():
                self._stop.wait(0.2)
                continue
            try:
                self._one_connection()
            except Exception as error:  # whatever happens, the line is tried again
                self.error = f"{type(error).__name__}: {error}"
                _log.warning("broker %s: %s", self._broker.url, self.error)
            tries = 0 if self.connected.is_set() else tries + 1
            self._lost()
            self._stop.wait(random.uniform(0.1, min(LONGEST_WAIT, 0.5 * 2 ** min(tries, 6))))  # noqa: S311 - jitter

    def stop(self) -> None:
        self._stop.set()

    def done(self, tokens: Iterable[object]) -> None:
        """Acknowledges messages to the broker; those of an earlier connection it sends again anyway."""
        client = self._client
        if client is None:
            return
        for token in tokens:
            if isinstance(token, tuple) and token[0] == self._life:
                client.ack(token[1], 1)
        self._wake()

    def send(self, topic: str, payload: bytes) -> None:
        """At most once: an agent that misses an ack asks again."""
        client = self._client
        if client is not None and self.connected.is_set():
            client.publish(topic, payload, qos=0)
            self._wake()

    def _wake(self) -> None:
        turns = self._turns
        if turns is not None:
            turns.wake()

    def _one_connection(self) -> None:
        self._life += 1
        self._client = client = self._new_client()
        client.connect(self._broker.host, self._broker.port, int(self._broker.keepalive))
        self._turns = turns = Turns(client)
        try:
            code = 0
            while not code and self._ears.may_listen() and not self._stop.is_set():
                code = turns.turn(LOOK_UP)
            if not code:
                client.disconnect()
                client.loop_write()
            elif not self.error:
                self.error = mqtt.error_string(MQTTErrorCode(code))
        finally:
            self._turns = None
            turns.close()

    def _new_client(self) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            clean_session=False,
            protocol=mqtt.MQTTv311,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.max_inflight_messages_set(IN_FLIGHT)
        if self._broker.username:
            password = secret(self._broker.password_file) if self._broker.password_file else None
            client.username_pw_set(self._broker.username, password)
        if self._broker.tls:
            client.tls_set(
                self._broker.ca or None,
                self._broker.cert or None,
                self._broker.key or None,
                cert_reqs=ssl.CERT_REQUIRED,
            )
        client.on_connect = self._safe(self._on_connect)
        client.on_subscribe = self._safe(self._on_subscribe)
        client.on_message = self._safe(self._on_message)
        # With this hook paho leaves writing to the line's own thread. Without it the thread that calls `ack` writes
        # too, and two packets can end up inside one another.
        client.on_socket_register_write = _leave_it_to_the_loop
        return client

    def _on_connect(self, client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self.error = f"the broker refused us: {reason}"
            _log.warning("%s", self.error)
            client.disconnect()
            return
        client.subscribe([(topic, 1) for topic in topics.collector_subscriptions()])

    def _on_subscribe(self, client: mqtt.Client, _data: Any, _mid: int, reasons: Any, _properties: Any) -> None:
        refused = [str(reason) for reason in reasons if reason.is_failure]
        if refused:
            self.error = f"the broker refused the subscription: {refused[0]}"
            _log.error("%s", self.error)
            client.disconnect()
            return
        self.error = ""
        self.connected.set()
        self._ears.broker_back()

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        if self._turns is not None:
            self._turns.heard()
        self._ears.offer(Arrival(message.topic, bytes(message.payload), (self._life, message.mid), time.time()))

    def _lost(self) -> None:
        self._client = None
        if self.connected.is_set():
            self.connected.clear()
            self._ears.broker_lost()

    def _safe(self, callback: Callable[..., None]) -> Callable[..., None]:
        def wrapped(*arguments: Any) -> None:
            try:
                callback(*arguments)
            except Exception:
                _log.exception("the subscriber lives on")

        return wrapped


def _leave_it_to_the_loop(_client: Any, _data: Any, _socket: Any) -> None: ...
