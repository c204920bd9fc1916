"""A real broker and a real device on loopback, for each test that asks for one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edge_agent.peers import Broker, Device


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker(tmp_path)
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture
def device() -> Iterator[Device]:
    device = Device()
    device.up()
    yield device
    device.down()
