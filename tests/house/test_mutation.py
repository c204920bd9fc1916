"""`./run mutate`: which defects are put in, that they are noticed or not, and that the page keeps its reasons."""

import subprocess
import sys

import pytest

from tests.house.tracked import ROOT
from tools.mutation import page, trial
from tools.mutation.__main__ import GOAL, PAGE, everything
from tools.mutation.mutants import Mutant, mutants, mutated

SOURCE = '''\
"""A docstring with 1 number."""
from x import y

LIMIT: int = 3

class Row(Struct, frozen=True):
    small: bool = False

def decide(a: int, é: list[int]) -> int:
    """Words."""
    if a < LIMIT and not é:
        tell("é", f"{a + 1}")
    count += 2
    for one in é:
        if one:
            return min(one - a, 4)
    return None
'''


def test_every_kind_of_defect_is_found_and_nothing_that_is_for_readers() -> None:
    assert [(one.line, one.function, one.change) for one in mutants(SOURCE, "m.py")] == [
        (4, "<module>", "3 → 4"),
        (7, "<module>", "False → True"),
        (11, "decide", "a < LIMIT and not é → (a < LIMIT or not é)"),
        (11, "decide", "a < LIMIT → (a <= LIMIT)"),
        (11, "decide", "a < LIMIT → (a >= LIMIT)"),
        (11, "decide", "a < LIMIT and not é → (not (a < LIMIT and (not é)))"),
        (11, "decide", "not é → bool(é)"),
        (12, "decide", 'tell("é", f"{a + 1}") → pass'),
        (13, "decide", "count += 2 → pass"),
        (13, "decide", "2 → 3"),
        (15, "decide", "one → (not (one))"),
        (16, "decide", "return min(one - a, 4) → return None"),
        (16, "decide", "min → max"),
        (16, "decide", "one - a → (one + a)"),
        (16, "decide", "4 → 5"),
    ]


def test_a_defect_changes_its_place_and_no_other_line() -> None:
    for mutant in mutants(SOURCE, "m.py"):
        changed = mutated(SOURCE, mutant)
        compile(changed, "m.py", "exec")
        before, after = SOURCE.splitlines(), changed.splitlines()
        assert len(before) == len(after)
        assert [at for at, (one, other) in enumerate(zip(before, after, strict=True), 1) if one != other] == [
            mutant.line
        ]


def test_every_mutant_of_the_rules_compiles() -> None:
    found = everything([])
    assert len(found) > 2000
    for one in found[::7]:
        compile(mutated((ROOT / one.file).read_text(), one), one.file, "exec")


@pytest.mark.timeout(600)  # every scenario is played once to see what it reaches
def test_a_defect_is_noticed_by_a_scenario_that_reaches_it() -> None:
    """In a process of its own: in this one the rules are imported already."""
    told = subprocess.run([sys.executable, "-c", TRIED], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.startswith("scenario ")


TRIED = """
from tools.mutation import trial
from tools.mutation.__main__ import everything
change = "lost + _EPSILON >= band.lost → (lost + _EPSILON < band.lost)"
(mutant,) = [one for one in everything(["rules/impact/priority.py"]) if one.change == change]
(verdict,) = trial.tried([mutant], 1, 100)
print(verdict.by)
"""


def test_where_the_rules_are_imported_already_nothing_is_tried() -> None:
    with pytest.raises(RuntimeError, match="are imported here already"):
        next(trial.tried([SURVIVOR], 1, 1))


SURVIVOR = Mutant("rules/a.py", 7, "decide", "a < b", "(a <= b)", 10)
KILLED = Mutant("rules/a.py", 8, "decide", "a | b", "pass", 20)


def told(text: str, *verdicts: trial.Verdict) -> str:
    summary = page.Summary("2026-11-22", 1, 2000, len(verdicts), sum(one.killed for one in verdicts))
    return page.written(text, summary, list(verdicts))


def test_a_reason_stays_while_its_mutant_is_the_same() -> None:
    empty = f"# Page\n{page.BEGIN}\n{page.END}\nrest\n"
    first = told(empty, trial.Verdict(SURVIVOR, "", 1.0), trial.Verdict(KILLED, "scenario x", 1.0))
    assert "seed 1: 2 of 2,000 possible mutants were tried, 1 killed (50.0%)" in first
    assert first.endswith("rest\n")
    assert list(page.reasons(first).values()) == [page.TO_DO]
    said = first.replace(page.TO_DO, "equal numbers cannot come")
    moved = SURVIVOR._replace(line=5)
    again = told(said, trial.Verdict(moved, "", 1.0), trial.Verdict(KILLED, "", 1.0))
    assert list(page.reasons(again).values()) == ["equal numbers cannot come", page.TO_DO]
    assert "`rules/a.py:5`" in again


def test_a_page_without_its_markers_is_not_written() -> None:
    with pytest.raises(ValueError, match="lacks its markers"):
        told("# Page\n")


def test_every_survivor_of_the_committed_page_has_its_reason() -> None:
    assert page.TO_DO not in page.reasons(PAGE.read_text()).values()
    assert GOAL >= 0.9
