"""Opens the log whatever state its disk is in: a damaged one is set aside, a disk that refuses is waited for."""

from collections.abc import Callable
from pathlib import Path

from contract.records import Stamp
from edge_agent import tables
from edge_agent.disk import Bounds, DiskLog, bequeath
from edge_agent.log import LogCorrupt
from edge_agent.memory import MemoryLog

Note = Callable[[str], None]  # takes what a person should know


def open_log(path: Path, bounds: Bounds, now: Stamp, left: MemoryLog | None, note: Note) -> DiskLog | MemoryLog:
    """The log at `path` with what is `left` of one in memory; one in memory while the disk refuses. Raises LogInUse."""
    try:
        return _on_disk(path, bounds, now, left, note)
    except OSError as error:
        note(f"the log cannot be opened, so records are kept in memory: {error}")
        return left or MemoryLog(trouble=str(error))


def disk_is_back(path: Path) -> bool:
    """Whether the log at `path` could be opened now. Raises LogInUse."""
    try:
        tables.opened(path).close()
    except (OSError, LogCorrupt):
        return False
    return True


def replace(path: Path, now: Stamp, why: LogCorrupt, note: Note) -> None:
    """Sets the log aside, and begins a new one with what can be read of it. Raises OSError when the disk refuses."""
    from edge_agent.salvage import salvaged, set_aside  # noqa: PLC0415 - weight that few agents ever need

    aside = set_aside(path, now.wall)
    note(f"the log was damaged and is set aside as {aside}: {why}")
    bequeath(path, salvaged(aside), now)


def _on_disk(path: Path, bounds: Bounds, now: Stamp, left: MemoryLog | None, note: Note) -> DiskLog:
    try:
        if left is not None:
            bequeath(path, left.heirloom(), now)
        return DiskLog(path, bounds, now)
    except LogCorrupt as error:
        replace(path, now, error, note)
    if left is not None:
        bequeath(path, left.heirloom(), now)
    return DiskLog(path, bounds, now)
