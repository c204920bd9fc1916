"""Recordings of real devices, replayed by snmpsim, get the status that a technician would read from their displays.

The recordings are not ours to ship: they are looked for where TILLWATCH_SHARED points to, or beside the repository.
"""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from contract.status import Status
from probes import registry
from probes.probe import Verdict
from probes.settings import read
from tests.probes.peers import LONG, asked

ROOT = Path(__file__).resolve().parents[2]
RECORDINGS = Path(os.environ.get("TILLWATCH_SHARED") or ROOT.parent / "shared") / "snmprec"
pytestmark = pytest.mark.skipif(
    not RECORDINGS.is_dir(), reason="the recordings of devices are not beside the repository"
)

PASSPHRASE, KEY = "an-authentication", "an-encryption"
FIREWALL = "1.3.6.1.4.1.12356.101"
Asking = Callable[..., Verdict]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """snmpsim, which takes the community, or the context of v3, for the name of a recording."""
    folder = tmp_path_factory.mktemp("snmpsim")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
    beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    program = shutil.which("snmpsim-command-responder", path=beside)
    assert program, "snmpsim is not installed: it is among the development extras"
    command = [
        program,
        f"--data-dir={RECORDINGS}",
        f"--cache-dir={folder}",
        f"--agent-udpv4-endpoint=127.0.0.1:{number}",
    ]
    login = ["--v3-user=watcher", f"--v3-auth-key={PASSPHRASE}", "--v3-auth-proto=SHA256"]
    privacy = [f"--v3-priv-key={KEY}", "--v3-priv-proto=AES"]
    with (folder / "log").open("wb") as log:
        environment = {**os.environ, "SNMPSIM_ALLOW_ROOT": "true", "PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen([*command, *login, *privacy], stdout=log, stderr=log, env=environment)
    try:
        _wait_for("Listening at", folder / "log", process)
        yield number
    finally:
        process.terminate()
        process.wait(LONG)


@pytest.fixture
def device(port: int, tmp_path: Path) -> Asking:
    """Asks the device of a recording."""

    def verdict(recording: str, **settings: Any) -> Verdict:
        (tmp_path / "community").write_text(recording)
        login = {"community_file": str(tmp_path / "community")} if settings.get("version") != 3 else {}
        return asyncio.run(asked("snmp", f"127.0.0.1:{port}", {"wait": "5s", **login, **settings}))

    return verdict


@pytest.mark.parametrize("version", [1, "2c"])
@pytest.mark.parametrize(
    ("recording", "reading"),
    [
        # only tenths of the charge, no basic battery status, runtime in TimeTicks, no UPS-MIB
        ("apc_smtl1000-nmc3", (100, 25, 37.8)),
        # runtime in minutes in one MIB and in TimeTicks in the other
        ("cyberpower_pr2200rt2uc", (100, 175, 3)),
        ("dell-ups_tower1000w", (98, 31, 26)),
        # only the maker's own MIB, runtime in seconds
        ("eatonups", (100, 143, 25)),
    ],
)
def test_a_ups_on_mains_with_a_full_battery_is_ok(
    device: Asking, version: int | str, recording: str, reading: tuple[float, int, float]
) -> None:
    """`reading` is the charge in %, how many minutes it lasts, and the load in %."""
    verdict = device(recording, version=version, profile="ups")
    assert (verdict.status, verdict.text) == (Status.OK, "")
    values = verdict.values
    assert (values["charge_percent"], int(values["runtime_s"] / 60), values["load_percent"]) == reading


def test_a_ups_that_lasts_for_less_than_is_wanted_says_how_long(device: Asking) -> None:
    verdict = device("apc_smtl1000-nmc3", profile="ups", runtime_warning="30m")
    assert (verdict.status, verdict.text) == (Status.WARNING, "it lasts 1522 s, less than 1800 s")


@pytest.mark.parametrize("version", [1, "2c"])
def test_a_firewall_is_well_when_its_watched_ports_are_up(device: Asking, version: int | str) -> None:
    """Ten of its sixteen ports are down: unused sockets, and switched off tunnels."""
    verdict = device("fortigate_100e", version=version, profile="if", ports=["wan1", "lan", "outside"])
    assert (verdict.status, verdict.text) == (Status.OK, "")
    backup = device("fortigate_100e", version=version, profile="if", ports=["wan1", "wan2"])
    assert (backup.status, backup.text) == (Status.CRITICAL, "port wan2 is down")
    modem = device("fortigate_100e", version=version, profile="if", ports=["modem"])
    assert (modem.status, modem.text) == (Status.WARNING, "port modem is switched off by configuration")


def test_a_firewalls_processor_and_tunnels_are_judged_by_the_makers_own_values(device: Asking) -> None:
    processor = {"oid": f"{FIREWALL}.4.1.3.0", "name": "processor", "unit": "%", "critical_above": 90}
    tunnel = {"oid": f"{FIREWALL}.12.2.2.1.20.2", "name": "tunnel", "states": {"1": "critical", "2": "ok"}}
    verdict = device("fortigate_100e", values=[processor, tunnel])
    assert (verdict.status, verdict.text) == (Status.OK, "")
    assert (verdict.values["processor"], verdict.values["tunnel"]) == (6, 2)
    busy = device("fortigate_100e", values=[{**processor, "critical_above": 5}])
    assert (busy.status, busy.text) == (Status.CRITICAL, "processor is 6 %, more than 5 %")


def test_a_router_that_only_describes_its_ports_is_asked_by_description(device: Asking) -> None:
    assert device("draytek", profile="if", ports=["WAN1"]).status is Status.OK
    assert device("draytek", profile="if", ports=["WAN2"]).status is Status.WARNING


def test_a_device_that_is_no_ups_is_unknown_as_one(device: Asking) -> None:
    verdict = device("fortigate_100e", profile="ups")
    assert verdict.status is Status.UNKNOWN
    assert verdict.text == "it answers, but in no dialect of a UPS that is known here"


def test_version_3_asks_encrypted_and_tells_a_refused_login_from_a_dead_device(device: Asking, tmp_path: Path) -> None:
    for name, text in (("auth", PASSPHRASE), ("priv", KEY), ("wrong", "a-wrong-passphrase")):
        (tmp_path / name).write_text(text)
    login = {"version": 3, "user": "watcher", "auth": "sha256", "context": "eatonups", "profile": "ups"}
    files = {"auth_file": str(tmp_path / "auth"), "priv_file": str(tmp_path / "priv")}
    assert device("", **login, **files).status is Status.OK
    refused = device("", **login, **{**files, "auth_file": str(tmp_path / "wrong")})
    assert (refused.status, refused.text) == (Status.UNKNOWN, "not permitted: Wrong SNMP PDU digest")
    unknown = device("", **{**login, "user": "stranger"}, **files)
    assert (unknown.status, unknown.text) == (Status.UNKNOWN, "not permitted: Unknown USM user")
    assert device("", **login, **files).status is Status.OK


def test_two_passphrases_of_users_with_one_name_do_not_disturb_each_other(port: int, tmp_path: Path) -> None:
    """pysnmp keeps a user's keys by name; two stores' devices may share the name, or a passphrase may be changed."""
    (tmp_path / "auth").write_text(PASSPHRASE)
    (tmp_path / "priv").write_text(KEY)
    (tmp_path / "wrong").write_text("a-wrong-passphrase")
    probe = registry.load("snmp")
    login = {"version": 3, "user": "watcher", "auth": "sha256", "context": "eatonups", "wait": "5s"}
    typed = [
        read("snmp", {**login, "auth_file": str(tmp_path / name), "priv_file": str(tmp_path / "priv")})
        for name in ("auth", "wrong")
    ]

    async def scene() -> list[Status]:
        try:
            seen = await asyncio.gather(*(probe.probe(f"127.0.0.1:{port}", typed[turn % 2]) for turn in range(8)))
            return [probe.judge(observation, typed[turn % 2]).status for turn, observation in enumerate(seen)]
        finally:
            await probe.aclose()

    assert asyncio.run(scene()) == [Status.OK, Status.UNKNOWN] * 4


def _wait_for(text: str, log: Path, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 2 * LONG
    while text not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
