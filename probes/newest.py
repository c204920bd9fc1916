"""One file among those that a pattern matches, and its beginning. Blocks: a network drive may take its time."""

import errno
import fnmatch
import os
from itertools import islice
from pathlib import Path
from typing import Literal, NamedTuple

MAX_ENTRIES = 10_000  # of a folder

Which = Literal["newest", "oldest"]


class File(NamedTuple):
    """`modified` in seconds since 1970; `body` is at most as long as asked for, `cut` when there is more."""

    path: str
    modified: float
    body: bytes
    cut: bool


def has_pattern(path: str) -> bool:
    return any(character in Path(path).name for character in "*?[")


def found(path: str, which: Which, most: int) -> File | None:
    """The file at `path`, in whose last part `*`, `?` and `[…]` match; None when there is none. Raises OSError."""
    paths = _matching(Path(path)) if has_pattern(path) else [Path(path)]
    dated = [(at, one) for one in paths if (at := _modified(one)) is not None]
    if not dated:
        return None
    modified, one = max(dated) if which == "newest" else min(dated)
    body = _beginning(one, most + 1) if most else b""
    return File(str(one), modified, body[:most], len(body) > most)


def _beginning(path: Path, most: int) -> bytes:
    if not path.is_file():  # opening a pipe would wait for somebody to write into it
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), str(path))
    with path.open("rb") as file:
        return file.read(most)


def _matching(path: Path) -> list[Path]:
    try:
        with os.scandir(path.parent) as entries:
            names = [entry.name for entry in islice(entries, MAX_ENTRIES)]
    except FileNotFoundError:
        return []
    return [path.parent / name for name in fnmatch.filter(names, path.name)]


def _modified(path: Path) -> float | None:
    """None for one that is gone, also since its folder was read."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return None
