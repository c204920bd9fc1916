"""What a mutant can be asked by: the scenarios, played; and the other tests of the rules, by pytest. In a child."""

import os
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from tools.mutation.child import ROOT

TESTS = ROOT / "tests" / "rules"
SCENARIOS = TESTS / "scenarios"
# They hold pages and names to the code, not what it does; and test_scenario.py plays the scenarios again.
_NOT_ASKED = ("test_docs.py", "test_pages.py", "test_scenario.py")


class Question(NamedTuple):
    """A scenario, or a test as `file::name`; `seconds` of CPU that it takes without a mutant."""

    name: str
    seconds: float

    @property
    def is_scenario(self) -> bool:
        return "::" not in self.name


def scenarios() -> list[str]:
    return sorted(path.stem for path in SCENARIOS.rglob("*.yaml"))


def test_files() -> list[str]:
    return sorted(path.name for path in TESTS.glob("test_*.py") if path.name not in _NOT_ASKED)


def is_played_as_said(name: str) -> bool:
    from rules.rehearsal import scenario  # noqa: PLC0415 - only in a child, with what was changed in it

    return not scenario.run(scenario.read(next(SCENARIOS.rglob(f"{name}.yaml"))))


def asked(files: list[str], plugin: Any) -> str:
    """By pytest, the same examples in every run. The first test that fails ends it and is the answer; empty: none."""
    import pytest  # noqa: PLC0415

    noted = _Noted()
    with tempfile.TemporaryDirectory(prefix="tillwatch-mutant-") as folder:
        os.environ |= {"HYPOTHESIS_STORAGE_DIRECTORY": folder, "CI": "true"}
        settings = ["-x", "-q", "-p", "no:cacheprovider", "--timeout=0", "--rootdir", str(ROOT)]
        code = pytest.main([*settings, *(str(TESTS / file) for file in files)], plugins=[noted, plugin])
    return "" if code == 0 else noted.failed or f"pytest {int(code)}"


def name_of(nodeid: str) -> str:
    return nodeid.removeprefix(f"{TESTS.relative_to(ROOT)}/")


def file_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


class _Noted:
    failed = ""

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed and not self.failed:
            self.failed = name_of(str(report.nodeid))

    def pytest_internalerror(self, excrepr: Any) -> None:
        self.failed = self.failed or f"pytest itself, {str(excrepr).strip().splitlines()[-1]}"
