"""Tries mutants: each in a process of its own that imports the rules with the defect in them, and asks the tests.

Nothing is written into the checkout: the changed source is only ever in that process's memory. First come the scenarios
that reach the changed function, then the other tests of the rules. The first that fails ends it.
"""

import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple

from tools.mutation.apart import ROOT, Child, answer, put_in, started, without_rules
from tools.mutation.mutants import Mutant, mutated

TESTS = ROOT / "tests" / "rules"
_ROOT = f"{ROOT}/"
_RULES = f"{_ROOT}rules/"
SCENARIOS = TESTS / "scenarios"
# They hold pages and names to the code, not what it does.
OF_PAGES = ("test_docs.py", "test_pages.py")
_TOO_LONG = (signal.SIGXCPU, signal.SIGKILL)

Reached = dict[str, list[str]]  # scenario → functions of the rules as `file:first line`, the quickest scenario first


class Verdict(NamedTuple):
    """`by` is what noticed the mutant: a scenario, a test, `error` or `timeout`; empty: nothing did."""

    mutant: Mutant
    by: str
    seconds: float

    @property
    def killed(self) -> bool:
        return self.by != ""


def tried(mutants: Sequence[Mutant], jobs: int, patience: int) -> Iterator[Verdict]:
    """A verdict each, as they end. `patience` is seconds of CPU that one may take: a busy machine proves nothing."""
    without_rules()
    reached, starts = answer(_reached)[0], _Starts()
    waiting, running = list(reversed(mutants)), dict[int, _Running]()
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop()
            child = started(partial(_noticed, mutant, _ordered(mutant, reached, starts)), patience)
            running[child.pid] = _Running(mutant, child, time.monotonic())
        pid, status = os.wait()
        one = running.pop(pid)
        late = os.WIFSIGNALED(status) and os.WTERMSIG(status) in _TOO_LONG
        found = one.child.answer()
        yield Verdict(one.mutant, "timeout" if late else found, time.monotonic() - one.began)


def sound() -> tuple[str, float]:
    """What fails without any mutant, empty when all is well, as it must be; and the seconds of CPU that it took."""
    scenarios = sorted(path.stem for path in SCENARIOS.rglob("*.yaml"))
    found, spent = answer(partial(_noticed, None, scenarios))
    return str(found), spent


class _Running(NamedTuple):
    mutant: Mutant
    child: Child
    began: float


class _Starts:
    """Where the functions of a file begin, by name and lines."""

    def __init__(self) -> None:
        self._codes: dict[str, list[CodeType]] = {}

    def around(self, mutant: Mutant) -> str | None:
        """The innermost function that holds the mutant's line, as `file:first line`; None: it is outside of any."""
        if mutant.file not in self._codes:
            whole = compile((ROOT / mutant.file).read_text(), mutant.file, "exec")
            self._codes[mutant.file] = [
                code for code in _nested(whole) if code.co_flags & 0x2
            ]  # CO_NEWLOCALS: no class
        holding = [code for code in self._codes[mutant.file] if mutant.line in _lines(code)]
        if not holding or mutant.function == "<module>":
            return None
        return f"{mutant.file}:{min(holding, key=lambda code: len(_lines(code))).co_firstlineno}"


def _nested(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _nested(constant)


def _lines(code: CodeType) -> range:
    known = [line for _, _, line in code.co_lines() if line is not None]
    return range(code.co_firstlineno, max(known, default=code.co_firstlineno) + 1)


def _ordered(mutant: Mutant, reached: Reached, starts: _Starts) -> list[str]:
    """The scenarios that reach the mutant's function; all of them where that cannot be said."""
    function = starts.around(mutant)
    if function is None:
        return list(reached)
    return [scenario for scenario, functions in reached.items() if function in functions]


# In a child: from here on the rules are imported.


def _reached() -> Reached:
    spent: dict[str, float] = {}
    found: dict[str, list[str]] = {}
    for name in sorted(path.stem for path in SCENARIOS.rglob("*.yaml")):
        called: set[str] = set()

        def note(frame: FrameType, event: str, _: object, called: set[str] = called) -> None:
            code = frame.f_code
            if event == "call" and code.co_filename.startswith(_RULES):
                called.add(f"{code.co_filename.removeprefix(_ROOT)}:{code.co_firstlineno}")

        began = time.monotonic()
        sys.setprofile(note)
        try:
            _played(name)
        finally:
            sys.setprofile(None)
        spent[name], found[name] = time.monotonic() - began, sorted(called)
    return {name: found[name] for name in sorted(found, key=spent.__getitem__)}


def _noticed(mutant: Mutant | None, scenarios: list[str]) -> str:
    if mutant is not None:
        put_in({mutant.file: mutated((ROOT / mutant.file).read_text(), mutant)})
    try:
        for name in scenarios:
            if not _played(name):
                return f"scenario {name}"
    except Exception as error:  # whatever it is, it was noticed
        return f"scenario {name}: {type(error).__name__}"
    return _tested(mutant)


def _played(name: str) -> bool:
    from rules.rehearsal import scenario  # noqa: PLC0415 - only here, with the mutant in it

    return not scenario.run(scenario.read(next(SCENARIOS.rglob(f"{name}.yaml"))))


def _tested(mutant: Mutant | None) -> str:
    """The other tests, those that are named as the mutant's file first."""
    import pytest  # noqa: PLC0415

    class Noted:
        failed = ""

        def pytest_runtest_logreport(self, report: Any) -> None:
            if report.failed and not self.failed:
                self.failed = str(report.nodeid).removeprefix("tests/rules/")

    own = f"test_{Path(mutant.file).stem}.py" if mutant is not None else ""
    left = [path for path in TESTS.glob("test_*.py") if path.name not in ("test_scenario.py", *OF_PAGES)]
    files = sorted(left, key=lambda path: (path.name != own, path.stat().st_size))
    noted = Noted()
    with tempfile.TemporaryDirectory(prefix="tillwatch-mutant-") as folder:
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = folder
        settings = ["-x", "-q", "-p", "no:cacheprovider", "--timeout=0", "--rootdir", str(ROOT)]
        code = pytest.main([*settings, *map(str, files)], plugins=[noted])
    return "" if code == 0 else noted.failed or f"pytest {int(code)}"
