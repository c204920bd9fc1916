"""`./run simulate`: worlds from seeds, in virtual time, held against the oracle. See docs/reliability.md."""

import argparse
import sys
import time

from tests.simulation import plan, script
from tests.simulation.sweep import Outcome, replay, swept, tried

SHOWN = 20  # of what is wrong, and of the worlds in which it is


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./run simulate", description=__doc__)
    parser.add_argument("--seeds", type=int, default=300, metavar="N", help="how many worlds (300)")
    parser.add_argument("--from", type=int, default=0, dest="first", metavar="SEED", help="the first of them (0)")
    parser.add_argument("--seed", type=int, metavar="SEED", help="only this one")
    parser.add_argument("--trace", action="store_true", help="with --seed: tell all that happened in it")
    chosen = parser.parse_args(arguments)
    if chosen.seed is not None:
        return _one(chosen.seed, trace=chosen.trace)
    return _many(range(chosen.first, chosen.first + chosen.seeds))


def _one(seed: int, *, trace: bool) -> int:
    outcome = tried(seed)
    if trace:
        for trouble in script.written(seed).troubles:
            print(trouble)
        for name, value in plan.drawn(seed)._asdict().items():
            print(name, *(value if name == "faults" else [value]), sep="\n   " if name == "faults" else " ")
        print(*outcome.story, sep="\n")
    print(*outcome.wrong or ["agrees with the oracle"], sep="\n")
    return 1 if outcome.wrong else 0


def _many(seeds: range) -> int:
    began, bad = time.monotonic(), 0
    for done, outcome in enumerate(swept(seeds), 1):
        if outcome.wrong:
            bad += 1
            _show(outcome, bad)
        if sys.stderr.isatty() or done % 100 == 0 or done == len(seeds):
            took = time.monotonic() - began
            end = "\r" if sys.stderr.isatty() and done < len(seeds) else "\n"
            print(f"{done} of {len(seeds)} worlds, {bad} wrong, {took:.0f} s", end=end, file=sys.stderr, flush=True)
    print(f"{len(seeds) - bad} of {len(seeds)} worlds agree with the oracle")
    return 1 if bad else 0


def _show(outcome: Outcome, bad: int) -> None:
    if bad <= SHOWN:
        print(f"seed {outcome.seed}:  {replay(outcome.seed)}")
        print(*(f"   {line}" for line in outcome.wrong[:SHOWN]), sep="\n", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
