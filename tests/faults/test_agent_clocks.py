"""Rows 8 and 11: a wall clock that steps or begins in 1970, and an agent that is stopped for a while."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contract.records import Transition
from contract.status import Status
from tests.acceptance.sockets import Till
from tests.edge_agent.collecting import CollectorForTests
from tests.edge_agent.conftest import broker
from tests.edge_agent.peers import Broker, until
from tests.edge_agent.running import AgentProcess, agent_yaml

__all__ = ["broker"]

STOPPED_FOR = float(os.environ.get("TILLWATCH_STOPPED_FOR", "600"))
LIBRARY = str(next(iter(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), ""))
CHECKS = 10
SKEWS = {"-1h": 3600.0, "+1d": -86_400.0}


@pytest.fixture
def till() -> Iterator[Till]:
    till = Till()
    yield till
    till.off()


@pytest.fixture
def skewed(tmp_path: Path, broker: Broker, till: Till, wall: Path) -> Iterator[CollectorForTests]:
    """The collector of an agent whose clock is `wall`."""
    with (
        CollectorForTests(broker.port) as collector,
        AgentProcess(configured(tmp_path, broker, till), **faked(wall)),
    ):
        yield collector


@pytest.fixture
def wall(tmp_path: Path) -> Path:
    """The file that says what the agent's wall clock shows: `+0`, `-1h`, `@1970-01-01 00:00:10`."""
    if not LIBRARY:
        pytest.skip("needs libfaketime: apt-get install faketime")
    file = tmp_path / "wall"
    show(file, "+0")
    return file


def show(wall: Path, what: str) -> None:
    """In one step: it is read at any instant."""
    fresh = wall.with_suffix(".new")
    fresh.write_text(f"{what}\n")
    fresh.replace(wall)


def faked(wall: Path) -> dict[str, str]:
    """libfaketime for one process; what counts seconds since boot stays true."""
    return {
        "LD_PRELOAD": LIBRARY,
        "FAKETIME_TIMESTAMP_FILE": str(wall),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def configured(folder: Path, broker: Broker, till: Till) -> Path:
    checks = [f'ci: pos-{n:02d}, probe: tcp, target: "127.0.0.1:{till.port}"' for n in range(CHECKS)]
    return agent_yaml(folder, broker.url, checks, interval="4s", timeout="3900ms")


def transitions(collector: CollectorForTests) -> list[Transition]:
    return [record for record in collector.all_records() if isinstance(record, Transition)]


def pulses(collector: CollectorForTests, more: int) -> None:
    wanted = len(collector.lives) + more
    until(lambda: len(collector.lives) >= wanted, 60)


@pytest.mark.shows("row 8", "a clock that steps by −1 h and by +1 day: no false failure, order holds, the skew is told")
@pytest.mark.parametrize("step", SKEWS)
def test_a_stepped_clock_makes_no_failure_and_is_told(
    step: str, skewed: CollectorForTests, till: Till, wall: Path, figure: Callable[[str], None]
) -> None:
    skew = SKEWS[step]
    until(lambda: len(transitions(skewed)) == CHECKS and skewed.lives[-1].pending == 0, 60)
    show(wall, step)
    pulses(skewed, 40)
    failed = [one for one in transitions(skewed) if one.after is not Status.OK]
    assert not failed, "nobody failed because of a clock"
    till.off()
    until(lambda: len(transitions(skewed)) == 2 * CHECKS and skewed.lives[-1].pending == 0, 60)
    until(lambda: abs((skewed.lives[-1].offset or 0.0) - skew) < 2, 60)
    told, now, records = skewed.lives[-1].offset, time.time(), transitions(skewed)
    assert [one.seq for one in records] == list(range(1, len(records) + 1))
    assert all(one.after is Status.CRITICAL for one in records[CHECKS:])
    assert all(abs(one.decided.wall + skew - now) < 60 for one in records[CHECKS:])
    figure(f"{step}: {len(records)} records, all in order, 0 false; told offset {told:.1f} s")


@pytest.mark.shows("row 8", "a host that boots in 1970 has its records dated anew once its clock is set")
def test_records_of_1970_are_dated_anew_within_their_boot(
    tmp_path: Path, broker: Broker, till: Till, wall: Path, figure: Callable[[str], None]
) -> None:
    show(wall, "@1970-01-01 00:00:10")
    config = configured(tmp_path, broker, till)
    began = time.time()
    with AgentProcess(config, **faked(wall)):
        # Nobody listens to the topics yet, so the broker forgets what is said in 1970.
        until((tmp_path / "agent.db.status.json").exists, 60)
        time.sleep(8)
        show(wall, "+0")
        with CollectorForTests(broker.port) as collector:
            until(lambda: len(transitions(collector)) >= CHECKS and collector.lives[-1].pending == 0, 90)
            pulses(collector, 5)
            assert abs(collector.lives[-1].offset or 0.0) < 2
            records = transitions(collector)
            now = time.time()
    assert {one.after for one in records} == {Status.OK}
    assert all(began - 2 <= one.decided.wall <= now for one in records), "none is of 1970 any more"
    assert all(began - 2 <= one.started_at <= now for one in records)
    figure(f"{len(records)} records decided in 1970, told with the true time")


@pytest.mark.shows("row 11", "an agent that was stopped for a while blames no device for it")
@pytest.mark.timeout(3600)
def test_an_agent_that_was_stopped_blames_no_device(
    tmp_path: Path, broker: Broker, till: Till, figure: Callable[[str], None]
) -> None:
    config = configured(tmp_path, broker, till)
    with CollectorForTests(broker.port) as collector, AgentProcess(config) as agent:
        until(lambda: len(transitions(collector)) == CHECKS and collector.lives[-1].pending == 0, 60)
        agent.process.send_signal(signal.SIGSTOP)
        time.sleep(STOPPED_FOR)
        agent.process.send_signal(signal.SIGCONT)
        pulses(collector, 20)
        assert [one.after for one in transitions(collector)] == [Status.OK] * CHECKS
        till.off()
        until(lambda: len(transitions(collector)) == 2 * CHECKS, 60)
    figure(f"{CHECKS} checks, stopped for {STOPPED_FOR:g} s: 0 false failures; a true one afterwards is told")
