"""A run of acceptance tests or faults leaves a row for each test, however that went, and tells how far it is."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tracked import ROOT
from tools.acceptance_table import FAULTS, HEAD, PLACE, Row, rows

SUITE = '''
import pytest

@pytest.mark.shows("2.5", "one ticket")
def test_that_passes(figure):
    figure("1 ticket")
    figure("0.4 s")

@pytest.mark.shows("2.4", "a scrape")
def test_that_fails(figure):
    figure("2 of 3 panels")
    assert 2 == 3, "a panel | is empty"

def test_that_is_skipped():
    """Recordings are read."""
    pytest.skip("nothing at /var/tmp/there/recordings")

@pytest.fixture
def broken():
    raise OSError("no broker")

def test_that_cannot_begin(broken): pass
'''


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return with_suite(tmp_path, "acceptance", PLACE.begin)


def with_suite(folder: Path, name: str, begin: str) -> Path:
    suite = folder / "tests" / name
    suite.mkdir(parents=True)
    shutil.copy(ROOT / "tests" / name / "conftest.py", suite)
    shutil.copy(ROOT / "pyproject.toml", folder)
    (suite / "test_some.py").write_text(SUITE)
    (folder / "page.md").write_text(f"{begin}\n{HEAD}{PLACE.end}\n")
    return folder


WRITTEN = "--table=page.md"


def run(folder: Path, *arguments: str, suite: str = "tests/acceptance") -> str:
    command = [sys.executable, "-m", "pytest", suite, "-s", *arguments]
    plain = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, cwd=folder, env=plain, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def table(folder: Path) -> dict[str, Row]:
    return {row.test.partition("::")[2]: row for row in rows((folder / "page.md").read_text())}


def test_each_test_has_its_row_however_it_went(checkout: Path) -> None:
    told = run(checkout, WRITTEN)
    shown = {name: row[:4] for name, row in table(checkout).items()}
    assert shown == {
        "test_that_passes": ("2.5", "one ticket", "1 ticket; 0.4 s", "passed"),
        "test_that_fails": ("2.4", "a scrape", "2 of 3 panels", "failed: AssertionError: a panel ¦ is empty"),
        "test_that_is_skipped": ("–", "Recordings are read.", "", "skipped: nothing at …/recordings"),
        "test_that_cannot_begin": ("–", "that cannot begin", "", "failed: OSError: no broker"),
    }
    assert "2 of 4: test_some.py::test_that_fails" in told
    assert "passed   2.5   one ticket" in told


def test_a_run_of_the_faults_leaves_rows_of_the_same_kind(tmp_path: Path) -> None:
    run(with_suite(tmp_path, "faults", FAULTS.begin), WRITTEN, "-k", "passes", suite="tests/faults")
    assert [(one.verdict, one.test) for one in table(tmp_path).values()] == [
        ("passed", "test_some.py::test_that_passes")
    ]


def test_a_run_of_a_part_leaves_the_other_rows_as_they_were(checkout: Path) -> None:
    run(checkout, WRITTEN)
    before = table(checkout)
    suite = checkout / "tests" / "acceptance" / "test_some.py"
    suite.write_text(SUITE.replace("assert 2 == 3", "assert 3 == 3"))
    run(checkout, WRITTEN, "-k", "fails")
    now = table(checkout)
    assert now.pop("test_that_fails").verdict == "passed"
    assert now == {name: row for name, row in before.items() if name != "test_that_fails"}


def test_a_test_that_was_taken_away_loses_its_row(checkout: Path) -> None:
    run(checkout, WRITTEN)
    suite = checkout / "tests" / "acceptance" / "test_some.py"
    suite.write_text(SUITE.partition("@pytest.fixture")[0])
    run(checkout, WRITTEN, "-k", "passes")
    assert set(table(checkout)) == {"test_that_passes", "test_that_fails", "test_that_is_skipped"}


def test_without_a_page_nothing_is_written(checkout: Path) -> None:
    assert "passed   2.5   one ticket" in run(checkout)
    assert table(checkout) == {}


def test_a_page_that_cannot_take_the_rows_is_told_before_anything_runs(checkout: Path) -> None:
    (checkout / "page.md").write_text("# Shown\n")
    told = run(checkout, WRITTEN)
    assert "page.md: the page lacks its markers" in told
    assert "1 of 4" not in told
