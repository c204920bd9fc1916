"""A journal of 2 million entries, written into a database and run again, as `tillwatch rules replay` does it."""

import argparse
import heapq
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench import step, synthetic
from bench.synthetic import CHECKS_A_CI
from collector import recording
from collector.database import Database, journal, opened, upgrade
from collector.database.leases import advance, take_lead
from contract.status import Status
from rules import engine
from rules.entries import CmdbLoaded, JournalEntry, PolicyLoaded, Records, Snapshot
from rules.given import policy
from tillwatch.progress import Progress

ENTRIES = 2_000_000
STORES = 10_000
CHECKS = 30
GOAL = 300.0  # seconds for 2 million
APART = 0.5  # seconds from one entry to the next: 2 million are eleven days
TILLS = 2  # of each store: those that are not well built
LASTS = (60.0, 1_800.0)  # seconds
INTERVAL = 15.0
A_CHUNK = 5_000


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench/replay.py")
    parser.add_argument("entries", nargs="?", type=int, default=ENTRIES)
    count = parser.parse_args().entries
    with tempfile.TemporaryDirectory(prefix="tillwatch-bench-") as folder:
        database = opened(f"sqlite:///{Path(folder)}/collector.db")
        upgrade(database)
        with Progress(count, "entries written") as progress:
            _write(database, count, progress)
        begin, begin_cpu = time.monotonic(), time.process_time()
        incidents = _replayed(database, count)
        spent, cpu = time.monotonic() - begin, time.process_time() - begin_cpu
        database.close()
    goal = GOAL * count / ENTRIES
    print(
        f"  {count:,} entries run again in {spent:.1f} s (goal ≤ {goal:.1f} s), {cpu / count * 1e6:.0f} µs of CPU each"
    )
    print(f"  read from SQLite, their hash chain verified; {incidents:,} incidents that are not closed at the end")
    if spent > goal:
        raise SystemExit(1)


def _replayed(database: Database, count: int) -> int:
    """How many incidents are not closed at the end."""
    with database.reading() as connection, Progress(count, "entries run") as progress:
        found = recording.of_database(connection)
        state = found.state()
        for _, entry in recording.entries(found, progress.tell):
            engine.run(state, entry)
    return len(state.incidents)


def _write(database: Database, count: int, progress: Progress) -> None:
    """As if the engine had decided all of it: only what it was told is needed."""
    chunk: list[JournalEntry] = []
    for done, entry in enumerate(_told(count), 1):
        chunk.append(entry)
        if len(chunk) == A_CHUNK or done == count:
            with database.writing() as connection:
                journal.append(connection, chunk)
            chunk = []
            progress.tell(done)
    with database.writing() as connection:
        term = take_lead(connection, "bench", 0.0, 1.0)
        assert term is not None
        advance(connection, 0, count, term)


def _told(count: int) -> Iterator[JournalEntry]:
    """A chain's days: now and then a till dies, its five checks find that, and some minutes later that it is well."""
    chance, at = random.Random(1), step.NOW
    stores = min(STORES, max(count // 20, 10))
    fleet = [synthetic.SyntheticStore(number, CHECKS) for number in range(stores)]
    yield PolicyLoaded(at=at, name="retail", document=policy.load("retail"))
    yield CmdbLoaded(at=at, document=synthetic.cmdb(stores, CHECKS))
    for store in fleet:
        yield Snapshot(at=at, agent=store.agent, beliefs=step.beliefs(store))
    coming = list[tuple[float, int, str, Status]]()  # when, in which store, of which check
    for _ in range(count - 2 - stores):
        while not coming or at < coming[0][0]:
            _till_dies(coming, at, chance, stores)
            at += APART * step.TRANSITIONS
        when, number, key, after = heapq.heappop(coming)
        told = step.record(fleet[number], key, after, when)
        yield Records(at=when, agent=fleet[number].agent, generation=1, live=True, records=[told])


def _till_dies(coming: list[tuple[float, int, str, Status]], at: float, chance: random.Random, stores: int) -> None:
    number, till = chance.randrange(stores), chance.randrange(TILLS)
    well = at + chance.uniform(*LASTS)
    for key in synthetic.check_keys(CHECKS)[till * CHECKS_A_CI : (till + 1) * CHECKS_A_CI]:
        heapq.heappush(coming, (at + chance.uniform(0, INTERVAL), number, key, Status.CRITICAL))
        heapq.heappush(coming, (well + chance.uniform(0, INTERVAL), number, key, Status.OK))


if __name__ == "__main__":
    main()
