"""`./run mutate`: which defects are put in, that they are noticed or not, and that the page keeps its reasons."""

import subprocess
import sys

import pytest

from tests.house.tracked import ROOT
from tools.mutation import page, trial
from tools.mutation.__main__ import GOAL, PAGE, drawn, everything
from tools.mutation.marks import marked
from tools.mutation.mutants import Mutant, mutants, mutated
from tools.mutation.questions import Question
from tools.mutation.reach import Reach

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
    for one in found[::29]:
        compile(mutated((ROOT / one.file).read_text(), one), one.file, "exec")


DECIDES = '''\
def decide(a):
    """Words."""
    if a < 3:
        a += (
            2)
    elif a == 5:
        return 1
    return min(a, 4)
'''


def test_each_statement_of_a_function_says_that_it_was_passed() -> None:
    passed: list[str] = []
    known = {"__passed__": passed.append}
    exec(compile(marked(DECIDES, "m.py"), "m.py", "exec"), known)  # noqa: S102 - our own source
    assert known["decide"].__doc__ == "Words."
    assert passed == []
    assert known["decide"](2) == 4
    assert passed == ["m.py:3", "m.py:4", "m.py:8"]
    passed.clear()
    assert known["decide"](5) == 1
    assert passed == ["m.py:3", "m.py:6", "m.py:7"]
    assert {one.statement for one in mutants(DECIDES, "m.py")} == {3, 4, 6, 7, 8}


def test_asked_is_what_passes_the_statement_the_quickest_first_and_everything_where_that_cannot_be_said() -> None:
    slow, quick, other = Question("slow", 2.0), Question("test_a.py::test_quick", 1.0), Question("other", 3.0)
    reach = Reach("", [slow, quick, other], {"rules/a.py:2"}, {"rules/a.py:6": [0, 1]})
    assert reach.of(SURVIVOR._replace(statement=6)) == [quick, slow]
    assert reach.of(SURVIVOR._replace(statement=9)) == []
    assert reach.of(SURVIVOR._replace(statement=2)) == reach.of(SURVIVOR) == [quick, slow, other]


def test_who_is_drawn_depends_on_the_seed_and_not_on_what_else_there_is() -> None:
    possible = mutants(SOURCE, "m.py")
    three = drawn(possible, 1, 3)
    moved = [one._replace(line=one.line + 1, start=one.start + 9) for one in possible if one in three or one.line > 12]
    assert [page.key(one) for one in drawn(moved, 1, 3)] == [page.key(one) for one in three]
    assert drawn(possible, 2, 3) != three


def test_a_defect_is_noticed_by_a_scenario_that_reaches_it() -> None:
    """In a process of its own: in this one the rules are imported already."""
    told = subprocess.run([sys.executable, "-c", TRIED], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout == "['25-weekly']\nscenario 25-weekly\n"


TRIED = """
from tools.mutation import trial
from tools.mutation.__main__ import everything
from tools.mutation.reach import reached
change = "found.until > at → (found.until <= at)"
(mutant,) = [one for one in everything(["rules/planned/recurrence.py"]) if one.change == change]
reach = reached(["07-lanes", "25-weekly"], ["test_said.py"])
assert not reach.failing, reach
print([question.name for question in reach.of(mutant)])
(verdict,) = trial.tried([mutant], reach, 1)
print(verdict.by)
"""


SURVIVOR = Mutant("rules/a.py", 7, "decide", "a < b", "(a <= b)", 10)
KILLED = Mutant("rules/a.py", 8, "decide", "a | b", "pass", 20)


def told(text: str, *verdicts: trial.Verdict) -> str:
    summary = page.Summary("2026-11-22", 1, 2000, len(verdicts), sum(one.killed for one in verdicts))
    return page.written(text, summary, list(verdicts))


def test_a_reason_stays_while_its_mutant_is_the_same() -> None:
    empty = f"# Page\n{page.PLACE.begin}\n{page.PLACE.end}\nrest\n"
    first = told(empty, trial.Verdict(SURVIVOR, "", 1.0), trial.Verdict(KILLED, "scenario x", 1.0))
    assert "seed 1: 2 of 2,000 possible mutants were tried, 1 killed (50.0%)" in first
    assert first.endswith("rest\n")
    assert list(page.reasons(first).values()) == [page.TO_DO]
    said = first.replace(page.TO_DO, "equal numbers cannot come")
    moved = SURVIVOR._replace(line=5)
    again = told(said, trial.Verdict(moved, "", 1.0), trial.Verdict(KILLED, "", 1.0))
    assert list(page.reasons(again).values()) == ["equal numbers cannot come", page.TO_DO]
    assert "`rules/a.py:5`" in again


def test_what_was_killed_need_not_be_tried_again_while_the_mutants_are_the_same() -> None:
    text = told(
        f"{page.PLACE.begin}\n{page.PLACE.end}\n", trial.Verdict(SURVIVOR, "", 1.0), trial.Verdict(KILLED, "x", 1.0)
    )
    assert page.killed_before(text, [KILLED, SURVIVOR]) == [KILLED]
    assert page.killed_before(text, [KILLED, SURVIVOR._replace(line=8)]) == []


def test_a_page_without_its_markers_is_not_written() -> None:
    with pytest.raises(ValueError, match="lacks its markers"):
        told("# Page\n")


def test_every_survivor_of_the_committed_page_has_its_reason() -> None:
    assert page.TO_DO not in page.reasons(PAGE.read_text()).values()
    assert GOAL >= 0.9
