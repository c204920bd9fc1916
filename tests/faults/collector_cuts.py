"""Power cuts of a collector: a recording of the real one at work, and what the real one makes of what a cut left."""

import contextlib
import os
import queue
import random
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from collector import outcome
from collector.database import Database, cursors, decisions, journal, opened
from contract.codec import decode_ack
from contract.ranges import Ranges, contains, merged
from contract.records import Transition
from rules.entries import Records
from rules.given import policy
from rules.state import State
from tests.collector import chain, mosquitto
from tests.collector.agents import CRITICAL, OK, Agent
from tests.collector.wire import Wire
from tests.edge_agent.peers import until
from tests.faults import disk, recording
from tests.faults.disk import Image
from tests.faults.recording import Entry
from tests.faults.said import published

PACE = 100.0  # incidents are resolved, and opened again, within a recording
PRODUCT = ("tillwatch", "collector", "run", "--config")
A_MESSAGE = 200  # records
LOST = "acknowledged and not in the journal"
Told = dict[tuple[str, str], Ranges]  # agent and epoch → what was acknowledged of it


class Store:
    """An agent's side that forgets nothing: says a record again until `have` names it."""

    def __init__(self, name: str) -> None:
        self.agent = Agent(name)
        self.records: list[Transition] = []
        self.have: Ranges = ()

    def turns(self, chance: random.Random) -> Transition:
        check = chance.choice(["pos-01/tcp", "pos-02/tcp"] if self.agent.name == "0001-server" else ["pos-01/tcp"])
        believed = self.agent.beliefs.get(check)
        state = OK if believed and believed.state is CRITICAL else CRITICAL
        self.records.append(self.agent.turns(check, state, time.time()))
        return self.records[-1]

    def hear(self, wire: Wire) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                self.have = tuple(wire.acks.get_nowait().have)

    def say_all_again(self, wire: Wire) -> None:
        wire.say(self.agent.hello(time.time()))
        waiting = [record for record in self.records if not contains(self.have, record.seq)]
        for at in range(0, len(waiting), A_MESSAGE):
            wire.say(self.agent.live(time.time(), *waiting[at : at + A_MESSAGE]))


def stores() -> list[Store]:
    return [Store("0001-server"), Store("0002-server")]


@contextlib.contextmanager
def running(
    folder: Path, port: int, environment: Mapping[str, str] | None = None, program: tuple[str, ...] = PRODUCT
) -> Iterator["subprocess.Popen[bytes]"]:
    """A collector on the database in `folder`/state."""
    config = folder / "collector.yaml"
    chain.config(folder, url(folder), port)
    config.write_text(chain.text(url(folder), port) + "policy: policy.yaml\n")
    (folder / "policy.yaml").write_text(yaml.safe_dump(policy.scaled(policy.load("retail"), PACE)))
    plain = os.environ | {"PYTHONPATH": str(recording.ROOT)}
    with (folder / "collector.log").open("ab") as log:
        command = [sys.executable, "-m", *program, str(config)]
        process = subprocess.Popen(command, env=environment or plain, stdout=log, stderr=log, cwd=recording.ROOT)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def url(folder: Path) -> str:
    return f"sqlite:///{folder}/state/collector.db"


def recorded(
    folder: Path, library: Path, seconds: float, held: list[Store], begin: Image, *, program: tuple[str, ...] = PRODUCT
) -> list[Entry]:
    """What a collector does while tills come and go in the stores, from the moment that all of them are connected."""
    chance = random.Random(str(folder))
    disk.write(begin, folder / "state")
    log = folder / "recording"
    environment = recording.environment(library, folder / "state", log)
    with mosquitto.broker(folder) as port, contextlib.ExitStack() as stack:
        wires = [stack.enter_context(contextlib.closing(Wire(port, store.agent.name))) for store in held]
        stack.enter_context(running(folder, port, environment, program))
        until(lambda: leads(folder), within=120)
        end, said = time.monotonic() + seconds, 0.0
        while time.monotonic() < end:
            for store, wire in zip(held, wires, strict=True):
                if time.monotonic() - said > 1.0:
                    store.say_all_again(wire)
                wire.say(store.agent.live(time.time(), store.turns(chance)))
                store.hear(wire)
            said = time.monotonic() if time.monotonic() - said > 1.0 else said
            time.sleep(0.03)
    return recording.entries(log)


def leads(folder: Path) -> bool:
    """Whether an engine leads there and has done all that is in the journal."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{folder}/state/collector.db?mode=ro", uri=True)) as db:
            ((position, holder),) = db.execute("SELECT position, holder FROM engine").fetchall()
            ((head,),) = db.execute("SELECT position FROM journal_head").fetchall()
    except sqlite3.Error:  # not there yet
        return False
    return bool(position == head > 0 and holder)


def acknowledged(entries: list[Entry]) -> Iterator[tuple[int, str, str, Ranges]]:
    """Each ack that left the collector: by which entry, to which agent, of which epoch, and what it names."""
    for said in published(entries):
        agent, kind = said.topic.split("/")[-2:]
        if kind == "ack":
            ack = decode_ack(said.payload)
            yield said.entry, agent, ack.epoch, tuple(ack.have)


def told_before(entries: list[Entry], cut: int, before: Told) -> Told:
    """`before` what was told in earlier lives."""
    told = dict(before)
    for at, agent, epoch, have in acknowledged(entries):
        if at < cut:
            told[agent, epoch] = merged([*told.get((agent, epoch), ()), *have])
    return told


def wrong(folder: Path, port: int, told: Told) -> list[str]:
    """What is not as it must be once the real collector has started on what the cut left, and was stopped again."""
    with running(folder, port) as process:
        until(lambda: process.poll() is not None or leads_anew(folder, process.pid), within=240)
        process.terminate()
        if process.wait(60) != 0:
            return [f"{folder.name}: does not start: {(folder / 'collector.log').read_text()[-500:]}"]
    database = opened(url(folder))
    try:
        return [f"{folder.name}: {text}" for text in [*_lost(database, told), *inconsistent(database)]]
    finally:
        database.close()


def leads_anew(folder: Path, pid: int) -> bool:
    """Whether it is the process `pid` that leads, and not what the cut left of the one before."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{folder}/state/collector.db?mode=ro", uri=True)) as db:
            ((holder,),) = db.execute("SELECT holder FROM engine").fetchall()
    except sqlite3.Error:
        return False
    return f":{pid}:" in holder and leads(folder)


def _lost(database: Database, told: Told) -> Iterator[str]:
    with database.reading() as connection:
        placed = journal.after(connection, 0, 1_000_000)
        rows = cursors.all_cursors(connection)
    entries = [one.entry for one in placed if isinstance(one.entry, Records)]
    kept = Counter((entry.agent, entry.generation, record.seq) for entry in entries for record in entry.records)
    generations = {(row.agent, row.epoch): row.generation for row in rows}
    for (agent, epoch), have in told.items():
        generation = generations.get((agent, epoch), -1)
        gone = [seq for first, last in have for seq in range(first, last + 1) if not kept[agent, generation, seq]]
        if gone:
            yield f"{agent}/{epoch}: {LOST}: {gone}"
    twice = [number for number, count in kept.items() if count > 1]
    if twice:
        yield f"in the journal twice: {twice}"
    deduplicated = {(row.agent, row.generation, seq) for row in rows for a, b in row.ranges for seq in range(a, b + 1)}
    if deduplicated != set(kept):
        yield f"cursors and journal differ: {deduplicated ^ set(kept)}"


def inconsistent(database: Database) -> Iterator[str]:
    """The journal, played from its begin, must end in the very rows, incidents and effects that the database holds."""
    with database.reading() as connection:
        broken = journal.broken_link(connection)
        placed = journal.after(connection, 0, 1_000_000)
        position = decisions.engine_row(connection).position
        held = decisions.state_rows(connection)
        effects = {row["key"] for row in decisions.effects(connection, 1_000_000)}
    if broken is not None:
        yield f"the hash chain is {broken}"
    if [one.position for one in placed] != list(range(1, len(placed) + 1)):
        yield "the journal has holes"
    done = outcome.run(State.empty(), placed[:position], 0, 0).commit
    if sorted(row for row in done.rows if row[2] is not None) != held:
        yield f"the engine's state at {position} is not what the journal makes of it"
    if {due.effect.key for due in done.effects} != effects:
        yield "the outbox is not what the journal makes of it"
