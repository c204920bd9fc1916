"""A collector that is started again whenever it dies, and an agent that says everything until it is acknowledged."""

import contextlib
import queue
import signal
import subprocess
import sys
import time
from pathlib import Path

from contract.ranges import contains
from contract.records import Transition
from tests.collector.agents import CRITICAL, OK, Agent
from tests.collector.wire import Wire

PATIENCE = 60.0  # seconds
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

    def is_safe(self) -> bool:
        """It lives, and is to die of itself no more."""
        return self._when == "never" and self.process.poll() is None

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def _start(self) -> "subprocess.Popen[bytes]":
        self._when, nth = self._deaths.pop(0) if self._deaths else ("never", 0)
        return subprocess.Popen([sys.executable, "-m", "tests.collector.crashing", self._config, self._when, str(nth)])


def deliver(agent: Agent, wire: Wire, supervised: Supervised, kills: list[float], patience: float = PATIENCE) -> None:
    """As the real agent does it: what is not acknowledged is said again in one message, as its messages are counted."""
    now, began, said = time.time(), time.monotonic(), 0.0
    unacked: list[Transition] = []
    while unacked or kills or agent.seq < RECORDS or not supervised.is_safe():
        passed = time.monotonic() - began
        assert passed < patience, f"{len(unacked)} are not acknowledged"
        supervised.look()
        if kills and passed > kills[0]:
            kills.pop(0)
            supervised.kill()
        if kills or agent.seq < RECORDS or not supervised.is_safe():
            unacked.append(agent.turns("pos-01/tcp", CRITICAL if agent.seq % 2 else OK, now + agent.seq))
            wire.say(agent.live(now, unacked[-1]))
        if time.monotonic() - said > 1.0:
            said = time.monotonic()
            wire.say(agent.hello(now))
            if unacked:
                wire.say(agent.bulk(now, *unacked))
        with contextlib.suppress(queue.Empty):
            have = tuple(wire.acks.get(timeout=0.1).have)
            unacked = [record for record in unacked if not contains(have, record.seq)]
