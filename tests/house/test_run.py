"""What ./run says it does: which tests, which measurements, which packages."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tracked import ROOT

RUN = (ROOT / "run").read_text()


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([ROOT / "run", *arguments], cwd="/", capture_output=True, text=True, check=False, timeout=60)


def measurements() -> set[str]:
    """The programs in bench/; the load is one too, but measures nothing by itself."""
    programs = [path for path in (ROOT / "bench").glob("*.py") if '__name__ == "__main__"' in path.read_text()]
    return {path.stem for path in programs} - {"load"}


def test_every_measurement_is_run() -> None:
    listed = re.search(r'^BENCH="([^"]+)"', RUN, re.MULTILINE)
    assert listed
    assert set(listed[1].split()) == measurements()


def test_every_measurement_says_what_it_measures_and_what_the_goal_is() -> None:
    page = (ROOT / "docs" / "performance.md").read_text()
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == measurements()


def test_every_measurement_is_a_program_with_a_main() -> None:
    for name in measurements():
        assert re.search(r"^def main\(\) -> (?:None|int):", (ROOT / "bench" / f"{name}.py").read_text(), re.MULTILINE)


def test_a_measurement_that_is_not_there_is_a_mistake_and_installs_nothing() -> None:
    outcome = run("bench", "ingets")
    assert (outcome.returncode, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith("There is no measurement 'ingets'; there are: ingest ")


@pytest.mark.parametrize(
    ("named", "collected"), [([], ["room"]), (["tests/acceptance"], ["acceptance"]), (["tests/faults"], ["faults"])]
)
def test_long_runs_are_collected_only_when_they_are_named(
    tmp_path: Path, named: list[str], collected: list[str]
) -> None:
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    for folder in ("room", "acceptance", "faults"):
        (tmp_path / "tests" / folder).mkdir(parents=True)
        (tmp_path / "tests" / folder / f"test_{folder}.py").write_text("def test_it(): pass\n")
    command = [sys.executable, "-m", "pytest", "--collect-only", *named]
    plain = {"PATH": "/usr/bin:/bin"}  # without what the pipeline adds for this very run
    told = subprocess.run(command, cwd=tmp_path, env=plain, capture_output=True, text=True, check=True).stdout
    assert re.findall(r"tests/(\w+)/", told) == collected


def test_every_package_of_debian_is_told_where_it_is_installed() -> None:
    """README names what each command installs."""
    readme = (ROOT / "README.md").read_text()
    wanted = {package for line in re.findall(r"need_python ([\w -]+)$", RUN, re.MULTILINE) for package in line.split()}
    noc = {"curl", "prometheus", "prometheus-alertmanager"}
    faults = {"faketime", "gcc", "iproute2", "iptables", "libc6-dev"}
    assert {"mosquitto", "nginx", "openssl", "postgresql", "chromium", "mosquitto-clients"} | noc | faults == wanted
    assert [package for package in sorted(wanted) if package not in readme] == []


def test_the_pipeline_runs_what_people_run() -> None:
    pipeline = (ROOT / ".ci" / "run").read_text()
    assert "-p tools.allowed_skips" in pipeline
    assert pipeline.rstrip().endswith("exec ./run test")
