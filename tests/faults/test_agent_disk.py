"""Row 4: a disk that is full, read-only or failing. The agent goes on from memory and comes back by itself."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contract.ranges import added
from contract.records import Transition
from contract.status import Status
from edge_agent.disk import Bounds, DiskLog
from edge_agent.status import path_for, read
from tests.acceptance.sockets import Till
from tests.edge_agent.collecting import CollectorForTests
from tests.edge_agent.conftest import broker
from tests.edge_agent.drafts import stamp
from tests.edge_agent.peers import Broker, until
from tests.edge_agent.running import AgentProcess, agent_yaml

__all__ = ["broker"]

CHECKS = 10
PAGE = 4096


@pytest.fixture
def till() -> Iterator[Till]:
    till = Till()
    yield till
    till.off()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB."""
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], check=True)
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


@pytest.fixture
def failing(tmp_path: Path) -> tuple[dict[str, str], Path]:
    """What makes writing an agent's log fail with EIO while the second of the two exists."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("needs a C compiler: apt-get install gcc libc6-dev")
    library, sign = tmp_path / "eio.so", tmp_path / "fails"
    source = Path(__file__).with_name("eio.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    return {"LD_PRELOAD": str(library), "EIO_WHILE": str(sign), "EIO_FOR": "agent.db"}, sign


def configured(folder: Path, disk: Path, broker: Broker, till: Till) -> Path:
    checks = [f'ci: pos-{n:02d}, probe: tcp, target: "127.0.0.1:{till.port}"' for n in range(CHECKS)]
    path = agent_yaml(folder, broker.url, checks, interval="1s", timeout="900ms")
    path.write_text(path.read_text().replace(f"{folder / 'agent.db'}", f"{disk / 'agent.db'}"))
    return path


def states(collector: CollectorForTests) -> set[Status]:
    """What is believed of every check, once each was told."""
    latest = {one.check: one.after for one in collector.all_records() if isinstance(one, Transition)}
    return set(latest.values()) if len(latest) == CHECKS else set()


def trouble(disk: Path) -> str:
    return read(path_for(disk / "agent.db")).log_trouble


def nothing_is_missing(collector: CollectorForTests) -> int:
    """How many records were told: every number of every life, without a hole or a gap record."""
    for records in filter(None, collector.records.values()):
        assert added((), records) == ((1, len(records)),)
        assert all(isinstance(record, Transition) for record in records.values())
    return len(collector.all_records())


def beliefs(disk: Path) -> set[Status]:
    log = DiskLog(disk / "agent.db", Bounds(), stamp())
    held = {belief.state for belief in log.beliefs()}
    log.close()
    return held


@pytest.mark.shows("row 4", "disk full: told live from memory, then kept; nothing lost")
def test_a_full_disk_costs_nothing(
    tmp_path: Path, small_disk: Path, broker: Broker, till: Till, figure: Callable[[str], None]
) -> None:
    config = configured(tmp_path, small_disk, broker, till)
    with CollectorForTests(broker.port) as collector, AgentProcess(config) as agent:
        until(lambda: states(collector) == {Status.OK}, 60)
        filler = small_disk / "filler"
        fill(filler)
        till.off()
        until(lambda: states(collector) == {Status.CRITICAL}, 60)
        assert agent.process.poll() is None
        fill(filler)
        filler.unlink()
        until(lambda: collector.lives[-1].pending == 0 and trouble(small_disk) == "", 60)
        assert agent.stop() == 0
        figure(f"{nothing_is_missing(collector)} records, 0 missing")
    assert beliefs(small_disk) == {Status.CRITICAL}


@pytest.mark.shows("row 4", "a disk that is mounted read-only at the start is used once it is writable")
def test_a_read_only_disk_is_used_once_it_is_writable(
    tmp_path: Path, small_disk: Path, broker: Broker, till: Till, figure: Callable[[str], None]
) -> None:
    config = configured(tmp_path, small_disk, broker, till)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with CollectorForTests(broker.port) as collector, AgentProcess(config) as agent:
        until(lambda: states(collector) == {Status.OK}, 60)
        in_memory = collector.hellos[-1].epochs[-1].epoch
        till.off()
        until(lambda: states(collector) == {Status.CRITICAL}, 60)
        subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
        until(lambda: collector.hellos[-1].epochs[-1].previous == in_memory, 90)
        until(lambda: collector.lives[-1].pending == 0 and trouble(small_disk) == "", 60)
        assert agent.stop() == 0
        figure(f"{nothing_is_missing(collector)} records, 0 missing; the log on disk follows the one in memory")
    assert beliefs(small_disk) == {Status.CRITICAL}


@pytest.mark.shows("row 4", "EIO: told live from memory, then kept; nothing lost")
def test_a_failing_disk_costs_nothing(
    tmp_path: Path,
    failing: tuple[dict[str, str], Path],
    broker: Broker,
    till: Till,
    figure: Callable[[str], None],
) -> None:
    library, sign = failing
    config = configured(tmp_path, tmp_path, broker, till)
    with CollectorForTests(broker.port) as collector, AgentProcess(config, **library) as agent:
        until(lambda: states(collector) == {Status.OK} and collector.lives[-1].pending == 0, 60)
        sign.touch()
        till.off()
        until(lambda: states(collector) == {Status.CRITICAL}, 60)
        until(lambda: "disk I/O error" in trouble(tmp_path), 60)
        sign.unlink()
        until(lambda: collector.lives[-1].pending == 0 and trouble(tmp_path) == "", 60)
        assert agent.stop() == 0
        figure(f"{nothing_is_missing(collector)} records, 0 missing")
    assert beliefs(tmp_path) == {Status.CRITICAL}


def fill(filler: Path) -> None:
    """The last page of its disk."""
    with filler.open("ab", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * PAGE)
        except OSError:
            return
