"""Tries mutants, each in a process of its own: first the scenarios that pass its statement, then the tests that do.

The quickest comes first, and the first that fails ends it.
"""

import importlib
import os
import signal
import time
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import msgspec
import pytest

from tools.mutation import questions
from tools.mutation.child import Child, allow, started
from tools.mutation.mutants import Mutant
from tools.mutation.placing import place
from tools.mutation.questions import Question
from tools.mutation.reach import Reach

# With a mutant a question may take ten times as long as without, and ten seconds.
_SLOWER, _MORE = 10, 10.0


class Verdict(NamedTuple):
    """`by` is what noticed the mutant: a scenario, a test, `error` or `timeout`; empty: nothing did."""

    mutant: Mutant
    by: str
    seconds: float

    @property
    def killed(self) -> bool:
        return self.by != ""


def tried(mutants: Sequence[Mutant], reach: Reach, jobs: int) -> Iterator[Verdict]:
    """A verdict each, as they end. The rules are imported here once, for all of them."""
    importlib.import_module("rules.rehearsal.scenario")
    waiting, running = list(reversed(mutants)), dict[int, _Running]()
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop()
            child = started(partial(_noticed, mutant, reach))
            running[child.pid] = _Running(mutant, child, time.monotonic())
        pid, status = os.wait()
        one = running.pop(pid)
        yield Verdict(one.mutant, _said(one.child, status), time.monotonic() - one.began)


class _Running(NamedTuple):
    mutant: Mutant
    child: Child
    began: float


def _said(child: Child, status: int) -> str:
    answer = child.answer()
    if answer:
        return msgspec.json.decode(answer, type=str)
    return "timeout" if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGPROF else "error"


# In a child.


def _noticed(mutant: Mutant, reach: Reach) -> str:
    place(mutant, reach.is_everywhere(mutant))
    asking = reach.of(mutant)
    for question in asking:
        if question.is_scenario and (found := _denied(question)):
            return found
    tests = {question.name: question for question in asking if not question.is_scenario}
    files = sorted({name.partition("::")[0] for name in tests})
    return questions.asked(files, _Asking(tests)) if files else ""


def _denied(question: Question) -> str:
    _allow(question)
    try:
        return "" if questions.is_played_as_said(question.name) else f"scenario {question.name}"
    except Exception as error:  # whatever it is, it was noticed
        return f"scenario {question.name}: {type(error).__name__}"


class _Asking:
    def __init__(self, tests: dict[str, Question]) -> None:
        self._tests = tests

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        found = {questions.name_of(item.nodeid): item for item in items}
        items[:] = [found[name] for name in self._tests if name in found]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: Any) -> None:
        _allow(self._tests[questions.name_of(item.nodeid)])


def _allow(question: Question) -> None:
    allow(_MORE + _SLOWER * question.seconds)
