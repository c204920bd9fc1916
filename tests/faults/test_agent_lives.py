"""Rows 5 to 7 with a real collector: a log that hits its bound, an old disk image that is put back, a cloned agent."""

import shutil
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from collector.database import journal
from collector.database import opened as database
from contract.ids import part_of
from contract.records import Gap, Stamp, Summary, Transition
from contract.status import Status
from edge_agent.clocks import HostClock
from edge_agent.disk import Bounds, DiskLog
from edge_agent.judge import Change
from edge_agent.log import Draft
from edge_agent.summing import Sum
from rules.entries import Records
from tests.acceptance.sockets import Till
from tests.acceptance.stack import Stack, running, until

LANES = 4
MIB = 2**20


@pytest.fixture
def tills() -> Iterator[list[Till]]:
    tills = [Till() for _ in range(LANES)]
    yield tills
    for till in tills:
        till.off()


def stack(folder: Path, tills: list[Till], pulse: float = 1.0, **log: str) -> Stack:
    lane = {"class": "pos_terminal", "store": "0042", "provides": ["checkout"], "group": "lanes"}
    cmdb = {
        "stores": [{"id": "0042", "region": "north", "agents": ["0042-server"]}],
        "items": [{"id": f"pos-{n:02d}", **lane} for n in range(LANES)],
    }
    agent = {
        "store": "0042",
        "agent": "0042-server",
        "defaults": {"interval": "1s", "timeout": "900ms", "retry": "300ms", "pulse": f"{pulse:g}s"},
        "checks": [
            {"ci": f"pos-{n:02d}", "probe": "tcp", "target": f"127.0.0.1:{till.port}"} for n, till in enumerate(tills)
        ],
    }
    made = Stack(folder, cmdb, agent, 100.0)
    path = folder / "agent.yaml"
    document = yaml.safe_load(path.read_text())
    document["log"] |= log
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    return made


def told(stack: Stack) -> list[Records]:
    """What the collector's journal holds of records, in its order."""
    found = database(f"sqlite:///{stack.folder}/collector.db")
    with found.reading() as connection:
        entries = [placed.entry for placed in journal.after(connection, 0, 1_000_000)]
    found.close()
    return [entry for entry in entries if isinstance(entry, Records)]


def metric(stack: Stack, name: str) -> float:
    of_agent = name.startswith("tillwatch_agent_")
    page = f"/metrics/checks?part={part_of('0042-server')}" if of_agent else "/metrics"
    with urllib.request.urlopen(stack.url + page, timeout=10) as answer:  # noqa: S310
        lines: list[str] = answer.read().decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))


def watched(stack: Stack) -> bool:
    return bool(stack.get("/api/v1/stores/0042")["status"] == "ok")


def failing(stack: Stack) -> set[str]:
    return {one["ci"] for one in stack.incidents() if one["state"] == "open"}


def filled(path: Path, summaries: int, transitions: int) -> None:
    """A log that nobody acknowledged: measurements in sums, and a lane that failed and healed again and again."""
    now = HostClock().stamp()
    log = DiskLog(path, Bounds(), now)
    began = now.wall - 3600.0

    def sums() -> list[Sum]:
        return [Sum("pos-00/tcp", Status.OK, began + n, began + n + 1, 60, 1.0, 60.0, 2.0) for n in range(summaries)]

    def drafts() -> list[Draft]:
        ways = [Status.OK, Status.CRITICAL]
        stamp = Stamp(began, now.boot, max(0.0, now.up - 3600.0))
        changes = [
            Change(ways[n % 2 - 1], ways[n % 2], began, flapping=True, text="x" * 100) for n in range(transitions)
        ]
        return [Draft("pos-00/tcp", change, stamp, 1.0) for change in changes]

    log.commit(drafts())
    log.summarise(sums(), now)
    log.close()


@pytest.mark.shows("row 5", "beyond its bound a log drops summaries, then the oldest; counted at the centre")
@pytest.mark.parametrize(("summaries", "transitions"), [(20_000, 2_000), (2_000, 16_000)])
def test_what_a_full_log_drops_is_declared_and_seen_at_the_centre(
    summaries: int, transitions: int, tmp_path: Path, tills: list[Till], figure: Callable[[str], None]
) -> None:
    filled(tmp_path / "agent.db", summaries, transitions)
    with running(stack(tmp_path, tills, max_size="4MiB")) as centre:
        until(lambda: metric(centre, "tillwatch_agent_dropped_records_total") > 0, 60, centre)
        until(lambda: metric(centre, "tillwatch_agent_log_pending_records") == 0 and watched(centre), 120, centre)
        dropped = metric(centre, "tillwatch_agent_dropped_records_total")
        old = [record for entry in told(centre) if entry.generation == 1 for record in entry.records]
    kept_summaries = sum(isinstance(record, Summary) for record in old)
    kept = [record.seq for record in old if isinstance(record, Transition)]
    declared = sum(record.count for record in old if isinstance(record, Gap))
    lost = summaries + transitions - kept_summaries - len(kept)
    figure(f"{summaries} summaries and {transitions} transitions: {lost} dropped, {dropped:.0f} counted at the centre")
    assert lost == dropped > 0
    assert declared >= lost
    assert not kept_summaries or len(kept) == transitions, "no transition goes before the last summary"
    assert kept == list(range(transitions - len(kept) + 1, transitions + 1)), "the oldest went first"


@pytest.mark.shows("row 6", "an old disk image that is put back: a new epoch, a quarantine, nothing taken for a repeat")
def test_a_restored_image_is_a_fork_of_which_nothing_is_deduplicated_away(
    tmp_path: Path, tills: list[Till], figure: Callable[[str], None]
) -> None:
    image = tmp_path / "image"
    image.mkdir()
    with running(stack(tmp_path / "stack", tills)) as centre:
        until(lambda: watched(centre), 60, centre)
        centre.kill("agent")
        for file in centre.folder.glob("agent.db*"):
            shutil.copy(file, image)
        centre.start("agent")
        tills[0].off()
        until(lambda: failing(centre) == {"0042/pos-00"}, 60, centre)
        centre.kill("agent")
        for file in centre.folder.glob("agent.db*"):
            file.unlink()
        for file in image.iterdir():
            shutil.copy(file, centre.folder)
        tills[1].off()
        began = time.monotonic()
        centre.start("agent")
        until(lambda: {"0042/pos-00", "0042/pos-01"} <= failing(centre), 90, centre)
        figure(f"what the restored agent saw was an incident after {time.monotonic() - began:.1f} s")
        tills[0].on()
        tills[1].on()
        until(lambda: watched(centre) and not failing(centre), 90, centre)
        lives = {entry.generation for entry in told(centre)}
        newest = [entry for entry in told(centre) if entry.generation == max(lives)]
    assert len(lives) == 3
    seqs = sorted(record.seq for entry in newest for record in entry.records)
    assert seqs == list(range(1, len(seqs) + 1)), "numbers that the old life had too are other records"


@pytest.mark.shows("row 7", "two agents with one id: the second is quarantined while the first is heard")
def test_a_clone_is_quarantined_and_the_first_goes_on(
    tmp_path: Path, tills: list[Till], figure: Callable[[str], None]
) -> None:
    """The clone sees every lane dead; nobody may believe it, nor that the store is gone while they evict each other."""
    with running(stack(tmp_path / "stack", tills, pulse=5.0)) as centre:
        until(lambda: watched(centre), 60, centre)
        document: dict[str, Any] = yaml.safe_load((centre.folder / "agent.yaml").read_text())
        document["log"]["path"] = str(tmp_path / "clone.db")
        document["checks"] = [check | {"target": "127.0.0.1:1"} for check in document["checks"]]
        (tmp_path / "clone.yaml").write_text(yaml.safe_dump(document))
        centre.commands["clone"] = [sys.executable, "-m", "tillwatch", "agent", "run", "--config"]
        centre.commands["clone"].append(str(tmp_path / "clone.yaml"))
        lives = {entry.generation for entry in told(centre)}
        centre.start("clone")
        until(lambda: metric(centre, "tillwatch_ingest_quarantined_hellos_total") > 0, 60, centre)
        for _ in range(20):
            time.sleep(1)
            assert not failing(centre), "the clone was believed"
        refused = metric(centre, "tillwatch_ingest_quarantined_hellos_total")
        tills[0].off()
        until(lambda: failing(centre) == {"0042/pos-00"}, 60, centre)
        assert {entry.generation for entry in told(centre)} == lives
        figure(f"{refused:.0f} hellos of the clone refused in some 20 s; no incident of it, every one of the first")
