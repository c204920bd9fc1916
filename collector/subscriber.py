"""The line to the broker; the only module that imports paho. A message is acknowledged when its commit is done.

Everything happens in `turn`, on the thread of whoever calls it (collector/receiver.py). An exception in a callback
would leave paho's reading in the middle of a packet, so every callback is wrapped.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, LogLevel, MQTTErrorCode

from collector.config import secret
from collector.line import Answer, Arrival
from collector.turns import Turns
from contract import broker_tls, topics
from contract.broker import Broker

_log = logging.getLogger(__name__)
LONGEST_PAUSE = 5.0  # seconds between two tries; the broker is near, and there is one of us
CONNECT_TIMEOUT = 2.0  # seconds; who tries to connect does nothing else meanwhile


class Subscriber:
    """A Line. `connected` is set while the subscription stands; `error` says why it does not."""

    def __init__(self, broker: Broker, client_id: str) -> None:
        self._broker = broker
        self._client_id = client_id
        self._client: mqtt.Client | None = None
        self._turns: Turns | None = None
        self._arrivals: list[Arrival] = []
        self._tries = 0
        self._try_at = 0.0
        self._refused = ""
        self._said = ""
        self.life = 0  # a connection's number: message ids mean nothing on the next one
        self.connected = threading.Event()
        self.error = ""

    @property
    def is_up(self) -> bool:
        return self.connected.is_set()

    def turn(self, longest: float, most: int) -> list[Arrival]:
        try:
            self._arrivals = []
            turns = self._turns or self._new_connection(longest)
            if turns is not None and (code := turns.turn(longest, most)):
                said = self._said or mqtt.error_string(MQTTErrorCode(code))
                self._lost(broker_tls.explained(self._broker, said, time.time()))
        except Exception as error:  # whatever happens, the line is tried again
            self._lost(broker_tls.explained(self._broker, error, time.time()))
        return self._arrivals

    def done(self, tokens: Iterable[object]) -> None:
        """Acknowledges messages to the broker; those of an earlier connection it sends again anyway."""
        client = self._client
        if client is None:
            return
        for token in tokens:
            if isinstance(token, tuple) and token[0] == self.life:
                client.ack(token[1], 1)

    def send(self, answer: Answer) -> None:
        """At most once: an agent that misses an ack asks again."""
        if self._client is not None and self.connected.is_set():
            self._client.publish(answer.topic, answer.payload, qos=0)

    def close(self) -> None:
        if self._client is not None:
            self._client.disconnect()
            self._client.loop_write()
        self._forget()
        self.error = ""

    def _new_connection(self, longest: float) -> Turns | None:
        """None while it is not time to try again."""
        pause = self._try_at - time.monotonic()
        if pause > 0:
            time.sleep(min(pause, longest))
            return None
        self.life += 1
        self._refused = self._said = ""
        self._client = client = self._new_client()
        client.connect(self._broker.host, self._broker.port, int(self._broker.keepalive))
        self._turns = Turns(client)
        return self._turns

    def _lost(self, why: str) -> None:
        """Waits between tries grow and are jittered."""
        self.error = self._refused or why
        _log.warning("broker %s: %s", self._broker.url, self.error)
        longest = min(LONGEST_PAUSE, 0.5 * 2 ** min(self._tries, 6))
        self._tries += 1
        self._try_at = time.monotonic() + random.uniform(0.1, longest)  # noqa: S311 - jitter
        self._forget()

    def _forget(self) -> None:
        self._client = self._turns = None
        self.connected.clear()

    def _new_client(self) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            clean_session=False,
            protocol=mqtt.MQTTv311,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.connect_timeout = CONNECT_TIMEOUT
        if self._broker.username:
            password = secret(self._broker.password_file) if self._broker.password_file else None
            client.username_pw_set(self._broker.username, password)
        if self._broker.tls:
            client.tls_set_context(broker_tls.context(self._broker))
        client.on_log = self._on_log  # until the broker answers: formatting each message costs too much later
        client.on_connect = self._safe(self._on_connect)
        client.on_subscribe = self._safe(self._on_subscribe)
        client.on_message = self._safe(self._on_message)
        # With this hook paho leaves writing to our turns. Without it each `ack` writes at once.
        client.on_socket_register_write = _leave_it_to_the_turn
        return client

    def _on_connect(self, client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        client.on_log = None
        if reason.is_failure:
            self._refused = f"the broker refused us: {reason}"
            client.disconnect()
            return
        client.subscribe([(topic, 1) for topic in topics.collector_subscriptions()])

    def _on_log(self, _client: mqtt.Client, _data: Any, level: int, text: str) -> None:
        """paho keeps to its log why a socket failed; with TLS 1.3 that is where a broker's no to our certificate is."""
        if level == LogLevel.MQTT_LOG_ERR:
            self._said = text

    def _on_subscribe(self, client: mqtt.Client, _data: Any, _mid: int, reasons: Any, _properties: Any) -> None:
        refused = [str(reason) for reason in reasons if reason.is_failure]
        if refused:
            self._refused = f"the broker refused the subscription: {refused[0]}"
            client.disconnect()
            return
        self.error = ""
        self._tries = 0
        self.connected.set()

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        if self._turns is not None:
            self._turns.heard()
        self._arrivals.append(Arrival(message.topic, bytes(message.payload), (self.life, message.mid), time.time()))

    def _safe(self, callback: Callable[..., None]) -> Callable[..., None]:
        def wrapped(*arguments: Any) -> None:
            try:
                callback(*arguments)
            except Exception:
                _log.exception("the subscriber lives on")

        return wrapped


def _leave_it_to_the_turn(_client: Any, _data: Any, _socket: Any) -> None: ...
