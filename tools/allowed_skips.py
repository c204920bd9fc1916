"""A pytest plugin for .ci/run: a test that was skipped, or failed as expected, fails the run unless it is listed.

The list is `.ci/allowed-skips.txt`: one `PATTERN  # reason` a line, the pattern matched against the test's node id.
Loaded with `-p tools.allowed_skips`; the list's place can be given with `--allowed-skips FILE`.
"""

from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

import pytest

DEFAULT = ".ci/allowed-skips.txt"


class Allowance(NamedTuple):
    pattern: str
    reason: str


def allowances(text: str) -> list[Allowance]:
    """The list's lines. Raises ValueError for a line without a reason."""
    out = []
    for number, line in enumerate(text.splitlines(), 1):
        pattern, mark, reason = line.partition(" # ")
        if line.strip() and not line.startswith("#"):
            if not mark or not reason.strip():
                raise ValueError(f"line {number}: {line!r} has no reason; write PATTERN # why it may be skipped")
            out.append(Allowance(pattern.strip(), reason.strip()))
    return out


def not_allowed(skipped: list[str], allowed: list[Allowance]) -> list[str]:
    return [test for test in skipped if not any(fnmatchcase(test, one.pattern) for one in allowed)]


class Gate:
    """Collects what was skipped, and fails the session for what the list does not have."""

    def __init__(self, allowed: list[Allowance]) -> None:
        self.allowed = allowed
        self.skipped: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped:
            self.skipped.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.skipped.append(report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if session.exitstatus == pytest.ExitCode.OK and not_allowed(self.skipped, self.allowed):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for test in not_allowed(self.skipped, self.allowed):
            terminalreporter.write_line(f"skipped without leave: {test}", red=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--allowed-skips", default=DEFAULT, help="tests that may be skipped, and why")


def pytest_configure(config: pytest.Config) -> None:
    path = Path(config.rootpath, config.getoption("--allowed-skips"))
    try:
        config.pluginmanager.register(Gate(allowances(path.read_text())))
    except (OSError, ValueError) as error:
        raise pytest.UsageError(f"{path}: {error}") from error
