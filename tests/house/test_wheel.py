"""What is installed is what is here: a wheel, built offline, carries the data files as well as the code."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.house.test_files import PROJECT, ROOMS
from tests.house.tracked import ROOT, tracked

INFO = f"tillwatch-{PROJECT['project']['version']}.dist-info"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_everything_in_the_rooms_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    ours = {str(path.relative_to(ROOT)) for path in tracked() if path.relative_to(ROOT).parts[0] in ROOMS}
    assert ours - set(wheel.namelist()) == set()


def test_data_that_the_programs_open_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    endings = {
        "collector/console/": {".html", ".js", ".css", ".svg"},
        "collector/database/migrations/": {".py"},
        "rules/policies/": {".yaml"},
        "tillwatch/demo/": {".py", ".yaml"},
    }
    for folder, expected in endings.items():
        assert {Path(name).suffix for name in wheel.namelist() if name.startswith(folder)} == expected, folder


def test_nothing_else_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    """Tests, measurements and tools stay at home; top-level names that we do not own would shadow others'."""
    assert {name.partition("/")[0] for name in wheel.namelist()} - set(ROOMS) == {INFO}


def test_the_wheel_brings_the_command(wheel: zipfile.ZipFile) -> None:
    assert b"tillwatch = tillwatch.cli:main" in wheel.read(f"{INFO}/entry_points.txt")


def test_an_installation_elsewhere_finds_its_data(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    """Unpacked away from the checkout: the policy loads, the console's pages and the migrations are there."""
    wheel.extractall(tmp_path)
    code = (
        "from importlib.resources import files; from rules.given import policy; policy.load('retail');"
        "assert 'Tillwatch' in (files('collector') / 'console' / 'index.html').read_text();"
        "from collector.database import opened, upgrade; upgrade(opened('sqlite:///collector.db'));"
        "import rules; print(rules.__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {code}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(tmp_path / "rules" / "__init__.py")
