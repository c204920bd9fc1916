"""A release is named by what it holds, and nothing but that is installed from it."""

import hashlib
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tools.wheelhouse import packed, requirements

INFO = "till-1.0.dist-info"


def wheel(text: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("till.py", text)
        file.writestr(f"{INFO}/METADATA", "Metadata-Version: 2.1\nName: till\nVersion: 1.0\n")
        file.writestr(f"{INFO}/WHEEL", "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{INFO}/RECORD", f"till.py,,\n{INFO}/METADATA,,\n{INFO}/WHEEL,,\n{INFO}/RECORD,,\n")
    return out.getvalue()


def install(folder: Path) -> subprocess.CompletedProcess[str]:
    """As the role does it."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--find-links", ".", "--no-deps"]
    options = ["--require-hashes", "--requirement", "requirements.txt", "--target", "installed"]
    return subprocess.run([*pip, *options], cwd=folder, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    body = wheel("open = True\n")
    sums = {"till-1.0-py3-none-any.whl": hashlib.sha256(body).hexdigest()}
    release = packed({"till-1.0-py3-none-any.whl": body, "requirements.txt": requirements(sums).encode()})
    subprocess.run(["tar", "--extract", "--directory", tmp_path], input=release, check=True)
    return tmp_path


def test_the_same_files_are_the_same_bytes_in_whatever_order() -> None:
    assert packed({"b": b"2", "a": b"1"}) == packed({"a": b"1", "b": b"2"})
    assert packed({"a": b"1"}) != packed({"a": b"2"})


def test_a_release_installs_without_an_index(unpacked: Path) -> None:
    outcome = install(unpacked)
    assert outcome.returncode == 0, outcome.stderr
    assert (unpacked / "installed" / "till.py").read_text() == "open = True\n"


def test_a_wheel_that_was_changed_is_not_installed(unpacked: Path) -> None:
    (unpacked / "till-1.0-py3-none-any.whl").write_bytes(wheel("open = False\n"))
    outcome = install(unpacked)
    assert outcome.returncode != 0
    assert "DO NOT MATCH THE HASHES" in outcome.stderr
    assert not (unpacked / "installed" / "till.py").exists()
