"""Which scenario and which test passes which statement of the rules: only those can notice a defect in it."""

import importlib
import time
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import msgspec
import pytest

from tools.mutation import questions
from tools.mutation.child import ROOT, answered, put_in
from tools.mutation.marks import WORD, marked
from tools.mutation.mutants import Mutant
from tools.mutation.questions import Question


class Reach(NamedTuple):
    """`everywhere` are statements that are passed when the rules are imported; `passed` has numbers of `asked`."""

    failing: str
    asked: list[Question]
    everywhere: set[str]
    passed: dict[str, list[int]]

    def of(self, mutant: Mutant) -> list[Question]:
        """The quickest first."""
        place = f"{mutant.file}:{mutant.statement}"
        known = not mutant.statement or place in self.everywhere
        found = self.asked if known else [self.asked[number] for number in self.passed.get(place, [])]
        return sorted(found, key=lambda question: question.seconds)


def reached(scenarios: list[str], files: list[str]) -> Reach:
    """Asks them all once, without a mutant; `failing` is what does not hold even so."""
    return msgspec.json.decode(answered(partial(_listened, scenarios, files)), type=Reach)


# In a child.


def _listened(scenarios: list[str], files: list[str]) -> Reach:
    listener = _Listener()
    sources = sorted(path for path in (ROOT / "rules").rglob("*.py") if path.name != "__init__.py")
    changed = {file: marked((ROOT / file).read_text(), file) for file in map(questions.file_of, sources)}
    put_in(changed, {WORD: listener.heard.add})
    helping = [questions.file_of(path) for path in questions.TESTS.glob("*.py") if not path.name.startswith("test_")]
    for file in (*changed, *(helping if files else [])):
        importlib.import_module(file.removesuffix(".py").replace("/", "."))
    everywhere = listener.taken()
    for name in scenarios:
        began = time.process_time()
        if not questions.is_played_as_said(name):
            return Reach(name, [], set(), {})
        listener.note(Question(name, time.process_time() - began), listener.taken())
    failing = questions.asked(files, listener) if files else ""
    return Reach(failing, listener.asked, everywhere, listener.passed)


class _Listener:
    """What is passed while a file of tests is read, or its fixtures are made, counts for each of its tests."""

    def __init__(self) -> None:
        self.heard: set[str] = set()
        self.asked: list[Question] = []
        self.passed: dict[str, list[int]] = defaultdict(list)
        self._files: dict[str, set[str]] = defaultdict(set)

    def taken(self) -> set[str]:
        taken = set(self.heard)
        self.heard.clear()
        return taken

    def note(self, question: Question, passed: set[str]) -> None:
        for place in passed:
            self.passed[place].append(len(self.asked))
        self.asked.append(question)

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: Any) -> Iterator[None]:
        self.taken()
        report = yield
        self._files[questions.name_of(collector.nodeid).partition("::")[0]] |= self.taken()
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> Iterator[None]:
        made = yield
        if fixturedef.scope != "function":
            self._files[questions.name_of(request.node.nodeid).partition("::")[0]] |= self.heard
        return made

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: Any) -> Iterator[None]:
        self.taken()
        began = time.process_time()
        done = yield
        name = questions.name_of(item.nodeid)
        self.note(Question(name, time.process_time() - began), self.taken() | self._files[name.partition("::")[0]])
        return done
