"""./run wheelhouse [DIR]: all that a host needs to run a release, in one file for each role: no host needs an index.

DIR/store.tar and DIR/collector.tar each hold the wheels, ours among them, and requirements.txt with the hash of every
one: `pip install --no-index --require-hashes` installs from it. Every wheel was fetched by pip from the reader's own
index and checked against requirements/*.txt. DIR/manifest.json names a release `VERSION-HASH` by what its file holds:
the same sources give the same release, and a changed one has another name.
"""

import hashlib
import io
import json
import os
import platform
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
SETS = ("store", "collector")
# Zip files begin in 1980; with a fixed instant a wheel of the same sources is the same bytes.
EPOCH = "1577836800"


class Release(NamedTuple):
    """What the manifest says of a release. `sha256` is of `file`; `wheels` are file names to their SHA-256."""

    release: str
    file: str
    sha256: str
    wheels: dict[str, str]


def main(arguments: list[str]) -> int:
    """Prints the releases. 1: a wheel could not be fetched or built; pip has said why."""
    target = Path(arguments[0] if arguments else ROOT / "var" / "wheelhouse")
    target.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory() as scratch:
            ours = _built(Path(scratch) / "ours")
            releases = {name: _release(name, ours, Path(scratch) / name, target) for name in SETS}
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"no wheelhouse: `{' '.join(error.cmd[:4])} …` failed\n")
        return 1
    told = {name: release._asdict() for name, release in releases.items()}
    manifest = {"python": platform.python_version(), "machine": platform.machine(), "releases": told}
    (target / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    for name, release in releases.items():
        print(f"{name}: {release.release}, {len(release.wheels)} wheels, {target / release.file}")
    return 0


def requirements(wheels: dict[str, str]) -> str:
    """`wheels`, names of files to their SHA-256, as pip wants them with --require-hashes."""
    lines = []
    for wheel in sorted(wheels):
        name, version = wheel.split("-")[:2]
        lines.append(f"{name}=={version} --hash=sha256:{wheels[wheel]}")
    return "\n".join(lines) + "\n"


def packed(files: dict[str, bytes]) -> bytes:
    """A tar of `files` that is the same bytes for the same content, whenever and by whomever it is made."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name in sorted(files):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(files[name]), 0o644
            tar.addfile(entry, io.BytesIO(files[name]))
    return out.getvalue()


def _built(folder: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, env={**os.environ, "SOURCE_DATE_EPOCH": EPOCH}, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def _release(name: str, ours: Path, folder: Path, target: Path) -> Release:
    lock = ROOT / "requirements" / f"{name}.txt"
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"]
    fetch = [
        "--no-deps",
        "--only-binary",
        ":all:",
        "--require-hashes",
        "--requirement",
        str(lock),
        "--dest",
        str(folder),
    ]
    subprocess.run([*pip, *fetch], check=True)
    contents = {wheel.name: wheel.read_bytes() for wheel in [ours, *folder.glob("*.whl")]}
    wheels = {wheel: hashlib.sha256(content).hexdigest() for wheel, content in contents.items()}
    body = packed({**contents, "requirements.txt": requirements(wheels).encode()})
    digest = hashlib.sha256(body).hexdigest()
    (target / f"{name}.tar").write_bytes(body)
    version = ours.name.split("-")[1]
    return Release(f"{version}-{digest[:8]}", f"{name}.tar", digest, wheels)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
