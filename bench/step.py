"""The rules' step from 1,000 to 300,000 checks known: its cost must not grow with the chain. `--page`: the plot too.

What happens is what tills do: one dies, its five checks find that one after the other in any order, and later that it
is well again. The first of ten such transitions opens an incident or has it fail again, the last one restores it.
All chains are there at once and take turns, so that what else the machine does meets all of them.
"""

import argparse
import gc
import random
import statistics
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from bench.resident import NOW, TRANSITIONS, Chain
from bench.synthetic import CHECKS_A_CI
from tools.place import Place

SIZES = [1_000, 3_000, 10_000, 30_000, 100_000, 300_000]
TILLS, DEATHS = range(1, 6), 3  # which die in each store, and how often; the first one before, uncounted
APART, REST = 120.0, 3_600.0  # seconds from one death to the next, so that it fails again; and until the next till's
GOAL, FLAT = 100e-6, 1.5  # seconds; the largest chain against the smallest
PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
PLACE = Place("<!-- ./run bench step --page writes from here -->")

Turn = list[list[float]]  # what each of ten transitions cost, by store


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


def main() -> None:
    options = _options()
    chains = [Chain(size) for size in options.sizes]
    gc.collect()
    gc.freeze()
    turns = turns_of(chains)
    found = [cost(one, spent) for one, spent in zip(chains, turns, strict=True)]
    _print(found)
    ratios = [_median(large) / _median(small) for small, large in zip(turns[0], turns[-1], strict=True)]
    low, ratio, high = statistics.quantiles(ratios, n=4)
    print(f"  the largest against the smallest: {ratio:.2f} (goal ≤ {FLAT}), half of the turns {low:.2f} to {high:.2f}")
    print(f"  goal of a step: ≤ {GOAL * 1e6:.0f} µs")
    if options.page:
        PAGE.write_text(written(PAGE.read_text(), found))
    if found[-1].step > GOAL or ratio > FLAT:
        raise SystemExit(1)


def turns_of(chains: list[Chain]) -> list[list[Turn]]:
    """By chain, its turns. The first failures, which find what is looked up ever after, are not counted."""
    for one in chains:
        one.died(NOW, 0, random.Random(0))
    turns: list[list[Turn]] = [[] for _ in chains]
    for number, till in enumerate(TILLS):
        for death in range(DEATHS):
            at = NOW + 86_400 + number * REST + death * APART
            for one, mine in zip(chains, turns, strict=True):
                mine.append(one.died(at, till, random.Random(till * DEATHS + death)))
    return turns


def cost(one: Chain, turns: list[Turn]) -> Cost:
    """What its turns cost; then the events about everything happen to it."""
    at = NOW + 2 * 86_400
    return Cost(
        one.checks,
        step=statistics.median(_median(turn) for turn in turns),
        opens=statistics.median(chain.from_iterable(turn[0] for turn in turns[::DEATHS])),
        fails_again=statistics.median(chain.from_iterable(turn[0] for at, turn in enumerate(turns) if at % DEATHS)),
        more=statistics.median(chain.from_iterable(chain.from_iterable(map(_of_the_same, turns)))),
        recovers=statistics.median(chain.from_iterable(turn[TRANSITIONS - 1] for turn in turns)),
        mean=statistics.fmean(chain.from_iterable(chain.from_iterable(turns))),
        shared_fault=one.blamed(at),
        policy=one.policy_read(at + 1_000),
        cmdb=one.cmdb_read(at + 2_000),
        adopted=one.longest(at + 3_000),
    )


def _of_the_same(turn: Turn) -> Iterable[list[float]]:
    """Neither the first nor the last of the five checks that fail, or that are well again."""
    return (one for at, one in enumerate(turn) if (at + 1) % CHECKS_A_CI > 1)


def _median(turn: Turn) -> float:
    return statistics.median(chain.from_iterable(turn))


def _print(found: list[Cost]) -> None:
    print(
        "   checks    step    mean   opens  fails again  more of it  recovers"
        " · policy    CMDB  longest step after  quorum on a shared CI"
    )
    for one in found:
        rare = f"{one.policy * 1e3:6.0f} ms {one.cmdb * 1e3:5.0f} ms {one.adopted * 1e3:15.1f} ms"
        more = f"{one.shared_fault * 1e3:18.1f} ms"
        usual = f"{one.step * 1e6:4.0f} µs {one.mean * 1e6:4.0f} µs {one.opens * 1e6:4.0f} µs"
        usual += f"{one.fails_again * 1e6:10.0f} µs {one.more * 1e6:8.0f} µs {one.recovers * 1e6:6.0f} µs"
        print(f"  {one.checks:7,} {usual}  · {rare} {more}")


def written(page: str, found: list[Cost]) -> str:
    """The page with the plot of these costs. Raises ValueError where its markers are missing."""
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
    return PLACE.written(page, f"```mermaid\n{plot}\n```\n\n{table}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/step.py")
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES, help="how many checks are known")
    parser.add_argument("--page", action="store_true", help="write the plot into docs/performance.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
