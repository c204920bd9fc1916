"""kill -9 on either side of a commit, and at any moment: nothing is lost and nothing is there twice."""

import contextlib
import queue
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from collector.database import journal, opened
from contract.ranges import contains
from contract.records import Transition
from rules.entries import Records
from tests.collector import chain, mosquitto
from tests.collector.agents import CRITICAL, OK, Agent
from tests.collector.wire import Wire

PATIENCE = 60.0
RECORDS = 60


class Supervised:
    """Starts the collector again whenever it is gone, with the next way to die; in the end it stays."""

    def __init__(self, config: Path, deaths: list[tuple[str, int]]) -> None:
        self._config, self._deaths = config, deaths
        self.died = 0
        self.process = self._start()

    def look(self) -> None:
        if self.process.poll() is not None:
            assert self.process.returncode == -signal.SIGKILL
            self.died += 1
            self.process = self._start()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def _start(self) -> "subprocess.Popen[bytes]":
        when, nth = self._deaths.pop(0) if self._deaths else ("never", 0)
        return subprocess.Popen([sys.executable, "-m", "tests.collector.crashing", self._config, when, str(nth)])


def deliver(agent: Agent, wire: Wire, supervised: Supervised, kills: list[float]) -> None:
    """What the real agent does: says everything again until it is acknowledged by the collector."""
    now, began, said = time.time(), time.monotonic(), 0.0
    unacked: list[Transition] = []
    while unacked or agent.seq < RECORDS:
        passed = time.monotonic() - began
        assert passed < PATIENCE, f"{len(unacked)} are not acknowledged"
        supervised.look()
        if kills and passed > kills[0]:
            kills.pop(0)
            supervised.kill()
        if agent.seq < RECORDS:
            unacked.append(agent.turns("pos-01/tcp", CRITICAL if agent.seq % 2 else OK, now + agent.seq))
            wire.say(agent.live(now, unacked[-1]))
        if time.monotonic() - said > 1.0:
            said = time.monotonic()
            wire.say(agent.hello(now))
            for record in unacked:
                wire.say(agent.live(now, record))
        with contextlib.suppress(queue.Empty):
            have = tuple(wire.acks.get(timeout=0.1).have)
            unacked = [record for record in unacked if not contains(have, record.seq)]


@pytest.mark.parametrize(
    ("deaths", "kills"),
    [
        ([("before", 5), ("before", 6)], []),
        ([("after", 1), ("after", 1)], []),
        ([], [random.uniform(0.5, 2.5), random.uniform(3.0, 5.0)]),
    ],
    ids=["before the commit", "after the commit", "at any moment"],
)
def test_nothing_is_lost_or_doubled(
    tmp_path: Path, database_url: str, deaths: list[tuple[str, int]], kills: list[float]
) -> None:
    with mosquitto.broker(tmp_path) as port:
        config = chain.config(tmp_path, database_url, port)
        path = tmp_path / "collector.yaml"
        path.write_text(chain.text(database_url, port))
        expected, agent = len(deaths) + len(kills), Agent()
        wire, supervised = Wire(port, agent.name), Supervised(path, list(deaths))
        try:
            deliver(agent, wire, supervised, list(kills))
        finally:
            wire.close()
            supervised.kill()
        assert supervised.died >= expected
    database = opened(config.database)
    with database.reading() as connection:
        placed = journal.after(connection, 0, 10_000)
        assert journal.broken_link(connection) is None
    database.close()
    seqs = Counter(record.seq for one in placed if isinstance(one.entry, Records) for record in one.entry.records)
    assert seqs == Counter(range(1, RECORDS + 1))
    assert [one.position for one in placed] == list(range(1, len(placed) + 1))
