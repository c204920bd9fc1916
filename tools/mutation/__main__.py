"""python -m tools.mutation [--mutants N] [--seed N] [--jobs N] [--file FILE]...: `./run mutate`."""

import argparse
import os
import sys
import time
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from tools.mutation import page, questions, trial
from tools.mutation.mutants import Mutant, mutants
from tools.mutation.reach import reached

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "mutation.md"
GOAL = 0.9
# What plays scenarios is no rule: a mutant there would be judged by itself.
NOT_TRIED = {f"rules/rehearsal/{name}.py" for name in ("scenario", "expected", "storyteller")}


def main() -> int:
    """0: the goal is met and every survivor has its reason. 1: not. 2: it cannot be said."""
    options = _options()
    possible = everything(options.file)
    chosen = drawn(possible, options.seed, options.mutants)
    before = page.killed_before(PAGE.read_text(), chosen) if options.again else []
    if options.again and not before:
        print(f"{PAGE.relative_to(ROOT)} is of other mutants than these: try them all", file=sys.stderr)
        return 2
    reach = reached(questions.scenarios(), questions.test_files())
    if reach.failing:
        print(f"the tests fail without any mutant: {reach.failing}", file=sys.stderr)
        return 2
    asked = sum(question.seconds for question in reach.asked)
    print(f"{len(reach.asked):,} scenarios and tests are asked, which take {asked:.0f} s without a mutant")
    waiting = [one for one in chosen if one not in before]
    print(f"{len(waiting)} of {len(possible):,} mutants, {options.jobs} at a time", flush=True)
    began, verdicts = time.monotonic(), list[trial.Verdict]()
    for one in trial.tried(waiting, reach, options.jobs):
        verdicts.append(one)
        where = f"{one.mutant.file}:{one.mutant.line}"
        outcome = f"killed by {one.by}" if one.killed else "SURVIVED"
        left = (time.monotonic() - began) / len(verdicts) * (len(waiting) - len(verdicts))
        print(f"[{len(verdicts)}/{len(waiting)}, {left:4.0f} s left] {where} {one.mutant.change}")
        print(f"    {outcome}, {one.seconds:.1f} s", flush=True)
    return _told(options, len(possible), [*verdicts, *(trial.Verdict(one, "then", 0.0) for one in before)])


def everything(files: list[str]) -> list[Mutant]:
    """Every mutant of the rules, or of these files of them."""
    names = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "rules").rglob("*.py"))
    wanted = [name for name in names if name not in NOT_TRIED and (not files or name in files)]
    return [one for name in wanted for one in mutants((ROOT / name).read_text(), name)]


def drawn(possible: list[Mutant], seed: int, many: int) -> list[Mutant]:
    """A mutant has its lot from what it is, so a change of the rules elsewhere leaves it in or out as it was."""

    def lot(one: Mutant) -> bytes:
        return sha256("\0".join((str(seed), *page.key(one))).encode()).digest()

    return sorted(sorted(possible, key=lot)[:many], key=lambda one: (one.file, one.start, one.after))


def _told(options: argparse.Namespace, possible: int, verdicts: list[trial.Verdict]) -> int:
    killed = sum(one.killed for one in verdicts)
    today = datetime.now(UTC).date().isoformat()
    summary = page.Summary(today, options.seed, possible, len(verdicts), killed)
    text = page.written(PAGE.read_text(), summary, verdicts)
    if options.write:
        PAGE.write_text(text)
    unsaid = sum(why == page.TO_DO for why in page.reasons(text).values())
    print(f"{killed} of {len(verdicts)} killed ({summary.share:.1%}, the goal is {GOAL:.0%})")
    print(f"{unsaid} survivors without a reason" + (f"; see {PAGE.relative_to(ROOT)}" if options.write else ""))
    return 0 if summary.share >= GOAL and not unsaid else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run mutate", description="defects put into the rules, to see who notices")
    parser.add_argument("--mutants", type=int, default=300, help="how many to draw (300)")
    parser.add_argument("--seed", type=int, default=1, help="which (1)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at a time")
    parser.add_argument(
        "--file", action="append", default=[], help="only of this file (rules/cause/judge.py); may be repeated"
    )
    parser.add_argument(
        "--again", action="store_true", help="only the survivors on the page, when nothing but tests has changed"
    )
    parser.add_argument("--no-page", dest="write", action="store_false", help="leave docs/mutation.md as it is")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
