"""Every file is small, names no registry, and is where the rooms say."""

import ast
import re
import tomllib

import pytest

from tests.house.tracked import ROOT, is_text, tracked

MOST_LINES = 400
# Written by a program from its source, or by others word for word.
NOT_WRITTEN_HERE = {"uv.lock", "LICENSE", "chain.json", "store.json", "policy.md", "rules.md"}
# In pieces, so that this file may be tracked too.
REGISTRIES = ["py" + "pi.org", "py" + "pi.python.org", "python" + "hosted.org"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ROOMS = PROJECT["tool"]["importlinter"]["root_packages"]


def test_no_file_holds_two_ideas() -> None:
    """Beyond 400 lines a file is more than one thing, and is split."""
    written = [path for path in tracked() if path.name not in NOT_WRITTEN_HERE and path.parent != ROOT / "requirements"]
    long = {
        str(path.relative_to(ROOT)): lines
        for path in written
        if is_text(path) and (lines := len(path.read_text().splitlines())) > MOST_LINES
    }
    assert long == {}


def test_no_file_names_a_package_registry() -> None:
    """Each chain installs from its own mirror (docs/adr/0001)."""
    naming = [
        str(path.relative_to(ROOT))
        for path in tracked()
        if any(host.encode() in path.read_bytes() for host in REGISTRIES)
    ]
    assert naming == []


def test_the_packages_are_listed_and_the_same_everywhere() -> None:
    assert PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == ROOMS
    assert set(ROOMS) <= set(PROJECT["tool"]["mypy"]["packages"])
    assert all((ROOT / room / "py.typed").exists() for room in ROOMS)


@pytest.mark.parametrize("room", ["contract", "rules"])
def test_what_decides_reads_no_clock_and_draws_no_lots(room: str) -> None:
    """DESIGN: time comes in as a value; there is no randomness."""
    forbidden = {"time", "random", "secrets", "asyncio", "threading", "socket", "subprocess", "sqlite3"}
    for path in sorted((ROOT / room).rglob("*.py")):
        names = imported(path.read_text())
        assert not names & forbidden, f"{path.name} imports {names & forbidden}"
        assert not re.search(r"\.(?:now|utcnow|today)\(", path.read_text()), f"{path.name} reads the clock"


def test_tests_pass_fakes_in_and_never_patch() -> None:
    patching = re.compile(r"\b(?:monkeypatch|unittest\.mock|" + "mocker" + r")\b")
    allowed = {"test_files.py"}
    found = [
        str(path.relative_to(ROOT))
        for path in tracked()
        if path.suffix == ".py" and path.name not in allowed and patching.search(path.read_text())
    ]
    assert found == []


def imported(source: str) -> set[str]:
    """The top-level names of all modules that `source` imports, at whatever depth."""
    out = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            out |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            out.add(node.module.partition(".")[0])
    return out
