"""How often an agent makes its disk work: counted in a recording of the real one, extrapolated to an hour."""

import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from contract.records import Transition
from tests.acceptance.sockets import Till
from tests.edge_agent.collecting import CollectorForTests
from tests.edge_agent.peers import Broker, until
from tests.edge_agent.running import AgentProcess, agent_yaml
from tests.faults import agent_cuts, recording
from tests.faults.recording import Entry, Kind, recorder

WINDOW = float(os.environ.get("TILLWATCH_FSYNC_WINDOW", "300"))  # seconds
CHECKS = 30
SYNCS = (Kind.SYNC, Kind.SYNC_FOLDER)


@pytest.mark.timeout(3600)
@pytest.mark.shows("3.8", "A quiet agent (30 checks, a pulse every 15 s) makes no fsync beyond its start")
def test_a_quiet_agent_does_not_make_its_disk_work(tmp_path: Path, figure: Callable[[str], None]) -> None:
    library, state = recorder(tmp_path), tmp_path / "state"
    state.mkdir()
    broker, till = Broker(tmp_path), Till()
    broker.start()
    checks = [f'ci: pos-{lane:02d}, probe: tcp, target: "127.0.0.1:{till.port}"' for lane in range(CHECKS)]
    config = agent_yaml(state, broker.url, checks, interval="15s", timeout="3s", retry="2s", pulse="15s")
    with ExitStack() as stack:
        stack.callback(broker.kill)
        stack.callback(till.off)
        collector = stack.enter_context(CollectorForTests(broker.port))
        log = tmp_path / "recording"
        agent = AgentProcess(config, recording.environment(library, state, log))
        stack.callback(agent.kill)
        # Every check has been measured and told, acknowledged, and a pulse has said so.
        until(lambda: len(collector.results) == CHECKS and collector.lives[-1].pending == 0, within=120)
        time.sleep(1)
        begin = time.monotonic()
        time.sleep(WINDOW)
        end = time.monotonic()
    entries = [one for one in recording.entries(log) if begin <= one.at < end]
    syncs = [one for one in entries if one.kind in SYNCS]
    writes = {one.path for one in entries if one.kind is Kind.WRITE}
    figure(
        f"{len(syncs)} fsyncs in {WINDOW:.0f} s, so {len(syncs) * 3600 / WINDOW:.0f} an hour (extrapolated);"
        f" written without one: {', '.join(sorted(writes)) or 'nothing'}"
    )
    assert syncs == []


@pytest.mark.timeout(600)
@pytest.mark.shows("3.8", "A busy agent makes at most two fsyncs a transition")
def test_the_fsyncs_of_a_busy_agent_are_counted(tmp_path: Path, figure: Callable[[str], None]) -> None:
    seconds = min(WINDOW, 30.0)
    entries = agent_cuts.recorded(tmp_path / "busy", recorder(tmp_path), seconds)
    told = {(epoch, record.seq) for _, epoch, record in agent_cuts.sent(entries) if isinstance(record, Transition)}
    syncs = sum(one.kind in SYNCS for one in entries)
    span = seconds_of(entries)
    figure(
        f"{len(told) / span:.0f} transitions and {syncs / span:.0f} fsyncs a second over {span:.0f} s, so"
        f" {syncs * 3600 / span:,.0f} an hour if it went on (extrapolated); {syncs / len(told):.2f} a transition"
    )
    assert syncs <= 2 * len(told) + 20


def seconds_of(entries: list[Entry]) -> float:
    return entries[-1].at - entries[0].at
