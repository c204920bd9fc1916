"""The line to a real broker, with its refusals."""

import asyncio
import subprocess
from pathlib import Path

import pytest

from contract.broker import Broker as BrokerAddress
from edge_agent.wire import Wire
from tests.edge_agent.peers import Broker


class Heard:
    """What a wire told, in order; `will` says nothing."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.messages: list[tuple[str, bytes]] = []
        self.told = asyncio.Event()

    def connected(self) -> None:
        self.lines.append("connected")
        self.told.set()

    def disconnected(self, why: str) -> None:
        self.lines.append(why)
        self.told.set()

    def received(self, topic: str, payload: bytes) -> None:
        self.messages.append((topic, payload))
        self.told.set()

    def will(self) -> None:
        return None


async def told(heard: Heard) -> None:
    async with asyncio.timeout(20):
        await heard.told.wait()
    heard.told.clear()


def test_what_is_published_comes_back_on_a_subscribed_topic(broker: Broker) -> None:
    async def run() -> Heard:
        heard = Heard()
        wire = Wire(BrokerAddress(broker.url), "echo", ["said/here"], heard)
        wire.publish("said/here", b"before there is a line")
        wire.start()
        await told(heard)
        wire.publish("said/here", b"hello")
        await told(heard)
        await wire.close()
        return heard

    heard = asyncio.run(run())
    assert heard.messages == [("said/here", b"hello")]
    assert heard.lines == ["connected", ""], "and it was us who ended it"


def test_a_broker_that_is_not_there_is_told_with_its_address_and_tried_again(broker: Broker) -> None:
    async def run() -> Heard:
        broker.kill()
        heard = Heard()
        wire = Wire(BrokerAddress(broker.url), "echo", ["said/here"], heard)
        wire.start()
        await told(heard)
        broker.start()
        while "connected" not in heard.lines:
            await told(heard)
        await wire.close()
        return heard

    first = asyncio.run(run()).lines[0]
    assert first.startswith(f"cannot reach {broker.url}: ")
    assert "refused" in first


@pytest.fixture
def strict_broker(tmp_path: Path, broker: Broker) -> Broker:
    """Knows one user, `store` with the password `right`."""
    broker.kill()
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-c", "-b", str(passwords), "store", "right"], check=True, capture_output=True)
    config = tmp_path / "mosquitto.conf"
    config.write_text(config.read_text().replace("allow_anonymous true", f"password_file {passwords}"))
    broker.start()
    return broker


def test_a_rotated_password_is_read_for_the_next_connection(strict_broker: Broker, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("wrong\n")

    async def run() -> Heard:
        heard = Heard()
        wire = Wire(BrokerAddress(strict_broker.url, "store", str(secret)), "store", ["said/here"], heard)
        wire.start()
        await told(heard)
        secret.write_text("right\n")
        while "connected" not in heard.lines:
            await told(heard)
        await wire.close()
        return heard

    assert "the broker says: " in asyncio.run(run()).lines[0]


def test_a_wire_that_never_started_can_be_closed() -> None:
    async def run() -> None:
        await Wire(BrokerAddress("mqtt://127.0.0.1:1"), "echo", [], Heard()).close()

    asyncio.run(run())
