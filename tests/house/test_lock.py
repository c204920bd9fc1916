"""pyproject.toml, uv.lock and requirements/ say the same, and none of them names where packages come from."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from tools import lock as tool

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCK = tomllib.loads((ROOT / "uv.lock").read_text())
PACKAGES = {package["name"]: package for package in LOCK["package"]}
OURS = PACKAGES["tillwatch"]
Pins = dict[str, tuple[str, set[str]]]


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def wanted(lines: list[str]) -> set[tuple[str, str, frozenset[str]]]:
    """Requirements as (name, specifier, extras), however they are written."""
    parsed = [Requirement(line) for line in lines]
    return {(normal(one.name), str(one.specifier), frozenset(one.extras)) for one in parsed}


def locked(entries: list[dict[str, Any]]) -> set[tuple[str, str, frozenset[str]]]:
    return {(one["name"], one.get("specifier", ""), frozenset(one.get("extras", []))) for one in entries}


def pins(name: str) -> Pins:
    text = (ROOT / "requirements" / f"{name}.txt").read_text().replace("\\\n", " ")
    out: Pins = {}
    for line in text.splitlines():
        package, _, rest = line.partition("==")
        out[normal(package.partition("[")[0])] = (rest.split()[0], set(re.findall(r"--hash=(\S+)", line)))
    return out


def closure(roots: list[dict[str, Any]]) -> set[str]:
    """The names that `roots` bring with them, extras included."""
    seen: set[tuple[str, str]] = set()
    waiting = [(one["name"], extra) for one in roots for extra in ["", *one.get("extra", one.get("extras", []))]]
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        package = PACKAGES[name]
        needs = package.get("optional-dependencies", {}).get(extra, []) if extra else package.get("dependencies", [])
        waiting += [(one["name"], more) for one in needs for more in ["", *one.get("extra", [])]]
    return {name for name, _ in seen} - {"tillwatch"}


def test_the_lock_was_made_from_this_pyproject() -> None:
    project, metadata = PROJECT["project"], OURS["metadata"]
    extras = project["optional-dependencies"]
    plain = [one for one in metadata["requires-dist"] if "marker" not in one]
    assert locked(plain) == wanted(project["dependencies"])
    for extra, lines in extras.items():
        of_extra = [one for one in metadata["requires-dist"] if one.get("marker") == f"extra == '{extra}'"]
        assert locked(of_extra) == wanted(lines), extra
    assert set(metadata["provides-extras"]) == set(extras)
    for group, lines in PROJECT["dependency-groups"].items():
        assert locked(metadata["requires-dev"][group]) == wanted(lines)


@pytest.mark.parametrize("name", tool.SETS)
def test_requirements_are_the_locks_closure_with_every_hash(name: str) -> None:
    roots = [{"name": "tillwatch", "extra": [] if name == "agent" else [name]}]
    if "build" in tool.SETS[name]:
        roots += LOCK_BUILD
    expected = closure(roots)
    found = pins(name)
    assert set(found) == expected
    for package, (version, hashes) in found.items():
        entry = PACKAGES[package]
        files = [*entry.get("wheels", []), *([entry["sdist"]] if "sdist" in entry else [])]
        assert version == entry["version"]
        assert hashes == {file["hash"] for file in files}


LOCK_BUILD: list[dict[str, Any]] = OURS["dev-dependencies"]["build"]


def test_every_locked_file_has_a_hash() -> None:
    files = [file for package in LOCK["package"] for file in package.get("wheels", [])]
    assert files
    assert all(file["hash"].startswith("sha256:") for file in files)


def test_the_lock_names_no_address_but_the_neutral_one() -> None:
    text = (ROOT / "uv.lock").read_text()
    assert set(re.findall(r'"(https?://[^/"]+|file:[^"]+)', text)) == {tool.NEUTRAL}
    assert tool.without_addresses(text) == text


def test_addresses_are_removed_whatever_index_resolved() -> None:
    before = (
        'source = { registry = "https://mirror.example/simple" }\n'
        'sdist = { url = "https://files.example/ab/cd/x-1.tar.gz", hash = "sha256:1" }\n'
        '{ path = "/srv/wheels/y-2.whl", hash = "sha256:2" }\n'
    )
    assert tool.without_addresses(before) == (
        'source = { registry = "https://index.invalid/simple" }\n'
        'sdist = { url = "https://index.invalid/files/x-1.tar.gz", hash = "sha256:1" }\n'
        '{ url = "https://index.invalid/files/y-2.whl", hash = "sha256:2" }\n'
    )


def test_an_address_of_an_unknown_kind_is_not_committed() -> None:
    with pytest.raises(ValueError, match=r"https://git\.example"):
        tool.without_addresses('source = { git = "https://git.example/x" }\n')
