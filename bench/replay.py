"""A journal of 2 million entries, decided into a database and run again, as `tillwatch rules replay` does it."""

import argparse
import heapq
import os
import random
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from bench import resident, synthetic
from bench.synthetic import CHECKS_A_CI
from collector import outcome
from collector.config import Keep
from collector.database import decisions, journal, opened, upgrade
from collector.database.leases import take_lead
from collector.reproduction import reproduced
from collector.retention import Keeper
from contract.status import Status
from rules.entries import CmdbLoaded, JournalEntry, PolicyLoaded, Records, Snapshot
from rules.given import policy
from rules.state import State
from tillwatch.progress import Progress

ENTRIES = 2_000_000
STORES = 10_000
CHECKS = 30
GOAL = 300.0  # seconds for 2 million
APART = 0.5  # seconds from one entry to the next: 2 million are eleven days
TILLS = 2  # of each store: those that are not well built
LASTS = (60.0, 1_800.0)  # seconds
INTERVAL = 15.0
A_CHUNK = 500


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench/replay.py")
    parser.add_argument("entries", nargs="?", type=int, default=ENTRIES)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="segments side by side")
    options = parser.parse_args()
    count, jobs = options.entries, options.jobs
    with tempfile.TemporaryDirectory(prefix="tillwatch-bench-") as folder:
        url = f"sqlite:///{Path(folder)}/collector.db"
        with Progress(count, "entries decided") as progress:
            decided = _lived(url, count, progress)
        begin, begin_cpu = time.monotonic(), _cpu()
        with Progress(count, "entries run again") as progress:
            found = reproduced(url, jobs, progress.tell)
        spent, cpu = time.monotonic() - begin, _cpu() - begin_cpu
    goal = GOAL * count / ENTRIES
    print(
        f"  {count:,} entries run again in {spent:.1f} s (goal ≤ {goal:.1f} s), {cpu / count * 1e6:.0f} µs of CPU each"
    )
    print(f"  in {found.segments} segments, {jobs} side by side; read from SQLite, the hash chain verified, compared:")
    print(f"  {found.incidents:,} incidents, {found.lines:,} lines, {found.effects:,} effects, {found.rows:,} rows")
    print(f"  to decide and commit them first took {decided / count * 1e6:.0f} µs of CPU each")
    if found.differences or found.entries != count:
        raise SystemExit(f"not what was decided: {found.differences[:3]}")
    if spent > goal:
        raise SystemExit(1)


def _lived(url: str, count: int, progress: Progress) -> float:
    """Decided and committed as a collector does it, with the day's checkpoint; the seconds of CPU that took."""
    database, state, begin = opened(url), State.empty(), _cpu()
    upgrade(database)
    keeper, told, done = Keeper(database, Keep()), _told(count), 0
    with database.writing() as connection:
        term = take_lead(connection, "bench", 0.0, 1e12)
    assert term is not None
    while chunk := list(islice(told, A_CHUNK)):
        with database.writing() as connection:
            placed = journal.append(connection, chunk)
        made = outcome.run(state, placed, done, term)
        with database.writing() as connection:
            decisions.commit(connection, made.commit)
        keeper.look_after(placed[-1].entry.at)
        done += len(chunk)
        progress.tell(done)
    database.close()
    return _cpu() - begin


def _cpu() -> float:
    """Seconds, also of the processes that ended."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _told(count: int) -> Iterator[JournalEntry]:
    """A chain's days: now and then a till dies, its five checks find that, and some minutes later that it is well."""
    chance, at = random.Random(1), resident.NOW
    stores = min(STORES, max(count // 20, 10))
    fleet = [synthetic.SyntheticStore(number, CHECKS) for number in range(stores)]
    yield PolicyLoaded(at=at, name="retail", document=policy.load("retail"))
    yield CmdbLoaded(at=at, document=synthetic.cmdb(stores, CHECKS))
    for store in fleet:
        yield Snapshot(at=at, agent=store.agent, beliefs=resident.beliefs(store))
    coming = list[tuple[float, int, str, Status]]()  # when, in which store, of which check
    for _ in range(count - 2 - stores):
        while not coming or at < coming[0][0]:
            _till_dies(coming, at, chance, stores)
            at += APART * resident.TRANSITIONS
        when, number, key, after = heapq.heappop(coming)
        told = resident.record(fleet[number], key, after, when)
        yield Records(at=when, agent=fleet[number].agent, generation=1, live=True, records=[told])


def _till_dies(coming: list[tuple[float, int, str, Status]], at: float, chance: random.Random, stores: int) -> None:
    number, till = chance.randrange(stores), chance.randrange(TILLS)
    well = at + chance.uniform(*LASTS)
    for key in synthetic.check_keys(CHECKS)[till * CHECKS_A_CI : (till + 1) * CHECKS_A_CI]:
        heapq.heappush(coming, (at + chance.uniform(0, INTERVAL), number, key, Status.CRITICAL))
        heapq.heappush(coming, (well + chance.uniform(0, INTERVAL), number, key, Status.OK))


if __name__ == "__main__":
    main()
