"""The rules' step from 1,000 to 300,000 checks known: its cost must not grow with the chain. `--page`: the plot too.

What happens is what tills do: one dies, its five checks find that one after the other in any order, and later that it
is well again. The first of ten such transitions opens an incident or has it fail again, the last one restores it.
"""

import argparse
import gc
import random
import resource
import statistics
import time
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import msgspec

from bench import synthetic
from bench.synthetic import CHECKS_A_CI
from contract.records import Transition
from contract.reports import Live
from contract.status import Status
from rules import engine
from rules.entries import CmdbLoaded, JournalEntry, PolicyLoaded, Records, SeenBelief, Snapshot
from rules.given import policy
from rules.state import State

CHECKS = 30  # a store: 300,000 are 10,000 stores
SIZES = [1_000, 3_000, 10_000, 30_000, 100_000, 300_000]
ROUNDS = 3  # of each till: dead, and well again
PLACES = 33  # stores in which they happen: as many in every chain, so that all are asked the same
TRANSITIONS = 2 * CHECKS_A_CI
APART = 120.0  # seconds from one death of a till to the next: it fails again before it is resolved
NOW = 1_790_000_000.0
GOAL, FLAT = 100e-6, 1.5  # seconds; the largest chain against the smallest
PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
BEGIN, END = "<!-- ./run bench step --page writes from here -->", "<!-- to here -->"


class Cost(NamedTuple):
    """Seconds of CPU: the median of all transitions, of those that open an incident, that have it fail again, that are
    one more of a till's checks, that are its last back to ok; then the mean of all, and what the events cost that are
    about everything, and the longest step after them.
    """

    checks: int
    step: float
    opens: float
    fails_again: float
    more: float
    recovers: float
    mean: float
    policy: float
    cmdb: float
    adopted: float
    shared_fault: float
    bytes: float


def main() -> None:
    options = _options()
    found = [measured(size) for size in options.sizes]
    print(
        "   checks    step    mean   opens  fails again  more of it  recovers"
        " · policy    CMDB  longest step after  quorum on a shared CI  bytes a check"
    )
    for one in found:
        rare = f"{one.policy * 1e3:6.0f} ms {one.cmdb * 1e3:5.0f} ms {one.adopted * 1e3:15.1f} ms"
        more = f"{one.shared_fault * 1e3:18.1f} ms {one.bytes:14.0f}"
        usual = f"{one.step * 1e6:4.0f} µs {one.mean * 1e6:4.0f} µs {one.opens * 1e6:4.0f} µs"
        usual += f"{one.fails_again * 1e6:10.0f} µs {one.more * 1e6:8.0f} µs {one.recovers * 1e6:6.0f} µs"
        print(f"  {one.checks:7,} {usual}  · {rare} {more}")
    ratio = found[-1].step / found[0].step
    print(f"  the largest against the smallest: {ratio:.2f} (goal ≤ {FLAT}); goal of a step ≤ {GOAL * 1e6:.0f} µs")
    if options.page:
        PAGE.write_text(written(PAGE.read_text(), found))
    if found[-1].step > GOAL or ratio > FLAT:
        raise SystemExit(1)


def measured(checks: int) -> Cost:
    stores = checks // CHECKS
    before, state = resident(), State.empty()
    fleet = [synthetic.SyntheticStore(number, CHECKS) for number in range(stores)]
    cmdb = synthetic.cmdb(stores, CHECKS)
    cmdb["items"].append({"id": "acquirer-a", "class": "payment_gateway", "provides": ["card_payment"]})
    engine.run(state, PolicyLoaded(at=NOW, name="retail", document=policy.load("retail")))
    engine.run(state, CmdbLoaded(at=NOW, document=cmdb))
    for store in fleet:
        # Through bytes, as the journal brings it: nothing is shared with the sender's objects.
        arrived = Snapshot(at=NOW, agent=store.agent, beliefs=beliefs(store))
        engine.run(state, msgspec.json.decode(msgspec.json.encode(arrived), type=Snapshot))
    taken = resident() - before
    gc.collect()
    gc.freeze()
    begun = NOW + 86_400
    places = fleet[:: max(stores // PLACES, 1)][:PLACES]
    died(state, places, NOW, 0, random.Random(0))  # not counted: the first failures find what is looked up ever after
    spent: list[list[float]] = []
    for number in range(ROUNDS):
        spent += died(state, places, begun + number * APART, 1, random.Random(number))
    at = begun + ROUNDS * APART + 3_600
    shared = max(
        timed(state, _vote(store, at + number * 0.01)) for number, store in enumerate(fleet[: max(stores // 3, 4)])
    )
    by_policy, by_cmdb = (
        timed(state, PolicyLoaded(at=at + 1_000, name="retail", document=policy.load("retail"))),
        timed(state, CmdbLoaded(at=at + 2_000, document=cmdb)),
    )
    gc.unfreeze()
    return Cost(
        checks,
        statistics.median(chain.from_iterable(spent)),
        statistics.median(spent[0]),
        statistics.median(chain.from_iterable(spent[TRANSITIONS::TRANSITIONS])),
        statistics.median(chain.from_iterable(one for at, one in enumerate(spent) if (at + 1) % CHECKS_A_CI > 1)),
        statistics.median(chain.from_iterable(spent[TRANSITIONS - 1 :: TRANSITIONS])),
        statistics.fmean(chain.from_iterable(spent)),
        by_policy,
        by_cmdb,
        longest(state, at + 3_000),
        shared,
        taken / checks,
    )


def died(
    state: State, stores: list[synthetic.SyntheticStore], at: float, till: int, chance: random.Random
) -> list[list[float]]:
    """A till of each store dies and is well again: seconds of each of its ten transitions, by store."""
    keys = slice(till * CHECKS_A_CI, (till + 1) * CHECKS_A_CI)
    orders = [chance.sample(store.keys[keys], CHECKS_A_CI) for store in stores]
    orders = [[*order, *chance.sample(order, CHECKS_A_CI)] for order in orders]
    spent = []
    for number in range(TRANSITIONS):
        after = Status.CRITICAL if number < CHECKS_A_CI else Status.OK
        told = [record(store, order[number], after, at) for store, order in zip(stores, orders, strict=True)]
        entries = [
            Records(at=at, agent=store.agent, generation=1, live=True, records=[one])
            for store, one in zip(stores, told, strict=True)
        ]
        spent.append([timed(state, entry) for entry in entries])
        at += 5.0
    return spent


def timed(state: State, entry: JournalEntry) -> float:
    """Seconds of the entry's own step; what is due before it is done, and not counted."""
    longest(state, entry.at)
    begin = time.process_time()
    decision = engine.step(state, entry, entry.at)
    spent = time.process_time() - begin
    engine.apply(state, decision)
    return spent


def longest(state: State, until: float) -> float:
    """Seconds of the longest of all steps that are due by then."""
    most = 0.0
    while (due := state.next_deadline()) is not None and due[0] <= until:
        begin = time.process_time()
        decision = engine.step(state, engine.Due(at=due[0], key=due[1]), due[0])
        most = max(most, time.process_time() - begin)
        engine.apply(state, decision)
    return most


def written(page: str, found: list[Cost]) -> str:
    """The page with the plot of these costs. Raises ValueError where its markers are missing."""
    if BEGIN not in page or END not in page:
        raise ValueError("the page lacks its markers")
    head, _, rest = page.partition(BEGIN)
    sizes = ", ".join(f'"{one.checks:,}"' for one in found)
    line = ", ".join(f"{one.step * 1e6:.0f}" for one in found)
    top = max(GOAL * 1e6, *(one.step * 1e6 for one in found))
    axes = f'x-axis "checks known" [{sizes}]\n    y-axis "µs a step (median)" 0 --> {top:.0f}'
    plot = f"xychart-beta\n    {axes}\n    line [{line}]"
    rows = "".join(
        f"| {one.checks:,} | {one.step * 1e6:.0f} µs | {one.mean * 1e6:.0f} µs | {one.opens * 1e6:.0f} µs "
        f"| {one.fails_again * 1e6:.0f} µs | {one.more * 1e6:.0f} µs | {one.recovers * 1e6:.0f} µs "
        f"| {one.policy * 1e3:.0f} ms | {one.cmdb * 1e3:.0f} ms "
        f"| {one.adopted * 1e3:.1f} ms | {one.shared_fault * 1e3:.1f} ms |\n"
        for one in found
    )
    kinds = "a transition, median | mean | opens an incident | fails again | one more check of it | the last back to ok"
    columns = f"| checks | {kinds} | policy | CMDB | longest step after | votes on a shared CI, the longest |\n"
    table = f"{columns}|---|---|---|---|---|---|---|---|---|---|---|\n{rows}"
    return f"{head}{BEGIN}\n```mermaid\n{plot}\n```\n\n{table}{END}{rest.partition(END)[2]}"


def _vote(store: synthetic.SyntheticStore, at: float) -> Records:
    """The store finds that the shared acquirer does not answer."""
    key = "acquirer-a/http"
    store.states.setdefault(key, (Status.OK, 0))
    told = record(store, key, Status.CRITICAL, at)
    return Records(at=at, agent=store.agent, generation=1, live=True, records=[told])


def record(store: synthetic.SyntheticStore, key: str, after: Status, at: float) -> Transition:
    live: Live = store.turn(key, after, at)
    record = live.records[0]
    assert isinstance(record, Transition)
    return record


def beliefs(store: synthetic.SyntheticStore) -> list[SeenBelief]:
    return [SeenBelief(key, status, NOW, 1, seq, 15.0) for key, (status, seq) in store.states.items()]


def resident() -> float:
    """Bytes of memory that this process holds now (Linux), or held at most elsewhere."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return float(int(statm.read_text().split()[1]) * resource.getpagesize())
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024.0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/step.py")
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES, help="how many checks are known")
    parser.add_argument("--page", action="store_true", help="write the plot into docs/performance.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
