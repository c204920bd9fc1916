"""Suites whose every test is a row: `tests/acceptance/` of docs/acceptance.md, `tests/faults/` of docs/reliability.md.

`@pytest.mark.shows("2.5", "RT receives exactly one ticket")` names the point and what is promised; without it the row
takes the test's docstring. The fixture `figure` notes what was measured: `figure("1 ticket, linked after 0.4 s")`; the
fixture `progress` tells how far a long test is: `progress(kills, 1000)`. A suite's conftest.py takes it all from here.
"""

import datetime
import os
import re
import time
from collections.abc import Callable, Generator
from pathlib import Path

import psutil
import pytest

from tools.acceptance_table import Row, machine, merged, rows, version, written

FIGURES = pytest.StashKey[list[str]]()
ROOT = Path(__file__).parents[1]
PARTS = 20  # of a bar


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Notes a figure for the test's row; several are shown one after the other."""
    notes: list[str] = request.node.stash.setdefault(FIGURES, [])
    return notes.append


@pytest.fixture
def progress() -> Callable[[int, int], None]:
    """Draws a bar whenever another twentieth of the whole is done."""
    began, drawn = time.monotonic(), -1

    def draw(done: int, whole: int) -> None:
        nonlocal drawn
        if (part := done * PARTS // whole) > drawn:
            drawn = part
            bar = "█" * part + "░" * (PARTS - part)
            print(f"    {bar} {done} of {whole} after {time.monotonic() - began:.0f} s", flush=True)

    return draw


class Table:
    """Gathers a suite's rows, tells how far the run is, and writes `page` in the end, however the run ends."""

    def __init__(self, folder: Path, page: Path | None) -> None:
        self.folder = folder
        self.page = page
        self.rows: dict[str, Row] = {}
        self.items: dict[str, pytest.Item] = {}
        self.collected: list[str] = []
        self.begun = 0
        self.began = time.monotonic()
        day = datetime.datetime.now(datetime.UTC).date()
        on = machine(os.cpu_count() or 1, psutil.virtual_memory().total)
        self.when = f"{day}, {version(ROOT / 'pyproject.toml')}, {on}"

    @pytest.hookimpl(wrapper=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> Generator[None, None, None]:
        self.collected = [name_of(item.nodeid) for item in items]  # before -k takes some away
        yield
        self.items = {item.nodeid: item for item in items}

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.begun += 1
        print(f"\n[{self._elapsed()}] {self.begun} of {len(self.items)}: {name_of(nodeid)}", flush=True)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """The last phase that says anything but 'passed' has the word."""
        if report.when == "call" or not report.passed:
            self.rows[report.nodeid] = row_of(self.items[report.nodeid], report, self.when)

    def pytest_sessionfinish(self) -> None:
        if self.page is None or not self.rows:
            return
        page = self.page.read_text()
        before = rows(page)
        files = {test.partition("::")[0] for test in self.collected}
        gone = [
            row.test
            for row in before
            if row.test not in self.collected
            and (row.test.partition("::")[0] in files or not (self.folder / row.test.partition("::")[0]).exists())
        ]
        self.page.write_text(written(page, merged(before, self.rows.values(), gone)))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section(f"what it showed, {self.when}, in {self._elapsed()}")
        for row in merged([], self.rows.values()):
            terminalreporter.line(f"{row.verdict.partition(':')[0]:8} {row.point:5} {row.shows}")
            for text in filter(None, [row.figure, row.verdict.partition(": ")[2]]):
                terminalreporter.line(f"{'':14} {text}")

    def _elapsed(self) -> str:
        seconds = int(time.monotonic() - self.began)
        return f"{seconds // 60}:{seconds % 60:02d}"


def row_of(item: pytest.Item, report: pytest.TestReport, when: str) -> Row:
    marker = item.get_closest_marker("shows")
    point, shows = marker.args if marker else ("–", told(item))
    figures: list[str] = item.stash.get(FIGURES, [])
    return Row(point, shows, "; ".join(figures), verdict(report), when, name_of(item.nodeid))


def told(item: pytest.Item) -> str:
    """The test's first sentence, or its name as one."""
    function = item.obj if isinstance(item, pytest.Function) else None
    text = (getattr(function, "__doc__", None) or "").strip().partition("\n\n")[0]
    return text or item.name.removeprefix("test_").partition("[")[0].replace("_", " ")


def verdict(report: pytest.TestReport) -> str:
    if report.passed:
        return "passed"
    if report.skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
        return f"skipped: {reason.removeprefix('Skipped: ')}"
    crash = getattr(report.longrepr, "reprcrash", None)
    return f"failed: {crash.message.partition(chr(10))[0]}" if crash else "failed"


def name_of(nodeid: str) -> str:
    """The test below its suite's folder."""
    return re.sub(r"^tests/\w+/", "", nodeid)


def add_option(parser: pytest.Parser) -> None:
    parser.addoption("--table", type=Path, default=None, metavar="PAGE", help="write the rows of this run into it")


def keep_table(config: pytest.Config, folder: Path) -> None:
    """Has the suite in `folder` leave its rows."""
    config.addinivalue_line("markers", "shows(point, promise): what the test's row says")
    page = config.getoption("--table")
    if page is not None:
        try:
            rows(page.read_text())
        except (OSError, ValueError) as problem:  # now, and not after an hour
            raise pytest.UsageError(f"{page}: {problem}") from problem
    config.pluginmanager.register(Table(folder, page), "table-of-what-was-shown")
