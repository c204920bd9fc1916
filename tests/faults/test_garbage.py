"""Whatever a store's own credentials can put on the wire: refused and counted, and everybody else goes on."""

import os
import random
import subprocess
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from contract.topics import up
from tests.faults.chain import Chain, until, watched
from tests.faults.ledger import ledger
from tests.faults.shop import Shop

pytestmark = pytest.mark.timeout(1200)
MESSAGES = int(os.environ.get("TILLWATCH_GARBAGE", "200"))
MORE = 96 * 2**20  # bytes of memory that a collector may take more, with bombs of a gigabyte in its mail


@pytest.mark.shows("row 23", "garbage and zlib bombs through the real broker: counted, memory capped, the thread alive")
def test_garbage(tmp_path: Path, figure: Callable[[str], None]) -> None:
    chain, chance = Chain(tmp_path, [Shop("0001", 4), Shop("0002", 4)]), random.Random(23)
    agent = chain.shops["0001"].agent
    with watched(chain):
        collector = psutil.Process(chain.processes["collector"].pid)
        before = collector.memory_info().rss
        for payload in garbage(chance, MESSAGES):
            say(chain, agent, up(agent, chance.choice(["hello", "live", "bulk", "bye"])), payload)
        most = 0
        for _ in range(5):
            say(chain, agent, up(agent, "live"), bomb())
            most = max(most, collector.memory_info().rss)
        chain.shops["0002"].off(0)
        until(lambda: [one["ci"] for one in chain.incidents()] == ["0002/pos-01"], chain)
        until(lambda: refused(chain) >= MESSAGES + 5, chain)
        assert most - before < MORE, f"{(most - before) / 2**20:.0f} MiB more"
        assert chain.unreachable() == []
        until(chain.are_settled, chain)
        count = refused(chain)
    found = ledger(chain)
    assert found.sound, found
    figure(f"{count:.0f} refused, {(most - before) / 2**20:.0f} MiB more memory; {found}")


@pytest.mark.shows(
    "6", "another agent's topic, a foreign part, an id that is none: denied by the broker, or refused and counted"
)
def test_foreign_topics(tmp_path: Path, figure: Callable[[str], None]) -> None:
    chain = Chain(tmp_path, [Shop("0001", 2), Shop("0002", 2)])
    mine, other = chain.shops["0001"].agent, chain.shops["0002"].agent
    good = up(mine, "bye")
    with watched(chain):
        say(chain, mine, up(other, "bye"), b"{}")  # the ACL's to deny
        time.sleep(2)
        assert refused(chain) == 0
        part = "00" if good.split("/")[2] != "00" else "01"
        chain.write_acl(lambda text: text.replace(f"user {mine}\n", f"user {mine}\ntopic write tillwatch/1/#\n"))
        chain.tell_broker()
        names = ("A", "é", "-" * 64, "a b", "nobody", mine)
        topics = [f"tillwatch/1/{part}/{name}/bye" for name in names]
        for topic in topics:
            say(chain, mine, topic, b"{}")
        until(lambda: refused(chain) == len(topics), chain)
        assert chain.incidents() == []
    figure(f"{len(topics)} refused, 1 denied")


def garbage(chance: random.Random, count: int) -> Iterator[bytes]:
    """Random bytes, JSON that is none of ours, and messages cut short or packed badly."""
    for _ in range(count):
        some = chance.randbytes(chance.randint(1, 2_000))
        yield chance.choice([some, b'{"v":1,"at":' + some[:9].hex().encode(), zlib.compress(some)[:-3], b"[" * 2_000])


def bomb() -> bytes:
    """A gigabyte of zeros in a megabyte of zlib, cut to what a message may be: 256 KiB that would be 256 MiB."""
    packer, out = zlib.compressobj(9), bytearray()
    while len(out) < 255 * 2**10:
        out += packer.compress(bytes(2**20))
    return bytes(out)


def refused(chain: Chain) -> float:
    return sum(value for name, value in chain.metrics().items() if name.startswith("tillwatch_dead_letters_total"))


def say(chain: Chain, user: str, topic: str, payload: bytes) -> None:
    where = ["-h", "127.0.0.1", "-p", str(chain.broker_port), "-u", user]
    command = ["mosquitto_pub", *where, "-t", topic, "-q", "1", "-s"]
    subprocess.run(command, input=payload, check=True, timeout=30)
