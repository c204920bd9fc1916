"""Publishes what many stores would, at a rate, over one connection.

`python -m bench.load '{"port": 1883, "stores": 500, "checks": 50, "rate": 600, "seconds": 20, "turns": 0}'`

Prints one JSON line at the end: messages and results sent, and every transition with the instant it was decided.
"""

import itertools
import json
import sys
import time

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from bench.synthetic import SyntheticStore
from contract import topics
from contract.codec import encode
from contract.reports import UpReport
from contract.status import Status

WINDOW = 800  # messages not yet confirmed by the broker; below its own limit of 1,000


class Line:
    """One connection to the broker with a bounded number of unconfirmed messages."""

    def __init__(self, port: int, name: str = "bench-load") -> None:
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name)
        self.client.max_inflight_messages_set(WINDOW)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        self.unconfirmed: list[mqtt.MQTTMessageInfo] = []

    def publish(self, topic: str, payload: bytes) -> None:
        self.unconfirmed.append(self.client.publish(topic, payload, qos=1))
        if len(self.unconfirmed) >= WINDOW:
            self.drain(WINDOW // 2)

    def drain(self, left: int) -> None:
        while len(self.unconfirmed) > left:
            self.unconfirmed.pop(0).wait_for_publish(30)

    def close(self) -> None:
        self.drain(0)
        self.client.disconnect()
        self.client.loop_stop()


class Plan(msgspec.Struct, frozen=True):
    """`rate` pulses a second from `stores` stores in turn, and `turns` transitions a second, for `seconds`."""

    port: int
    stores: int
    checks: int
    rate: float
    seconds: float
    turns: float = 0.0


def main(plan: Plan) -> None:
    line = Line(plan.port)
    fleet = [SyntheticStore(number, plan.checks) for number in range(plan.stores)]
    for store in fleet:
        line.publish(*_message(store, "hello", store.hello(time.time())))
    line.drain(0)
    time.sleep(2)
    payloads = [[encode(store.pulse(time.time(), jitter)) for jitter in (0.0, 1.0)] for store in fleet]
    decided: list[tuple[str, str, float]] = []
    begin, sent, turned = time.monotonic(), 0, 0
    for number in itertools.cycle(range(plan.stores)):
        elapsed = time.monotonic() - begin
        if elapsed >= plan.seconds:
            break
        store = fleet[number]
        if turned < elapsed * plan.turns:
            turned += 1
            now = time.time()
            line.publish(*_message(store, "live", store.turn(store.keys[0], _other(store), now)))
            if store.states[store.keys[0]][0] is Status.CRITICAL:
                decided.append((store.store, store.keys[0], now))
            payloads[number] = [encode(store.pulse(now, jitter)) for jitter in (0.0, 1.0)]
        line.publish(topics.up(store.agent, "live"), payloads[number][(sent // plan.stores) % 2])
        sent += 1
        ahead = sent / plan.rate - (time.monotonic() - begin)
        if ahead > 0.002:
            time.sleep(ahead)
    line.close()
    seconds = time.monotonic() - begin
    print(json.dumps({"messages": sent, "results": sent * plan.checks, "seconds": seconds, "decided": decided}))


def _other(store: SyntheticStore) -> Status:
    return Status.CRITICAL if store.states[store.keys[0]][0] is Status.OK else Status.OK


def _message(store: SyntheticStore, kind: topics.Up, report: UpReport) -> tuple[str, bytes]:
    return topics.up(store.agent, kind), encode(report)


if __name__ == "__main__":
    main(msgspec.json.decode(sys.argv[1], type=Plan))
