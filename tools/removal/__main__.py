"""python -m tools.removal [--rule N]... [--fewest] [--all] [--jobs N] [--verbose]: `./run removals`."""

import argparse
import os
import sys

from tools.removal import table, trial
from tools.removal.trial import Verdict


def main() -> int:
    """0: every scenario fails without its rule. 1: one does not, or a removal takes away more than a rule."""
    options = _options()
    removals = [one for one in table.read() if not options.rule or one.rule in options.rule]
    chosen = table.fewest(removals) if options.fewest else removals
    wrong = 0
    for one in trial.tried(chosen, options.jobs, table.scenarios() if options.all else trial.BESIDE):
        found = list(_complaints(one))
        wrong += bool(found)
        for line in [*found, *(_found(one) if options.verbose else []), *(_beside(one) if options.all else [])]:
            print(line, flush=True)
    shown = sum(len(one.fails) for one in chosen)
    print(f"{len(chosen)} removals, {shown} times a scenario that is to fail without it; {wrong} removals are wrong")
    return 1 if wrong else 0


def _complaints(one: Verdict) -> list[str]:
    what = _what(one)
    if one.broken:
        return [f"{what}: the rules cannot be run: {one.broken}"]
    if not one.beside:
        return [f"{what}: nothing else works any more either, so more than that is removed"]
    return [f"{what}: {name} ends as it says all the same, so it does not show that" for name in one.passing]


def _found(one: Verdict) -> list[str]:
    return [_what(one), *(f"    {name}: {one.said.get(name) or 'passes'}" for name in one.removal.fails)]


def _beside(one: Verdict) -> list[str]:
    others = [name for name in one.said if name not in one.removal.fails]
    fail = [name for name in others if one.said[name]]
    return [_what(one), f"    {len(fail)} of {len(others)} others fail too: {' '.join(fail)}"]


def _what(one: Verdict) -> str:
    row = f", row {one.removal.row}" if one.removal.row else ""
    return f"rule {one.removal.rule}{row}, without {one.removal.without}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run removals", description="each scenario fails when its rule is removed")
    parser.add_argument("--rule", type=int, action="append", default=[], help="only this one; may be repeated")
    parser.add_argument("--fewest", action="store_true", help="only as many removals as it takes for every scenario")
    parser.add_argument("--all", action="store_true", help="play all scenarios, and say which others fail too")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at a time")
    parser.add_argument("--verbose", action="store_true", help="say what was not as each scenario says")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
