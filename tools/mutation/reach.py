"""Which scenario and which test passes which statement of the rules: only those can notice a defect in it.

A test that takes long is not asked, because hundreds of mutants would ask it; so what only it would notice survives.
"""

import importlib
import signal
import time
from collections import defaultdict
from collections.abc import Generator
from functools import partial
from typing import Any, NamedTuple

import msgspec
import pytest

from tools.mutation import questions
from tools.mutation.child import ROOT, allow, answered, put_in
from tools.mutation.marks import WORD, marked
from tools.mutation.mutants import Mutant
from tools.mutation.questions import Question

_LONGEST = 0.5  # seconds of CPU


class Reach(NamedTuple):
    """`everywhere` are statements that are passed when the rules are imported; `passed` has numbers of `asked`."""

    failing: str
    asked: list[Question]
    everywhere: set[str]
    passed: dict[str, list[int]]

    def is_everywhere(self, mutant: Mutant) -> bool:
        return not mutant.statement or _place(mutant) in self.everywhere

    def of(self, mutant: Mutant) -> list[Question]:
        """The quickest first."""
        passing = [self.asked[number] for number in self.passed.get(_place(mutant), [])]
        found = self.asked if self.is_everywhere(mutant) else passing
        return sorted(found, key=lambda question: question.seconds)


def _place(mutant: Mutant) -> str:
    return f"{mutant.file}:{mutant.statement}"


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
    signal.signal(signal.SIGPROF, listener.skip)
    failing = questions.asked(files, listener) if files else ""
    return Reach(failing, listener.asked, everywhere, listener.passed)


class _Listener:
    """What is passed while a file of tests is read, or its fixtures are made, counts for each of its tests."""

    def __init__(self) -> None:
        self.heard: set[str] = set()
        self.asked: list[Question] = []
        self.passed: dict[str, list[int]] = defaultdict(list)
        self._files: dict[str, set[str]] = defaultdict(set)
        self._is_too_long = False

    def taken(self) -> set[str]:
        taken = set(self.heard)
        self.heard.clear()
        return taken

    def note(self, question: Question, passed: set[str]) -> None:
        for place in passed:
            self.passed[place].append(len(self.asked))
        self.asked.append(question)

    def skip(self, *_: object) -> None:
        self._is_too_long = True
        pytest.skip("it takes too long to be asked")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, Any, Any]:
        """What is cut short may fail in any way."""
        report = yield
        if self._is_too_long and report.failed:
            report.outcome, report.longrepr = "skipped", ("", 0, "it takes too long to be asked")
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: Any) -> Generator[None, Any, Any]:
        self.taken()
        report = yield
        self._files[questions.name_of(collector.nodeid).partition("::")[0]] |= self.taken()
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> Generator[None, Any, Any]:
        made = yield
        if fixturedef.scope != "function":
            self._files[questions.name_of(request.node.nodeid).partition("::")[0]] |= self.heard
        return made

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: Any) -> Generator[None, Any, Any]:
        self.taken()
        self._is_too_long, began = False, time.process_time()
        allow(_LONGEST)
        done = yield
        allow(0)
        name, passed = questions.name_of(item.nodeid), self.taken()
        if not self._is_too_long:
            question = Question(name, time.process_time() - began)
            self.note(question, passed | self._files[name.partition("::")[0]])
        return done
