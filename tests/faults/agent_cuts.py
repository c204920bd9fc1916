"""Power cuts of an agent: a recording of the real one at work, and what the real one finds in what a cut left of it."""

import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import NamedTuple

from contract.codec import decode_up
from contract.records import Record, Transition
from contract.reports import Bulk, Live
from contract.topics import sender
from edge_agent import status, tables
from tests.edge_agent.collecting import CollectorForTests
from tests.edge_agent.peers import Broker, Device, free_port, until
from tests.edge_agent.running import AgentProcess, agent_yaml
from tests.faults import disk, recording
from tests.faults.disk import Image
from tests.faults.recording import Entry
from tests.faults.said import published

PRODUCT = ("-m", "tillwatch", "agent", "run", "--config")
CARELESS = ("-m", "tests.faults.careless_agent")
CHECKS = 10
Number = tuple[str, int]  # epoch and seq
Told = dict[Number, Record]


class Log(NamedTuple):
    """All of a log on disk. `lasts`: the last seq of each epoch, oldest first; `aside`: damaged logs beside it."""

    records: dict[Number, Record]
    pending: set[Number]
    lasts: dict[str, int]
    beliefs: dict[str, Number]
    dropped: int
    aside: int


def recorded(
    folder: Path,
    library: Path,
    seconds: float,
    begin: Image | None = None,
    *,
    program: tuple[str, ...] = PRODUCT,
    acks: float = 0.8,
) -> list[Entry]:
    """What an agent does while its devices come and go and a collector acknowledges for that share of the time."""
    chance = random.Random(str(folder))
    state = folder / "state"
    disk.write(begin or {}, state)
    broker, devices = Broker(folder), [Device() for _ in range(CHECKS)]
    broker.start()
    checks = [
        f'ci: pos-{lane:02d}, probe: tcp, target: "127.0.0.1:{device.port}"' for lane, device in enumerate(devices)
    ]
    config = agent_yaml(state, broker.url, checks, interval="100ms", timeout="100ms")
    log = folder / "recording"
    with ExitStack() as stack:
        stack.callback(broker.kill)
        collector = stack.enter_context(CollectorForTests(broker.port))
        agent = AgentProcess(config, recording.environment(library, state, log), program)
        stack.callback(agent.kill)
        until(lambda: collector.lives, within=60)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            device = chance.choice(devices)
            chance.choice([device.up, device.down])()
            collector.acks = chance.random() < acks
            time.sleep(0.02)
    for device in devices:
        device.down()
    return recording.entries(log)


def sent(entries: list[Entry]) -> Iterator[tuple[int, str, Record]]:
    """Each record that left the agent: by which entry, of which epoch. A record may leave more than once."""
    for said in published(entries):
        report = decode_up(sender(said.topic).report, said.payload)
        if isinstance(report, Live | Bulk):
            for record in report.records:
                yield said.entry, report.epoch, record


def told_before(entries: list[Entry], cut: int) -> Told:
    return {(epoch, record.seq): record for at, epoch, record in sent(entries) if at < cut}


def opened(folder: Path, runs: float = 0.0) -> Log:
    """The log in `folder` after the real agent has started on it, has run so many seconds, and was stopped again."""
    checks = [f'ci: pos-{lane:02d}, probe: tcp, target: "127.0.0.1:1"' for lane in range(CHECKS)]
    config = agent_yaml(folder, f"mqtt://127.0.0.1:{free_port()}", checks, interval="1m")
    with AgentProcess(config) as agent:
        until(lambda: agent.process.poll() is not None or _says_its_pid(folder, agent.process.pid), within=120)
        time.sleep(runs)
        assert agent.stop() == 0, f"the agent does not open {folder}"
    return read(folder / "agent.db")


def _says_its_pid(folder: Path, pid: int) -> bool:
    try:
        return status.read(status.path_for(folder / "agent.db")).pid == pid
    except (OSError, ValueError):  # none yet, or what the cut left of the one before
        return False


def read(path: Path) -> Log:
    with closing(sqlite3.connect(path)) as db:
        lives = {life.ordinal: life for life in tables.lives(db)}
        rows = db.execute("SELECT ordinal, seq, body, crc FROM records").fetchall()
        waiting = db.execute("SELECT ordinal, seq FROM records WHERE settled IS NULL").fetchall()
        beliefs = db.execute("SELECT check_key, epoch, seq FROM beliefs").fetchall()
        (dropped,) = db.execute("SELECT total FROM dropped").fetchone()
    return Log(
        {(lives[row[0]].epoch, row[1]): tables.record_of(*row) for row in rows},
        {(lives[ordinal].epoch, seq) for ordinal, seq in waiting},
        {life.epoch: life.last for life in lives.values()},
        {check: (epoch, seq) for check, epoch, seq in beliefs},
        dropped,
        len(list(path.parent.glob(f"{path.name}.corrupt-*Z"))),
    )


def newest(log: Log) -> dict[str, Number]:
    """What must be believed: the last record of each check."""
    order = list(log.lasts)
    in_order = sorted(log.records, key=lambda number: (order.index(number[0]), number[1]))
    return {log.records[number].check: number for number in in_order}


def holes(log: Log) -> list[Number]:
    """Numbers that an epoch gave and that the log does not have."""
    return [
        (epoch, seq)
        for epoch, last in log.lasts.items()
        for seq in range(1, last + 1)
        if (epoch, seq) not in log.records
    ]


def differing(log: Log, told: Told) -> list[Number]:
    """What was told and is not in the log, or not as it was told. Instants may be told better than they were noted."""
    return [number for number, record in told.items() if _fact(log.records.get(number)) != _fact(record)]


def _fact(record: Record | None) -> object:
    return (record.check, record.before, record.after) if isinstance(record, Transition) else record
