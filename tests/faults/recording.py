"""What a real process did to its files and said on its sockets, in one order: recorded by recorder.c, read here."""

import os
import struct
import subprocess
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

SOURCE = Path(__file__).with_name("recorder.c")
ROOT = Path(__file__).parents[2]
_HEADER = struct.Struct("=IIIIQd")


class Kind(IntEnum):
    """As in recorder.c."""

    CREATE = 1
    TRUNCATE = 2
    WRITE = 3
    SYNC = 4
    SYNC_FOLDER = 5
    RENAME = 6
    UNLINK = 7
    SEND = 8
    CLOSE = 9
    UNKNOWN = 10


class Entry(NamedTuple):
    """`path` is below the recorded folder; `offset` of a WRITE, or the size after a TRUNCATE; `at` in seconds of the
    monotonic clock; the data of a RENAME is the new name, that of a SEND what went out on socket `fd`.
    """

    kind: Kind
    at: float
    fd: int
    path: str
    offset: int
    data: bytes


def recorder(folder: Path) -> Path:
    """The library for LD_PRELOAD, compiled into `folder`."""
    library = folder / "recorder.so"
    command = ["gcc", "-Wall", "-Wextra", "-Werror", "-O2", "-shared", "-fPIC", "-o", library, SOURCE, "-ldl"]
    subprocess.run(command, check=True, timeout=120)
    return library


def environment(library: Path, folder: Path, log: Path) -> dict[str, str]:
    """For a process of whose files in `folder` and words the recording at `log` is made."""
    return os.environ | {
        "PYTHONPATH": str(ROOT),
        "LD_PRELOAD": str(library),
        "TILLWATCH_RECORD_FOLDER": str(folder),
        "TILLWATCH_RECORD_LOG": str(log),
    }


def entries(log: Path) -> list[Entry]:
    """The recording. Raises ValueError when the process did something that it cannot tell."""
    return list(_entries(log.read_bytes()))


def _entries(recorded: bytes) -> Iterator[Entry]:
    at = 0
    while at + _HEADER.size <= len(recorded):
        kind, path, size, fd, offset, when = _HEADER.unpack_from(recorded, at)
        middle = at + _HEADER.size + path
        at = middle + size
        if at > len(recorded):
            return  # the process was killed while it wrote this: nobody saw it done
        name, data = recorded[middle - path : middle].decode(), recorded[middle:at]
        if kind == Kind.UNKNOWN:
            raise ValueError(f"{name}: {data.decode()} cannot be played back")
        yield Entry(Kind(kind), when, fd, name, offset, data)
