"""Continuous integration fails for a skipped test unless a reason for it is committed."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tracked import ROOT
from tools.allowed_skips import DEFAULT, Allowance, allowances, not_allowed

SUITE = """
import pytest

def test_runs(): pass

@pytest.mark.skip(reason="no printer here")
def test_prints(): pass
"""


def run(folder: Path, allowed: str, suite: str = SUITE) -> subprocess.CompletedProcess[str]:
    (folder / "test_suite.py").write_text(suite)
    (folder / "allowed.txt").write_text(allowed)
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-p", "tools.allowed_skips", "--allowed-skips", "allowed.txt"]
    plain = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    return subprocess.run([*command, str(folder)], cwd=folder, env=plain, capture_output=True, text=True, check=False)


def test_a_skip_that_is_not_listed_fails_the_run_and_is_named(tmp_path: Path) -> None:
    outcome = run(tmp_path, "# nothing may be skipped\n")
    assert outcome.returncode == pytest.ExitCode.TESTS_FAILED
    assert "skipped without leave: test_suite.py::test_prints" in outcome.stdout
    assert "1 passed, 1 skipped" in outcome.stdout


def test_a_skip_that_is_listed_with_its_reason_passes(tmp_path: Path) -> None:
    outcome = run(tmp_path, "*::test_prints # the machine of the pipeline has no printer\n")
    assert outcome.returncode == pytest.ExitCode.OK, outcome.stdout


@pytest.mark.parametrize(
    "suite",
    [
        "import pytest\npytest.skip('all of it', allow_module_level=True)\n",
        "import pytest\n@pytest.mark.xfail\ndef test_fails(): assert False\ndef test_runs(): pass\n",
        "import pytest\ndef test_late(): pytest.skip('found out late')\ndef test_runs(): pass\n",
    ],
    ids=["module", "expected failure", "inside the test"],
)
def test_every_way_of_not_running_a_test_counts(tmp_path: Path, suite: str) -> None:
    outcome = run(tmp_path, "", suite)
    assert outcome.returncode != pytest.ExitCode.OK
    assert "skipped without leave: " in outcome.stdout


def test_a_run_without_skips_is_left_alone(tmp_path: Path) -> None:
    assert run(tmp_path, "", "def test_runs(): pass\n").returncode == pytest.ExitCode.OK


def test_a_list_that_is_missing_or_wrong_is_an_error_and_no_leave(tmp_path: Path) -> None:
    outcome = run(tmp_path, "*::test_prints\n")
    assert outcome.returncode == pytest.ExitCode.USAGE_ERROR
    assert "has no reason; write PATTERN # why it may be skipped" in outcome.stderr


def test_lines_are_a_pattern_and_a_reason() -> None:
    assert allowances("# head\n\na::* # slow there\n") == [Allowance("a::*", "slow there")]
    assert not_allowed(["a::x", "b::y"], [Allowance("a::*", "slow there")]) == ["b::y"]


def test_the_committed_list_can_be_read() -> None:
    allowances((ROOT / DEFAULT).read_text())
