"""Where the broker is, with and without a name server."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.broker import Broker as BrokerAddress
from edge_agent.address import Address, resolved
from edge_agent.wire import Wire
from tests.edge_agent.peers import Broker
from tests.edge_agent.test_wire import Heard, told


class Names:
    """A name server that can fall silent."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses
        self.silent = False

    def __call__(self, host: str, _port: int) -> tuple[str, ...]:
        if self.silent:
            raise socket.gaierror(socket.EAI_AGAIN, f"no name server says where {host} is")
        return self.addresses


@pytest.fixture
def port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


def test_without_a_name_server_the_last_address_that_was_right_is_used(port: int) -> None:
    names = Names("127.0.0.1")
    address = Address("broker.example", port, "", names)
    with address.connected(5) as sock:
        address.was_right(sock)
    names.silent = True
    with address.connected(5) as sock:
        assert sock.getpeername()[0] == "127.0.0.1"


def test_a_name_server_that_answers_is_believed_even_when_the_last_address_was_another(port: int) -> None:
    with Address("broker.example", port, "127.0.0.9", Names("127.0.0.1")).connected(5) as sock:
        assert sock.getpeername()[0] == "127.0.0.1"


def test_what_never_worked_is_not_remembered() -> None:
    names = Names("127.0.0.1")
    names.silent = True
    with pytest.raises(socket.gaierror, match=r"where broker\.example is"):
        Address("broker.example", 1883, "", names).connected(5)


def test_the_next_of_several_addresses_is_tried_when_one_refuses(port: int) -> None:
    with Address("broker.example", port, "", Names("127.0.0.77", "127.0.0.1")).connected(5) as sock:
        assert sock.getpeername()[0] == "127.0.0.1"


def test_the_name_of_this_host_has_an_address() -> None:
    assert {"127.0.0.1", "::1"} & set(resolved("localhost", 1883))


def test_a_wire_reaches_its_broker_again_while_the_name_server_is_silent(broker: Broker, tmp_path: Path) -> None:
    """The broker is gone and comes back at the same address; only the first connection had a name server."""
    names = Names("127.0.0.1")

    async def run() -> Heard:
        heard = Heard()
        address = BrokerAddress(f"mqtt://broker.example:{broker.port}")
        wire = Wire(address, "echo", ["said/here"], heard, resolve=names)
        wire.start()
        await told(heard)
        names.silent = True
        broker.kill()
        while len(heard.lines) < 2:
            await told(heard)
        broker.start()
        while heard.lines.count("connected") < 2:
            await told(heard)
        assert wire.last_good == "127.0.0.1"
        await wire.close()
        return heard

    assert asyncio.run(run()).lines.count("connected") == 2
