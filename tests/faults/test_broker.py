"""The broker dies, forgets, overflows, or swallows what it is given: none of it loses a record."""

import os
import random
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from contract.codec import encode
from contract.reports import Bye, EpochSpan, Hello
from contract.topics import up
from edge_agent.status import NOT_ACKNOWLEDGED
from tests.faults.chain import GOOD_BROKER, Chain, Settings, ended, staying, until, watched
from tests.faults.ledger import ledger
from tests.faults.shop import Shop

pytestmark = pytest.mark.timeout(7200)
KILLS = int(os.environ.get("TILLWATCH_BROKER_KILLS", "10"))
WORST = "autosave_interval 1800\nmax_queued_messages 1000\nmax_inflight_messages 20\n"  # as they come with mosquitto


def settles(chain: Chain) -> str:
    """A last failure becomes the one incident of its till, and all is acknowledged; then the ledger, to be made."""
    shop = chain.shops["0001"]
    shop.off(len(shop.tills) - 1)
    ci = f"0001/{shop.tills[-1]}"
    until(lambda: [one["ci"] for one in chain.incidents()].count(ci) == 1, chain, 180)
    until(chain.are_settled, chain, 300)
    return ci


def sound(chain: Chain) -> str:
    found = ledger(chain)
    assert found.sound, found
    return str(found)


@pytest.mark.shows("row 15", "the broker killed at random moments: sessions and subscriptions return, nothing is lost")
def test_broker_killed(tmp_path: Path, figure: Callable[[str], None]) -> None:
    chain, chance = Chain(tmp_path, [Shop("0001", 8)]), random.Random(15)
    with watched(chain):
        for _ in range(KILLS):
            chain.shops["0001"].flip(7)
            time.sleep(chance.uniform(0.5, 3.0))
            chain.restart("broker", chance.uniform(0.0, 1.0))
        settles(chain)
        assert chain.unreachable() == []
    figure(f"{KILLS} kills; {sound(chain)}")


@pytest.mark.shows("row 15", "a broker whose memory is zeros does not start, both sides say so, and nothing is lost")
def test_broker_zeroed(tmp_path: Path, figure: Callable[[str], None]) -> None:
    chain = Chain(tmp_path, [Shop("0001", 8)])
    with watched(chain):
        until((tmp_path / "mosquitto.db").exists, chain)
        chain.kill("broker")
        chain.zero_broker()
        chain.shops["0001"].flip(7)
        chain.start("broker")
        assert chain.processes["broker"].wait(30) != 0
        until(lambda: not chain.ready(), chain)
        until(lambda: any("refused" in trouble.text for trouble in chain.status("0001").troubles), chain)
        (tmp_path / "mosquitto.db").unlink()
        chain.start("broker")
        settles(chain)
    figure(sound(chain))


@pytest.mark.shows("row 16", "a broker that queues ten messages for an absent collector: gaps are seen, and filled")
def test_queue_overflows(tmp_path: Path, figure: Callable[[str], None]) -> None:
    chain = Chain(tmp_path, [Shop("0001", 12)], Settings(broker="max_queued_messages 10\nautosave_interval 5\n"))
    with watched(chain):
        chain.kill("collector")
        for _ in range(6):
            chain.shops["0001"].flip(11)
            time.sleep(3)
        chain.start("collector")
        until(chain.ready, chain, 120)
        settles(chain)
    figure(sound(chain))


@pytest.mark.shows("5", "mosquitto's worst defaults, killed, on a line that loses 30 %: still nothing lost")
def test_worst_defaults(tmp_path: Path, figure: Callable[[str], None]) -> None:
    chain, chance = Chain(tmp_path, [Shop("0001", 8)], Settings(broker=WORST, pulse=5.0)), random.Random(5)
    with watched(chain):
        chain.shops["0001"].wan.lose(0.3)
        for turn in range(KILLS):
            chain.shops["0001"].flip(7)
            time.sleep(chance.uniform(1.0, 3.0))
            chain.restart(("broker", "collector")[turn % 2], chance.uniform(0.0, 2.0))
        settles(chain)
    figure(f"{KILLS} kills of broker and collector in turn; {sound(chain)}")


@pytest.mark.parametrize("kind", [GOOD_BROKER, WORST], ids=["thrown-out", "swallowed"])
@pytest.mark.shows(
    "row 17", "an agent's ACL revoked: 'sent, not acknowledged' is told, nothing deleted, all sent in the end"
)
def test_revoked(tmp_path: Path, figure: Callable[[str], None], kind: str) -> None:
    """With max_queued_messages 0 mosquitto ends the connection at each denied word, else it swallows them."""
    chain = Chain(tmp_path, [Shop("0001", 4)], Settings(broker=kind))
    shop = chain.shops["0001"]
    with watched(chain):
        shop.wan.count_connects(chain.broker_port)
        chain.write_acl(lambda text: text.replace(f"user {shop.agent}\n", "user nobody\n"))
        chain.tell_broker()
        shop.off(0)
        until(lambda: chain.status("0001").unanswered > 0, chain, 120)
        status = chain.status("0001")
        assert (status.pending, status.dropped) == (1, 0)
        command = [*chain.commands["0001"]]
        command[command.index("run")] = "status"
        said = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
        assert said.returncode == 1
        assert f"state: {NOT_ACKNOWLEDGED}" in said.stdout
        assert (tmp_path / "0001.log").read_text().count(NOT_ACKNOWLEDGED) == 1
        time.sleep(10)
        tries = shop.wan.connects(chain.broker_port)
        assert tries < 30, "at most every two seconds, which is two pulses here"
        restored(chain)
        until(lambda: chain.status("0001").unanswered == 0, chain)
    figure(f"told after {status.unanswered:.0f} s, {tries} new connections until then; {sound(chain)}")


def restored(chain: Chain) -> None:
    """The agent may speak again: what it has kept arrives."""
    chain.write_acl()
    chain.tell_broker()
    until(chain.are_settled, chain, 120)
    until(lambda: [one["ci"] for one in chain.incidents()].count("0001/pos-01") == 1, chain)


@pytest.mark.shows("row 18", "a retained hello and a late will of a life that is over change nothing")
def test_stale_words(tmp_path: Path) -> None:
    chain = Chain(tmp_path, [Shop("0001", 2)], Settings(pulse=5.0))  # the agent starts again within its lease
    agent = chain.shops["0001"].agent
    with watched(chain):
        old = chain.status("0001")
        chain.restart("0001")
        until(lambda: chain.status("0001").epoch != old.epoch and chain.are_settled(), chain)
        until(lambda: all(map(ended, chain.incidents())), chain)  # a slow start is a silence of its own
        known = len(chain.incidents())
        position = chain.metrics()["tillwatch_journal_position"]
        span = EpochSpan(old.epoch, None, 1, 2)
        hello = Hello(at=old.at, epochs=[span], snapshot=[], boot="b", version="1", config="c", pulse=1.0)
        say(chain, up(agent, "hello"), encode(hello), retain=True)
        say(chain, up(agent, "bye"), encode(Bye(at=old.at, epoch=old.epoch, why="stop")), retain=True)
        say(chain, up(agent, "bye"), encode(Bye(at=old.at, epoch=old.epoch, why="will")), retain=False)
        assert staying(lambda: len(chain.incidents()) == known, 16)
        assert chain.metrics()["tillwatch_journal_position"] == position, "none of it was an event"
        chain.restart("collector")
        until(chain.ready, chain, 120)
        assert staying(lambda: len(chain.incidents()) == known, 16), "nor when the retained ones come again"
        chain.shops["0001"].off(0)
        until(lambda: [one["ci"] for one in chain.incidents() if not ended(one)] == ["0001/pos-01"], chain)


def say(chain: Chain, topic: str, payload: bytes, *, retain: bool) -> None:
    """By hand, in the name of the agent of 0001."""
    where = ["-h", "127.0.0.1", "-p", str(chain.broker_port), "-u", chain.shops["0001"].agent]
    kind = ["-r"] if retain else []
    command = ["mosquitto_pub", *where, "-t", topic, "-q", "1", "-s", *kind]
    subprocess.run(command, input=payload, check=True, timeout=30)
