"""Looks at the machine that the agent runs on: processor, memory, volumes, uptime, named programs and services.

A busy processor or little memory does not stop a till by itself, so their critical limits are unset; a full volume or a
program that is gone does. The processor's use is the mean over `window`, which the probe waits for: keep it below the
check's timeout. Services are asked of systemd. The clock's error is not measured here: the agent knows it from its
collector and reports it with every pulse.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from contract.status import Status
from contract.units import Duration
from probes import machine, systemd
from probes.findings import Finding, above, verdict
from probes.machine import Memory, Program, Ticks, Volume
from probes.probe import Probe, Unusable, Verdict
from probes.text import cleaned
from probes.trouble import Trouble

# Of its own, because a volume that hangs keeps a thread for ever.
_looking = ThreadPoolExecutor(max_workers=2, thread_name_prefix="host")

Percent = Annotated[float, Meta(ge=0, le=100)]
Severity = Literal["warning", "critical"]


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A program that has to run, known by its name, by text in its command line, or by both."""

    name: Annotated[str, Meta(description="the program's exact name, as in `ps -o comm`")] = ""
    command: Annotated[str, Meta(description="text that occurs in its command line")] = ""
    min: Annotated[int, Meta(ge=0, description="how many have to run at least")] = 1
    max: Annotated[int | None, Meta(description="how many may run at most")] = None
    status: Annotated[Severity, Meta(description="what it is when too few or too many run")] = "critical"

    def __post_init__(self) -> None:
        if not self.name and not self.command:
            raise ValueError("expected a name or a command to know the program by")

    @property
    def label(self) -> str:
        return cleaned(self.name or self.command, 60)


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    window: Annotated[Duration, Meta(description="how long the processor's use is measured")] = Duration(1)
    cpu_warning: Annotated[Percent | None, Meta(description="processor use, in %, above which it is a warning")] = None
    cpu_critical: Annotated[Percent | None, Meta(description="processor use, in %, above which it is critical")] = None
    memory_warning: Annotated[Percent | None, Meta(description="memory use, in %, above which it is a warning")] = 95
    memory_critical: Annotated[Percent | None, Meta(description="memory use, in %, above which it is critical")] = None
    disks: Annotated[list[str], Meta(description="mount points to look at; empty: every local volume")] = []
    disk_warning: Annotated[Percent | None, Meta(description="use of a volume, in %, above which it is a warning")] = 90
    disk_critical: Annotated[Percent | None, Meta(description="use of a volume, in %, above which it is critical")] = 98
    processes: Annotated[list[Wanted], Meta(description="programs that have to run")] = []
    services: Annotated[list[str], Meta(description="systemd units that have to be active")] = []
    reboot_pending: Annotated[
        Literal["ok", "warning"], Meta(description="what it is when the system waits for a reboot (Debian)")
    ] = "ok"

    def __post_init__(self) -> None:
        for unit in self.services:
            if not unit or unit.startswith("-") or not unit.isprintable():
                raise ValueError(f"found service {unit!r}, expected a unit such as pos.service")


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """`counts` has how many of each of the wanted programs run, in the order of the settings."""

    trouble: Trouble | None = None
    before: Ticks = Ticks(0, 0)
    after: Ticks = Ticks(0, 0)
    memory: Memory = Memory(0, 0)
    volumes: list[Volume] = []
    counts: list[int] = []
    services: dict[str, str] | Trouble = {}
    uptime: float = 0.0
    reboot_pending: bool = False


def check(target: str) -> None:
    """Raises Unusable for any machine but this one."""
    if target not in ("", "localhost"):
        raise Unusable(f"target {target!r}: host looks at the agent's own machine; leave the target out")


async def probe(target: str, settings: Settings) -> Observation:
    check(target)
    before = machine.ticks()
    await asyncio.sleep(settings.window)
    services = await systemd.states(settings.services) if settings.services else {}
    loop = asyncio.get_running_loop()
    volumes, counts = await loop.run_in_executor(_looking, _looked, settings)
    return Observation(
        before=before,
        after=machine.ticks(),
        memory=machine.memory(),
        volumes=volumes,
        counts=counts,
        services=services,
        uptime=machine.uptime(),
        reboot_pending=machine.reboot_pending(),
    )


def silent(seconds: float) -> Observation:
    return Observation(trouble=Trouble("local", f"this machine did not tell how it is within {seconds:g} s"))


def judge(observation: Observation, settings: Settings) -> Verdict:
    """
    >>> seen = Observation(before=Ticks(100, 50), after=Ticks(110, 51), memory=Memory(1000, 400), counts=[0])
    >>> judge(seen, Settings(processes=[Wanted(name="pos")]))
    Verdict(status=<Status.CRITICAL: 2>, text='0 of pos run, expected at least 1', values={'cpu_percent': 90.0, \
'memory_percent': 60.0, 'uptime_s': 0.0, 'reboot_pending': 0.0, 'processes[pos]': 0.0})
    """
    if observation.trouble is not None:
        return Verdict(observation.trouble.status, observation.trouble.text)
    cpu = _share(_busy(observation.before, observation.after), observation.after.total - observation.before.total)
    memory = _share(observation.memory.total - observation.memory.available, observation.memory.total)
    values = {"cpu_percent": cpu, "memory_percent": memory, "uptime_s": float(round(observation.uptime))}
    values["reboot_pending"] = float(observation.reboot_pending)
    findings = [
        *above("the processor is used by", cpu, "%", settings.cpu_warning, settings.cpu_critical),
        *above("memory is used by", memory, "%", settings.memory_warning, settings.memory_critical),
    ]
    for volume in observation.volumes:
        findings += _volume(volume, settings, values)
    for wanted, count in zip(settings.processes, observation.counts, strict=True):
        values[f"processes[{wanted.label}]"] = float(count)
        findings += _program(wanted, count)
    findings += _services(observation.services, settings.services)
    if observation.reboot_pending and settings.reboot_pending == "warning":
        findings.append(Finding(Status.WARNING, "the system waits for a reboot"))
    return verdict(findings, values)


def _volume(volume: Volume, settings: Settings, values: dict[str, float]) -> list[Finding]:
    """Adds the volume's use to `values`; a volume of size 0 (an empty card reader, a pseudo file system) has none."""
    name = cleaned(volume.path, 60)
    if volume.error:
        return [Finding(Status.UNKNOWN, f"volume {name}: {volume.error}")]
    if volume.used + volume.free <= 0:
        return []
    used = values[f"disk_percent[{name}]"] = _share(volume.used, volume.used + volume.free)
    return above(f"volume {name} is used by", used, "%", settings.disk_warning, settings.disk_critical)


def _program(wanted: Wanted, count: int) -> list[Finding]:
    status = Status[wanted.status.upper()]
    if count < wanted.min:
        return [Finding(status, f"{count} of {wanted.label} run, expected at least {wanted.min}")]
    if wanted.max is not None and count > wanted.max:
        return [Finding(status, f"{count} of {wanted.label} run, expected at most {wanted.max}")]
    return []


def _services(found: dict[str, str] | Trouble, wanted: list[str]) -> list[Finding]:
    if isinstance(found, Trouble):
        return [Finding(Status.UNKNOWN, f"services cannot be asked: {found.detail}")]
    states = {unit: found.get(unit, "unknown") for unit in wanted}
    return [
        Finding(Status.UNKNOWN if state == "unknown" else Status.CRITICAL, f"service {cleaned(unit, 60)} is {state}")
        for unit, state in states.items()
        if state not in ("active", "reloading")
    ]


def _share(part: float, whole: float) -> float:
    return round(100 * part / whole, 1) if whole > 0 else 0.0


def _busy(before: Ticks, after: Ticks) -> float:
    return (after.total - before.total) - (after.idle - before.idle)


def _looked(settings: Settings) -> tuple[list[Volume], list[int]]:
    running = machine.programs() if settings.processes else []
    return machine.volumes(settings.disks), [_count(wanted, running) for wanted in settings.processes]


def _count(wanted: Wanted, running: list[Program]) -> int:
    return sum(wanted.name in ("", program.name) and wanted.command in program.command for program in running)


PROBE = Probe(settings=Settings, target="left out, or localhost", check=check, probe=probe, silent=silent, judge=judge)
