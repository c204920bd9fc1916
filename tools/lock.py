"""./run lock: resolves pyproject.toml with uv, and writes uv.lock and requirements/*.txt without any index's address.

The reader's own index is used to resolve (UV_DEFAULT_INDEX and its kind). What is committed holds versions and hashes
only, because each chain installs from its own mirror: docs/adr/0001. Every lock is resolved anew, to the newest that
pyproject.toml allows.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NEUTRAL = "https://index.invalid"
# What each file holds, in uv's words. The build backend is in those from which a checkout is installed.
SETS = {
    "agent": [],
    "http": ["--extra", "http"],
    "store": ["--extra", "store"],
    "collector": ["--extra", "collector"],
    "ansible": ["--extra", "ansible"],
    "demo": ["--extra", "demo", "--group", "build"],
    "dev": ["--extra", "dev", "--group", "build"],
}
_REGISTRY = re.compile(r'registry = "[^"]*"')
_FILE = re.compile(r'(?:url|path) = "[^"]*/([^"/]+)"')
_ADDRESS = re.compile(r'"(?:https?|file)://(?!index\.invalid/)[^"]*"')


def without_addresses(lock: str) -> str:
    """`lock` with every index and file named neutrally. Raises ValueError if an unknown kind of address is left."""
    neutral = _REGISTRY.sub(f'registry = "{NEUTRAL}/simple"', lock)
    neutral = _FILE.sub(rf'url = "{NEUTRAL}/files/\1"', neutral)
    if left := _ADDRESS.search(neutral):
        raise ValueError(f"an address in uv.lock that tools/lock.py does not know how to remove: {left[0]}")
    return neutral


def main() -> int:
    uv = shutil.which("uv")
    if uv is None:
        sys.stderr.write("uv is needed to resolve dependencies, and only for that: python3 -m pip install uv\n")
        return 2
    lock = ROOT / "uv.lock"
    lock.unlink(missing_ok=True)
    if subprocess.run([uv, "lock"], cwd=ROOT, check=False).returncode:
        sys.stderr.write("uv could not resolve pyproject.toml; git checkout uv.lock brings the old lock back\n")
        return 1
    lock.write_text(without_addresses(lock.read_text()))
    for name, options in SETS.items():
        _export(uv, ROOT / "requirements" / f"{name}.txt", options)
    return 0


def _export(uv: str, target: Path, options: list[str]) -> None:
    # The lock names the neutral index, and uv wants to find that name among its own.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("UV_")}
    environment["UV_DEFAULT_INDEX"] = f"{NEUTRAL}/simple"
    fixed = ["export", "--quiet", "--frozen", "--no-emit-project", "--no-header", "--no-annotate"]
    subprocess.run([uv, *fixed, *options, "--output-file", str(target)], cwd=ROOT, env=environment, check=True)


if __name__ == "__main__":
    sys.exit(main())
