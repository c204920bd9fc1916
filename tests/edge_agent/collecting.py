"""A collector for tests: a real MQTT client that commits what agents say to memory and acknowledges it, or does not."""

import threading
import time
from collections import defaultdict

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from collector.intake import ACK_EVERY
from contract import topics
from contract.codec import decode_up, encode
from contract.ranges import Ranges, added, merged
from contract.records import Gap, Record
from contract.reports import Ack, Bulk, Bye, Cmd, Hello, Live, UpReport
from contract.results import Result, rows


class CollectorForTests:
    """`acks` False: hears everything and says nothing. Everything else is what it has committed so far."""

    def __init__(self, port: int, *, acks: bool = True) -> None:
        self.acks = acks
        self.hellos: list[Hello] = []
        self.lives: list[Live] = []
        self.bulks: list[Bulk] = []
        self.byes: list[Bye] = []
        self.order: list[UpReport] = []
        self.records: dict[str, dict[int, Record]] = defaultdict(dict)
        self.results: dict[str, Result] = {}
        self._acked: dict[str, float] = {}
        self._client = Client(CallbackAPIVersion.VERSION2, client_id="collector", clean_session=False)
        self._client.on_connect = lambda client, *_: client.subscribe(
            [(topic, 1) for topic in topics.collector_subscriptions()]
        )
        self._subscribed = threading.Event()
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._on_message
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port, keepalive=60)
        self._client.loop_start()
        assert self._subscribed.wait(10)

    def __enter__(self) -> "CollectorForTests":
        return self

    def __exit__(self, *_error: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def command(self, agent: str, cmd: Cmd) -> None:
        self._client.publish(topics.down(agent, "cmd"), encode(cmd), qos=1)

    def say_garbage(self, agent: str) -> None:
        self._client.publish(topics.down(agent, "ack"), b"\x78\x9cnot an ack", qos=1)

    def all_records(self) -> list[Record]:
        """Of every epoch, in the order of epochs as they were first heard."""
        return [record for epoch in self.records.values() for _, record in sorted(epoch.items())]

    def had(self, epoch: str) -> Ranges:
        have = added((), self.records[epoch])
        gaps = [(gap.first, gap.last) for gap in self.records[epoch].values() if isinstance(gap, Gap)]
        return merged([*have, *gaps])

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        arrived = time.time()
        agent, kind = topics.sender(message.topic)
        report = decode_up(kind, message.payload)
        self.order.append(report)
        match report:
            case Hello():
                self.hellos.append(report)
                self._acknowledge(agent, report.epochs[-1].epoch, report.at, arrived)
            case Live():
                self.lives.append(report)
                if report.results:
                    self.results.update((result.check, result) for result in rows(report.results))
                if report.records or arrived - self._acked.get(agent, 0.0) >= ACK_EVERY:
                    self._take(agent, report, arrived)
            case Bulk():
                self.bulks.append(report)
                self._take(agent, report, arrived)
            case Bye():
                self.byes.append(report)

    def _take(self, agent: str, report: Live | Bulk, arrived: float) -> None:
        if self.acks:
            self.records[report.epoch].update((record.seq, record) for record in report.records)
        self._acknowledge(agent, report.epoch, report.at, arrived)

    def _acknowledge(self, agent: str, epoch: str, echo: float, arrived: float) -> None:
        if self.acks:
            have = list(self.had(epoch))[:32]
            self._acked[agent] = arrived
            ack = Ack(epoch=epoch, have=have, echo=echo, received=arrived, sent=time.time())
            self._client.publish(topics.down(agent, "ack"), encode(ack), qos=1)
