"""A chain of four booted hosts, deployed with the real playbooks: started, asked, broken and put away from a test."""

import hashlib
import json
import os
import re
import secrets
import shutil
import subprocess
import time
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from rules.given import policy
from tools.wheelhouse import packed, requirements

ROOT = Path(__file__).resolve().parents[2]
FLEET = ROOT / "tests" / "acceptance" / "fleet.sh"
CENTRE = "centre"
STORES = ("0042-server", "0043-server", "0044-server")
CHANGED = re.compile(r"^(\S+) +: ok=\d+ +changed=(\d+) +unreachable=(\d+) +failed=(\d+)", re.MULTILINE)


class Outcome(NamedTuple):
    """What a playbook said. `changed` and `failed` count tasks by host."""

    code: int
    text: str
    changed: dict[str, int]
    failed: dict[str, int]


class Site:
    """`folder` gets a copy of inventories/ci, with the policy's durations divided by `pace`, and all logs."""

    def __init__(self, folder: Path, wheelhouse: Path, pace: float) -> None:
        self.folder = folder
        self.wheelhouse = wheelhouse
        self.logs = folder / "logs"
        self.before: dict[str, set[str]] = {}  # what each host consisted of when it was booted
        self.token, self.passphrase = secrets.token_hex(24), secrets.token_hex(24)
        shutil.copytree(ROOT / "ansible" / "inventories" / "ci", folder / "site")
        self.logs.mkdir()
        (folder / "site" / "policy.yaml").write_text(yaml.safe_dump(policy.scaled(policy.load("retail"), pace)))

    def play(self, name: str, *arguments: str, wheelhouse: Path | None = None) -> Outcome:
        """Runs a playbook with diffs shown, as a person would, and keeps what it says."""
        variables = {
            "collector_policy": str(self.folder / "site" / "policy.yaml"),
            "edge_agent_secrets": {"example.token": self.token},
            "authority_passphrase": self.passphrase,
        }
        command = ["ansible-playbook", "-i", str(self.folder / "site" / "hosts"), "--diff", "-e", json.dumps(variables)]
        environment = {
            **os.environ,
            "PATH": f"{ansible_folder()}:{os.environ['PATH']}",
            "ANSIBLE_CONFIG": str(ROOT / "ansible" / "ansible.cfg"),
            "ANSIBLE_NOCOLOR": "1",
            "TILLWATCH_WHEELHOUSE": str(wheelhouse or self.wheelhouse),
        }
        print(f"ansible-playbook {name} {' '.join(arguments)}", flush=True)
        started = time.monotonic()
        log = self.logs / f"{len(list(self.logs.iterdir())):02d}-{name}.log"
        with log.open("wb") as out:
            code = subprocess.run(
                [*command, str(ROOT / "ansible" / "playbooks" / f"{name}.yml"), *arguments],
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=environment,
                check=False,
                timeout=1800,
            ).returncode
        text = log.read_text()
        rows = CHANGED.findall(text)
        print(f"  … {time.monotonic() - started:.0f} s", flush=True)
        return Outcome(
            code,
            text,
            {host: int(changed) for host, changed, _, _ in rows},
            {host: int(unreachable) + int(failed) for host, _, unreachable, failed in rows},
        )

    def get(self, path: str) -> Any:
        """Asks the collector on its own loopback, where alone it listens."""
        ask = f"import urllib.request as u; print(u.urlopen('http://127.0.0.1:8420{path}', timeout=10).read().decode())"
        return json.loads(ssh(CENTRE, f'python3 -c "{ask}"'))

    def incidents(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("/api/v1/incidents?limit=500")["items"]
        return found


def fleet(*arguments: str, timeout: float = 300) -> str:
    """What fleet.sh prints. Raises CalledProcessError."""
    done = subprocess.run(
        [str(FLEET), *arguments],
        check=True,
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=timeout,
    )
    return done.stdout


def ssh(host: str, command: str, timeout: float = 60) -> str:
    return fleet("ssh", host, command, timeout=timeout).strip()


def release(host: str, part: str = "store") -> str:
    """The release that is the current one on a host."""
    return ssh(host, f"basename $(readlink /opt/tillwatch/{part}/current)")


def until(what: Callable[[], Any], seconds: float, told: str) -> Any:
    """The first true answer of `what`, which may fail meanwhile."""
    last: object = None
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            last = what()
        except (subprocess.SubprocessError, ValueError, KeyError) as error:
            last = error
        if last and not isinstance(last, Exception):
            return last
        time.sleep(1)
    raise AssertionError(f"not within {seconds:.0f} s: {told}; the last answer was {last!r}")


def broken(wheelhouse: Path, target: Path) -> Path:
    """A wheelhouse whose agent reads its configuration well, and dies when it is to run."""
    shutil.copytree(wheelhouse, target)
    folder = target / "store"
    folder.mkdir(exist_ok=True)
    subprocess.run(["tar", "--extract", "--file", target / "store.tar", "--directory", folder], check=True)
    wheel = next(folder.glob("tillwatch-*.whl"))
    with zipfile.ZipFile(wheel) as whole:
        files = {name: whole.read(name) for name in whole.namelist()}
    files["edge_agent/app.py"] += (
        b"\n\nasync def _die(self, stop):\n    raise SystemExit('a broken release')\n\n\nAgent.run = _die\n"
    )
    with zipfile.ZipFile(wheel, "w") as out:
        for name, content in files.items():
            out.writestr(name, content)
    _repack(folder, target, json.loads((target / "manifest.json").read_text()))
    return target


def _repack(folder: Path, target: Path, manifest: dict[str, Any]) -> None:
    contents = {wheel.name: wheel.read_bytes() for wheel in folder.glob("*.whl")}
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    body = packed({**contents, "requirements.txt": requirements(sums).encode()})
    (target / "store.tar").write_bytes(body)
    digest = hashlib.sha256(body).hexdigest()
    manifest["releases"]["store"] |= {"release": f"broken-{digest[:8]}", "sha256": digest, "wheels": sums}
    (target / "manifest.json").write_text(json.dumps(manifest))


def secrets_of(hosts: Iterable[str]) -> set[str]:
    """The middle of every private key on `hosts`, to be looked for where it must not be."""
    found: set[str] = set()
    for host in hosts:
        keys = ssh(host, "cat $(find /etc/tillwatch /etc/mosquitto -name '*.key' 2>/dev/null) </dev/null")
        found |= {line for line in keys.splitlines() if len(line) > 40 and " " not in line}
    return found


def ansible_folder() -> Path:
    """Where ansible's programs are; ./run acceptance has made it."""
    return Path(os.environ.get("TILLWATCH_ANSIBLE", ROOT / ".venv-ansible")) / "bin"
