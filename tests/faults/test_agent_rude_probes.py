"""Row 9: probes that block the event loop, hang, flood or try to end the agent, and devices that flood."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from contract.results import rows
from contract.status import Status
from tests.acceptance.sockets import Till
from tests.edge_agent.collecting import CollectorForTests
from tests.edge_agent.conftest import broker
from tests.edge_agent.peers import Broker, until
from tests.edge_agent.running import AgentProcess, agent_yaml

__all__ = ["broker"]

RUDE = ("-m", "tests.faults.rude_agent", "agent", "run", "--config")
OTHERS = 20
REASONS = {
    "hang": "silent for 0.2 s",
    "deaf": "the last run of this probe ignored its deadline and has not ended",
    "flood": " and so on ",
    "exit": "the probe failed: RuntimeError: the probe tried to end the agent: SystemExit(3)",
}


def told(collector: CollectorForTests, check: str) -> str:
    return collector.results[check].text if check in collector.results else ""


@pytest.fixture
def till() -> Iterator[Till]:
    till = Till()
    yield till
    till.off()


def others(till: Till) -> list[str]:
    return [f'ci: pos-{n:02d}, probe: tcp, target: "127.0.0.1:{till.port}"' for n in range(OTHERS)]


@pytest.mark.shows("row 9", "a probe that hangs, is deaf to its cancellation, floods or exits harms no other")
@pytest.mark.parametrize("way", REASONS)
def test_a_probe_that_misbehaves_but_awaits_delays_nobody(
    way: str, tmp_path: Path, broker: Broker, till: Till, figure: Callable[[str], None]
) -> None:
    config = agent_yaml(tmp_path, broker.url, [f"ci: rude, probe: rude, target: {way}", *others(till)])
    with CollectorForTests(broker.port) as collector, AgentProcess(config, program=RUDE) as agent:
        until(lambda: REASONS[way] in told(collector, "rude/rude"), 40)
        gap = longest_gap(collector, pulses=20)
        assert agent.process.poll() is None
        assert {collector.results[f"pos-{n:02d}/tcp"].status for n in range(OTHERS)} == {Status.OK}
    figure(f"{way}: longest gap between two pulses of 0.3 s: {gap:.1f} s")
    if way != "flood":  # scrubbing 100 MB takes its time, and that is the host's
        assert gap < 5


@pytest.mark.shows("row 9", "a probe that blocks the event loop is cut off and named, the others go on")
@pytest.mark.parametrize("way", ["sleep", "spin"])
def test_a_probe_that_blocks_the_loop_is_cut_off_and_named(
    way: str, tmp_path: Path, broker: Broker, till: Till, figure: Callable[[str], None]
) -> None:
    """It is measured every 10 s and blocks for ever each time: nothing else is ever later than the time it is given."""
    rude = f"ci: rude, probe: rude, target: {way}, interval: 10s"
    config = agent_yaml(tmp_path, broker.url, [rude, *others(till)])
    with CollectorForTests(broker.port) as collector, AgentProcess(config, program=RUDE):
        until(lambda: "blocked the agent for 1.5 s and was cut off" in told(collector, "rude/rude"), 60)
        gap = longest_gap(collector, pulses=60)
        assert collector.results["rude/rude"].status is Status.UNKNOWN
        assert {collector.results[f"pos-{n:02d}/tcp"].status for n in range(OTHERS)} == {Status.OK}
        status = (tmp_path / "agent.db.status.json").read_text()
    figure(f"{way}: longest gap between two pulses of 0.3 s: {gap:.1f} s")
    assert "rude/rude: its probe blocked the agent for 1.5 s and was cut off, at rude.py:" in status
    failing = [one for live in collector.lives if live.results for one in rows(live.results) if one.status]
    assert {one.check for one in failing} == {"rude/rude"}, "no healthy device was ever blamed"


@pytest.mark.shows("row 9", "devices that answer with 100 MB cost the agent no memory")
def test_a_device_that_floods_costs_no_memory(
    tmp_path: Path, broker: Broker, till: Till, figure: Callable[[str], None]
) -> None:
    with flood() as (port, sent):
        target = f"127.0.0.1:{port}"
        config = agent_yaml(
            tmp_path,
            broker.url,
            [
                f'ci: flood, probe: tcp, target: "{target}", settings: {{expect: never}}',
                f'ci: flood, probe: http, target: "http://{target}/", settings: {{contains: never}}',
                *others(till),
            ],
            timeout="2s",
            interval="2s",
        )
        with CollectorForTests(broker.port) as collector, AgentProcess(config) as agent:
            until(lambda: {"flood/tcp", "flood/http", "pos-00/tcp"} <= collector.results.keys(), 60)
            before = psutil.Process(agent.process.pid).memory_info().rss
            asked = len(sent)
            until(lambda: len(sent) >= asked + 10, 120)
            grown = psutil.Process(agent.process.pid).memory_info().rss - before
            assert collector.results["flood/tcp"].status is not Status.OK
            assert collector.results["pos-00/tcp"].status is Status.OK
    figure(f"{len(sent)} floods: memory grew by {grown / 2**20:.1f} MiB")
    assert grown < 20 * 2**20


def longest_gap(collector: CollectorForTests, pulses: int) -> float:
    """In seconds of the agent's clock, over the next `pulses` pulses."""
    begin = len(collector.lives)
    until(lambda: len(collector.lives) >= begin + pulses, 120)
    return max(later.at - earlier.at for earlier, later in pairwise(collector.lives[begin:]))


@contextmanager
def flood() -> Iterator[tuple[int, list[int]]]:
    """A port that says 100 MB of HTTP to everybody, and how much it could say each time."""
    sent: list[int] = []
    chunk = b"x" * 2**16

    def say(peer: socket.socket) -> None:
        done = 0
        with peer:
            try:
                peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n")
                while done < 100 * 2**20:
                    done += peer.send(chunk)
            except OSError:
                pass
        sent.append(done)

    def serve() -> None:
        while True:
            try:
                peer, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=say, args=(peer,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1], sent
        listening.shutdown(socket.SHUT_RDWR)
