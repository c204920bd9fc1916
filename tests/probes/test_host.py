"""The host probe on this machine, with real programs that start and end."""

import asyncio
import subprocess
import sys
import time
from typing import Any

import pytest

from contract.documents import DocumentError
from contract.status import Status
from probes.kinds.host import Observation, Settings, Wanted, judge
from probes.machine import Memory, Ticks, Volume
from probes.settings import read
from probes.trouble import Trouble
from tests.probes.peers import LONG, asked

QUICK = {"window": "10ms", "disk_warning": None, "disk_critical": None, "memory_warning": None}


def seen(**fields: Any) -> Observation:
    usual = {"before": Ticks(0, 0), "after": Ticks(100, 90), "memory": Memory(1000, 900)}
    return Observation(**{**usual, **fields})


def test_this_machine_tells_its_figures() -> None:
    verdict = asyncio.run(asked("host", "", QUICK))
    assert verdict.status is Status.OK
    assert 0 <= verdict.values["cpu_percent"] <= 100
    assert 0 < verdict.values["memory_percent"] < 100
    assert verdict.values["uptime_s"] > 0
    assert any(name.startswith("disk_percent[") for name in verdict.values)


def test_a_program_that_is_killed_is_critical_and_ok_again_when_restarted() -> None:
    settings = {**QUICK, "processes": [{"command": "pos-0042-till-program", "min": 1, "max": 2}]}
    assert asyncio.run(asked("host", "", settings)).text == "0 of pos-0042-till-program run, expected at least 1"
    command = [sys.executable, "-c", "import time; time.sleep(600)", "pos-0042-till-program"]
    for _ in range(2):
        with subprocess.Popen(command) as till:
            try:
                _wait_until_it_runs(till.pid)
                verdict = asyncio.run(asked("host", "", settings))
                assert verdict.values["processes[pos-0042-till-program]"] == 1
                assert verdict.status is Status.OK
                till.kill()
                # Not waited for yet, so it is a zombie: it has a process id and does nothing.
                verdict = asyncio.run(asked("host", "", settings))
                assert verdict.status is Status.CRITICAL
            finally:
                till.kill()


def _wait_until_it_runs(pid: int) -> None:
    deadline = time.monotonic() + LONG
    while time.monotonic() < deadline:
        with open(f"/proc/{pid}/cmdline") as file:  # noqa: PTH123
            if "pos-0042" in file.read():
                return
        time.sleep(0.01)
    raise AssertionError("the program does not start")


def test_the_processors_use_is_the_mean_over_the_window() -> None:
    observation = seen(before=Ticks(100, 50), after=Ticks(110, 52.5))
    assert judge(observation, Settings()).status is Status.OK
    verdict = judge(observation, Settings(cpu_warning=70, cpu_critical=90))
    assert (verdict.status, verdict.text) == (Status.WARNING, "the processor is used by 75 %, more than 70 %")
    assert judge(seen(after=Ticks(0, 0)), Settings()).values["cpu_percent"] == 0


def test_a_full_volume_is_critical_an_empty_reader_nothing_and_an_unreadable_one_unknown() -> None:
    full = Volume("/var", total=1000, used=985, free=5)
    assert judge(seen(volumes=[full]), Settings()).text == "volume /var is used by 99.5 %, more than 98 %"
    verdict = judge(seen(volumes=[Volume("/media/card")]), Settings())
    assert (verdict.status, "disk_percent[/media/card]" in verdict.values) == (Status.OK, False)
    broken = judge(seen(volumes=[Volume("/mnt", error="Input/output error")]), Settings())
    assert (broken.status, broken.text) == (Status.UNKNOWN, "volume /mnt: Input/output error")


def test_a_volume_that_is_not_there_is_unknown() -> None:
    verdict = asyncio.run(asked("host", "", {**QUICK, "disks": ["/nowhere/at/all"]}))
    assert (verdict.status, verdict.text) == (Status.UNKNOWN, "volume /nowhere/at/all: No such file or directory")


def test_too_many_of_a_program_is_what_the_settings_say() -> None:
    settings = Settings(processes=[Wanted(name="pos", max=1, status="warning")])
    verdict = judge(seen(counts=[2]), settings)
    assert (verdict.status, verdict.text) == (Status.WARNING, "2 of pos run, expected at most 1")


def test_services_that_are_not_active_are_critical_and_unasked_ones_unknown() -> None:
    settings = Settings(services=["pos", "spool", "new"])
    verdict = judge(seen(services={"pos": "active", "spool": "failed", "new": "reloading"}), settings)
    assert (verdict.status, verdict.text) == (Status.CRITICAL, "service spool is failed")
    unasked = judge(seen(services=Trouble("local", "no systemd")), settings)
    assert (unasked.status, unasked.text) == (Status.UNKNOWN, "services cannot be asked: no systemd")
    assert judge(seen(services={"pos": "active", "new": "active"}), settings).text == "service spool is unknown"


def test_a_pending_reboot_is_reported_and_a_warning_only_where_it_is_set() -> None:
    quiet = judge(seen(reboot_pending=True), Settings())
    assert (quiet.status, quiet.values["reboot_pending"]) == (Status.OK, 1)
    assert judge(seen(reboot_pending=True), Settings(reboot_pending="warning")).status is Status.WARNING


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"processes": [{"min": 1}]}, "processes[0]: expected a name or a command to know the program by"),
        ({"processes": [{"nam": "pos"}]}, "processes[0].nam: unknown key; did you mean 'name'?"),
        ({"disk_warning": 120}, "disk_warning: found 120, expected float <= 100.0"),
        ({"services": ["--now"]}, "found service '--now', expected a unit such as pos.service"),
    ],
)
def test_a_mistake_in_the_settings_is_named_with_its_place(mapping: dict[str, Any], message: str) -> None:
    with pytest.raises(DocumentError) as refusal:
        read("host", mapping)
    assert message in str(refusal.value)
