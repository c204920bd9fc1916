"""What this machine tells of itself: processor, memory, volumes, running programs, uptime, a reboot that waits."""

import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import psutil

REBOOT_MARK = Path("/run/reboot-required")  # left by Debian's and Ubuntu's package tools


class Ticks(msgspec.Struct, frozen=True):
    """Processor seconds since boot, over all processors."""

    total: float
    idle: float


class Volume(msgspec.Struct, frozen=True):
    """Bytes of the volume mounted at `path`. `used + free` may be less than `total`: some keep a reserve."""

    path: str
    total: int = 0
    used: int = 0
    free: int = 0
    error: str = ""


class Program(msgspec.Struct, frozen=True):
    name: str
    command: str


class Memory(msgspec.Struct, frozen=True):
    """Bytes; `available` is what programs could get without swapping."""

    total: int
    available: int


def ticks() -> Ticks:
    times = psutil.cpu_times()._asdict()
    # The guests' time is already part of the user's time.
    total = sum(seconds for name, seconds in times.items() if not name.startswith("guest"))
    return Ticks(total, times["idle"] + times.get("iowait", 0.0))


def memory() -> Memory:
    found = psutil.virtual_memory()
    return Memory(found.total, found.available)


def volumes(paths: Sequence[str]) -> list[Volume]:
    """The volumes mounted at `paths`, or every local one when there are none. May block on a broken disk."""
    return [_volume(path) for path in paths or [part.mountpoint for part in psutil.disk_partitions(all=False)]]


def programs() -> list[Program]:
    """What runs; a zombie does not. Costs about 0.1 ms a process."""
    running = (process.info for process in psutil.process_iter(["name", "cmdline", "status"]))
    return [
        Program(info["name"] or "", " ".join(info["cmdline"] or ()))
        for info in running
        if info["status"] != psutil.STATUS_ZOMBIE
    ]


def uptime() -> float:
    """Seconds since boot."""
    return max(0.0, time.time() - psutil.boot_time())


def reboot_pending(mark: Path = REBOOT_MARK) -> bool:
    return mark.exists()


def _volume(path: str) -> Volume:
    try:
        found = psutil.disk_usage(path)
    except OSError as error:
        return Volume(path, error=error.strerror or str(error))
    return Volume(path, found.total, found.used, found.free)
