"""One connection to a broker for one question. The doctor's only module that knows paho.

MQTT 5 first: there a broker says with a reason code what it does with a message that its ACL denies. With MQTT 3.1.1 it
says that all is well and drops it (mosquitto 2.0.11), and only somebody who listens can tell.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from contract import broker_tls
from contract.broker import Broker
from edge_agent.wire import authenticate

Version = MQTTProtocolVersion
V311, V5 = Version.MQTTv311, Version.MQTTv5
PATIENCE = 5.0  # seconds
DENIED = 0x80  # reason codes from here on say no (MQTT 5, section 2.4)


class NoSession(Exception):  # noqa: N818
    """The broker did not let us in; the text says why."""


class Session:
    """`heard` are topics on which something came. `codes` of subscriptions are reason codes."""

    def __init__(self, client: Client) -> None:
        self.heard: list[str] = []
        self._client = client
        self._changed = threading.Condition()
        self._answer: ReasonCode | None = None
        self._published: dict[int, int] = {}
        self._subscribed: dict[int, list[int]] = {}
        self._lost = False
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_message = self._on_message

    @property
    def is_up(self) -> bool:
        return not self._lost

    def admitted(self) -> ReasonCode | None:
        """What the broker answered to our coming; None when it ended the connection instead."""
        self._wait(lambda: self._answer is not None or self._lost)
        return self._answer

    def subscribe(self, topics: Sequence[str]) -> list[int]:
        """The reason codes, one a topic; none when the connection ended."""
        _, mid = self._client.subscribe([(topic, 1) for topic in topics])
        self._wait(lambda: mid in self._subscribed or self._lost)
        return self._subscribed.get(mid or 0, [])

    def publish(self, topic: str, payload: bytes) -> int | None:
        """The reason code of the broker's answer; None when the connection ended without one."""
        mid = self._client.publish(topic, payload, qos=1).mid
        self._wait(lambda: mid in self._published or self._lost)
        return self._published.get(mid)

    def hears(self, topic: str, within: float) -> bool:
        return self._wait(lambda: topic in self.heard, within)

    def lost(self, within: float) -> bool:
        """Whether the broker ends the connection in that time."""
        return self._wait(lambda: self._lost, within)

    def _wait(self, condition: Callable[[], bool], within: float = PATIENCE) -> bool:
        with self._changed:
            return self._changed.wait_for(condition, within)

    def _note(self, change: Callable[[], object]) -> None:
        with self._changed:
            change()
            self._changed.notify_all()

    def _on_connect(self, _client: Client, _data: Any, _flags: Any, code: ReasonCode, _more: Any) -> None:
        self._note(lambda: setattr(self, "_answer", code))

    def _on_disconnect(self, *_arguments: Any) -> None:
        self._note(lambda: setattr(self, "_lost", True))

    def _on_subscribe(self, _client: Client, _data: Any, mid: int, codes: list[ReasonCode], _more: Any) -> None:
        self._note(lambda: self._subscribed.update({mid: [code.value for code in codes]}))

    def _on_publish(
        self, _client: Client, _data: Any, mid: int, code: ReasonCode, _more: Properties | None = None
    ) -> None:
        self._note(lambda: self._published.update({mid: code.value}))

    def _on_message(self, _client: Client, _data: Any, message: Any) -> None:
        self._note(lambda: self.heard.append(message.topic))


@contextmanager
def opened(broker: Broker, client_id: str, version: Version = V5) -> Iterator[Session]:
    """A fresh session, as an agent has them. Raises NoSession."""
    fresh = None if version == V5 else True  # MQTT 5 has a word of its own for it, and paho's default is fresh
    yield from _opened(
        broker,
        Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=version,
            clean_session=fresh,
            reconnect_on_failure=False,
        ),
    )


@contextmanager
def resumed(broker: Broker, client_id: str) -> Iterator[Session]:
    """The lasting session of a collector, which keeps all that waits in it: nothing is acknowledged here."""
    yield from _opened(
        broker,
        Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=V311,
            clean_session=False,
            manual_ack=True,
            reconnect_on_failure=False,
        ),
    )


def _opened(broker: Broker, client: Client) -> Iterator[Session]:
    client.connect_timeout = PATIENCE
    session = Session(client)
    said: list[str] = []
    client.on_log = lambda _client, _data, _level, text: said.append(text) if "failed" in text else None
    try:
        authenticate(client, broker)
        client.connect(broker.host, broker.port, keepalive=int(PATIENCE) * 2)
    except (OSError, broker_tls.TlsUnusable) as error:
        raise NoSession(broker_tls.explained(broker, error, time.time())) from error
    client.loop_start()
    try:
        answer = session.admitted()
        if answer is None:
            why = said[-1] if said else "the broker ended the connection without an answer"
            raise NoSession(broker_tls.explained(broker, why, time.time()))
        if answer.is_failure:
            raise NoSession(f"the broker says: {answer}")
        yield session
    finally:
        client.disconnect()
        client.loop_stop()
