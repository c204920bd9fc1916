"""What a new CMDB costs a running collector of 10,000 stores: how long records wait for their acks meanwhile.

`python -m bench.reload [STORES]`
"""

import json
import signal
import statistics
import sys
import time
import urllib.request
from typing import Any, NamedTuple

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from bench import rig, synthetic
from bench.synthetic import SyntheticStore
from contract import topics
from contract.codec import decode_ack, encode
from contract.status import Status

STORES = 10_000
CHECKS = 50
QUIET = 15.0  # seconds
EVERY = 0.1
PATIENCE = 900.0
GOAL = 2.0  # seconds: an agent sends again after ten


class Delays(NamedTuple):
    """Seconds from a record's leaving to its ack, and of each answer of /readyz."""

    acks: list[float]
    answers: list[float]


class Agent:
    """One agent whose checks turn all the time, each turn a record that wants its ack."""

    def __init__(self, port: int) -> None:
        self.delays: list[float] = []
        self._store = SyntheticStore(0, CHECKS)
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="bench-reload")
        self._client.on_message = self._heard
        self._client.connect("127.0.0.1", port)
        self._client.subscribe(topics.down(self._store.agent, "ack"), qos=0)
        self._client.loop_start()
        self._say("hello", self._store.hello(time.time()))

    def turn(self) -> None:
        key = self._store.keys[0]
        after = Status.CRITICAL if self._store.states[key][0] is Status.OK else Status.OK
        self._say("live", self._store.turn(key, after, time.time()))

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _say(self, kind: topics.Up, report: Any) -> None:
        self._client.publish(topics.up(self._store.agent, kind), encode(report), qos=1)

    def _heard(self, _client: object, _data: object, message: mqtt.MQTTMessage) -> None:
        self.delays.append(time.time() - decode_ack(bytes(message.payload)).echo)


def main() -> None:
    stores = int(sys.argv[1]) if len(sys.argv) > 1 else STORES
    with rig.running(synthetic.cmdb(stores, CHECKS), patience=PATIENCE) as bench:
        agent = Agent(bench.broker_port)
        quiet = _watched(agent, bench, lambda begin, _: time.monotonic() - begin > QUIET)
        before, read_at = bench.collector.memory_info().rss, _asked(bench)["documents_read_at"]
        rig.write_cmdb(bench.folder, synthetic.cmdb(stores + 1, CHECKS))
        bench.collector.send_signal(signal.SIGHUP)
        begin = time.monotonic()
        busy = _watched(
            agent, bench, lambda _, ready: ready["documents_read_at"] != read_at and not ready["engine_lag"]
        )
        seconds = time.monotonic() - begin
        after = bench.collector.memory_info().rss
        agent.close()
    worst = max(busy.acks)
    print(f"  {stores} stores with {CHECKS // synthetic.CHECKS_A_CI} items each, read and adopted in {seconds:.0f} s")
    for name, delays in (("quiet", quiet), ("meanwhile", busy)):
        acks, answers = delays
        median, slowest = statistics.median(acks) * 1e3, max(acks) * 1e3
        print(f"  {name}: record to ack median {median:.0f} ms, worst {slowest:.0f}; ", end="")
        print(f"answer of /readyz worst {max(answers) * 1e3:.0f} ms")
    print(f"  memory: {before / 2**20:.0f} MiB before, {after / 2**20:.0f} MiB after")
    if worst > GOAL:
        raise SystemExit(f"an ack waited {worst:.1f} s; the goal is {GOAL:g} s")


def _watched(agent: Agent, bench: rig.Rig, is_over: Any) -> Delays:
    first, begin, answers = len(agent.delays), time.monotonic(), []
    while True:
        for _ in range(5):
            agent.turn()
            time.sleep(EVERY)
        asked = time.monotonic()
        ready = _asked(bench)
        answers.append(time.monotonic() - asked)
        if is_over(begin, ready):
            return Delays(agent.delays[first:], answers)
        if time.monotonic() - begin > PATIENCE:
            raise SystemExit(f"not over after {PATIENCE:g} s: {ready}")


def _asked(bench: rig.Rig) -> Any:
    with urllib.request.urlopen(f"{bench.url}/readyz", timeout=60) as answer:  # noqa: S310
        return json.loads(answer.read())


if __name__ == "__main__":
    main()
