"""What the line to a real broker brings, byte for byte."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from paho.mqtt import publish

from collector.line import Arrival
from collector.subscriber import Subscriber
from contract.broker import Broker
from contract.topics import up
from tests.collector.mosquitto import broker

TOPIC = up("0001-server", "live")
PATIENCE = 20.0


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    with broker(tmp_path) as port:
        yield port


@pytest.fixture
def line(port: int) -> Iterator[Subscriber]:
    subscriber = Subscriber(Broker(url=f"mqtt://127.0.0.1:{port}"), "collector")
    end = time.monotonic() + PATIENCE
    while not subscriber.is_up and time.monotonic() < end:
        subscriber.turn(0.05, 100)
    yield subscriber
    subscriber.close()


def heard(line: Subscriber, count: int) -> list[Arrival]:
    arrivals: list[Arrival] = []
    end = time.monotonic() + PATIENCE
    while len(arrivals) < count and time.monotonic() < end:
        arrivals += line.turn(0.05, 100)
    return arrivals


@pytest.mark.parametrize("qos", [0, 1])
@pytest.mark.parametrize("payload", [b"", b"x", bytes(range(256)) * 40, os.urandom(200_000)], ids=len)
def test_topic_and_payload_arrive_as_they_were_sent(line: Subscriber, port: int, qos: int, payload: bytes) -> None:
    publish.single(TOPIC, payload, qos, hostname="127.0.0.1", port=port)
    (arrival,) = heard(line, 1)
    assert (arrival.topic, arrival.payload) == (TOPIC, payload)


def test_what_is_done_is_not_brought_again_and_the_rest_is(line: Subscriber, port: int) -> None:
    said = [{"topic": TOPIC, "payload": str(number), "qos": 1} for number in range(300)]
    publish.multiple(said, hostname="127.0.0.1", port=port)  # type: ignore[arg-type]
    arrivals = heard(line, 300)
    assert [arrival.payload for arrival in arrivals] == [str(number).encode() for number in range(300)]
    line.done([arrival.token for arrival in arrivals[:200]])
    line.turn(0.05, 100)
    line.close()
    again = heard(line, 100)
    assert [arrival.payload for arrival in again] == [str(number).encode() for number in range(200, 300)]


def test_a_message_that_asks_for_no_ack_gets_none_and_the_line_stands(line: Subscriber, port: int) -> None:
    publish.single(TOPIC, b"once", 0, hostname="127.0.0.1", port=port)
    (arrival,) = heard(line, 1)
    line.done([arrival.token])
    publish.single(TOPIC, b"then", 1, hostname="127.0.0.1", port=port)
    assert [one.payload for one in heard(line, 1)] == [b"then"]
