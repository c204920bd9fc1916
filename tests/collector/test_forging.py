"""One store cannot speak for another: at a real broker with the ACL that we export, and behind it."""

import getpass
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from collector import cmdb
from collector.clock import SystemClock
from collector.database import Database, letters
from collector.ingest import Ingest
from collector.line import Arrival
from collector.receiver import Receiver
from collector.subscriber import Subscriber
from contract.broker import Broker
from contract.results import Result
from contract.topics import part_of, up
from tests.collector.agents import OK, Agent, Hands
from tests.collector.mosquitto import free_port
from tests.collector.packets import packet, text
from tillwatch.cmdb import acl

MINE, OTHER = "0001-server", "0002-server"
CMDB = """
stores:
  - {id: "0001", agents: [0001-server]}
  - {id: "0002", agents: [0002-server]}
items: []
"""
REGISTRY = {MINE: "0001", OTHER: "0002"}
PATIENCE = 30.0
SETTINGS = """
listener {port} 127.0.0.1
allow_anonymous true
acl_file {folder}/acl
user {user}
log_type all
max_inflight_messages 1000
persistence false
"""
STRANGE = ("+", "#", "0002\x01server", "0002\x7fserver", "0002-server\n", "0002 server", "..")


class Chain:
    """A broker with our ACL, an ingest behind it, and a socket to say anything on."""

    def __init__(self, port: int, log: Path, database: Database) -> None:
        self.port, self.log = port, log
        self.ingest = Ingest(database, REGISTRY, "me", lambda: None, SystemClock())
        line = Subscriber(Broker(url=f"mqtt://127.0.0.1:{port}", username="collector"), "collector")
        self.receiver = Receiver(self.ingest, line, SystemClock())
        self.until(lambda: line.is_up)

    def until(self, happened: Callable[[], object]) -> None:
        end = time.monotonic() + PATIENCE
        while not happened():
            assert time.monotonic() < end, "it did not happen"
            self.receiver.turn()

    def publish(self, topic: str, payload: bytes) -> bool:
        """As the agent MINE, byte for byte. Whether the broker kept the line."""
        with closing(socket.create_connection(("127.0.0.1", self.port), PATIENCE)) as line:
            line.sendall(packet(0x10, text("MQTT") + b"\x04\x82\x00\x3c" + text("forger") + text(MINE)))
            assert line.recv(4) == b"\x20\x02\x00\x00"
            line.sendall(packet(0x32, text(topic) + b"\x00\x01" + payload))
            try:
                return bool(line.recv(4))
            except ConnectionError:
                return False

    def said(self, text: str) -> int:
        return self.log.read_text(errors="replace").count(text)


@pytest.fixture
def chain(tmp_path: Path, sqlite_database: Database) -> Iterator[Chain]:
    with _broker(tmp_path) as port:
        made = Chain(port, tmp_path / "mosquitto.log", sqlite_database)
        yield made
        made.receiver.line.close()


def test_a_forged_store_in_the_payload_is_refused_and_counted_and_the_other_store_untouched(chain: Chain) -> None:
    agent = Agent(MINE)
    chain.publish(up(MINE, "hello"), agent.hello(time.time()).payload)
    chain.until(lambda: MINE in chain.ingest.fleet.installed)
    forged = agent.live(time.time(), agent.turns("0002/pos-01/tcp", OK, time.time())).payload
    assert chain.publish(up(MINE, "live"), forged)
    chain.until(lambda: chain.ingest.counters.dead_letters)
    assert chain.ingest.counters.dead_letters == {"invalid": 1}
    named = agent.live(time.time(), results=[Result("pos-01/tcp", OK, 1.0)]).payload
    assert named.startswith(b"{")
    chain.publish(up(MINE, "live"), named[:-1] + b',"store":"0002","agent":"0002-server"}')
    chain.until(lambda: chain.ingest.fleet.views)
    assert {view.store for view in chain.ingest.fleet.views.values()} == {"0001"}, "the topic says who speaks"


def test_another_agents_topic_is_refused_by_the_broker_and_never_arrives(chain: Chain) -> None:
    other = Agent(OTHER)
    assert chain.publish(up(OTHER, "hello"), other.hello(time.time()).payload)
    mine = Agent(MINE)
    chain.publish(up(MINE, "hello"), mine.hello(time.time()).payload)
    chain.until(lambda: MINE in chain.ingest.fleet.installed)
    assert OTHER not in chain.ingest.fleet.installed
    assert chain.said("Denied PUBLISH") == 1


@pytest.mark.parametrize("agent", STRANGE, ids=ascii)
def test_an_id_with_a_wildcard_or_a_control_character_is_refused_by_the_broker(chain: Chain, agent: str) -> None:
    before = chain.said("Denied PUBLISH")
    kept = chain.publish(f"tillwatch/1/{part_of(MINE)}/{agent}/live", b"{}")
    assert not kept or chain.said("Denied PUBLISH") > before
    mine = Agent(MINE)
    chain.publish(up(MINE, "hello"), mine.hello(time.time()).payload)
    chain.until(lambda: MINE in chain.ingest.fleet.installed)
    assert set(chain.ingest.fleet.installed) == {MINE}


@pytest.mark.parametrize("agent", STRANGE, ids=ascii)
def test_behind_a_broker_without_an_acl_it_is_a_counted_dead_letter(sqlite_database: Database, agent: str) -> None:
    ingest = Ingest(sqlite_database, REGISTRY, "me", lambda: None, Hands())
    ingest.handle([Arrival(f"tillwatch/1/{part_of(MINE)}/{agent}/live", b"{}", None, 1.0)])
    with sqlite_database.reading() as connection:
        assert letters.totals(connection) == {"topic": 1}
        [letter] = letters.listed(connection, 10)
    assert letter.topic.isprintable()


@pytest.mark.parametrize("check", ["+/tcp", "#/tcp", "pos-01\x01/tcp", "pos-01/t\x00cp", "0002/pos-01/tcp", "pos-01"])
def test_a_check_of_a_strange_name_is_a_counted_dead_letter(sqlite_database: Database, check: str) -> None:
    ingest, agent = Ingest(sqlite_database, REGISTRY, "me", lambda: None, Hands()), Agent(MINE)
    ingest.handle([agent.hello(1.0), agent.live(2.0, agent.turns(check, OK, 2.0))])
    assert ingest.counters.dead_letters == {"invalid": 1}


@contextmanager
def _broker(folder: Path) -> Iterator[int]:
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    assert program, "mosquitto is not installed: apt-get install mosquitto"
    port = free_port()
    (folder / "acl").write_text(acl.text(cmdb.whole(CMDB, "cmdb.yaml")))
    (folder / "acl").chmod(0o600)
    config = folder / "mosquitto.conf"
    config.write_text(SETTINGS.format(port=port, folder=folder, user=getpass.getuser()))
    with (folder / "mosquitto.log").open("wb") as log:
        process = subprocess.Popen([program, "-c", config], stdout=log, stderr=log)
    try:
        yield port
    finally:
        process.terminate()
        process.wait(10)
