"""An agent's end of a real broker: publishes what a test made and collects what comes back."""

import queue
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from collector.line import Arrival
from contract import codec, topics
from contract.reports import Ack, Cmd


class Wire:
    """Close it when done."""

    def __init__(self, port: int, agent: str) -> None:
        self.acks: queue.Queue[Ack] = queue.Queue()
        self.commands: queue.Queue[Cmd] = queue.Queue()
        self._subscribed: queue.Queue[bool] = queue.Queue()
        self._agent = agent
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=agent)
        self._client.on_message = self._on_message
        self._client.on_subscribe = lambda *_: self._subscribed.put(True)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self._client.subscribe([(topic, 1) for topic in topics.agent_subscriptions(agent)])
        self._subscribed.get(timeout=10)

    def say(self, arrival: Arrival) -> None:
        self._client.publish(arrival.topic, arrival.payload, qos=1).wait_for_publish(10)

    def ack(self) -> Ack:
        return self.acks.get(timeout=20)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _on_message(self, _client: Any, _data: Any, message: mqtt.MQTTMessage) -> None:
        if message.topic.endswith("/ack"):
            self.acks.put(codec.decode_ack(bytes(message.payload)))
        else:
            self.commands.put(codec.decode_cmd(bytes(message.payload)))
