"""Puts made files where they belong: what would change is known before anything does; each is replaced whole."""

import difflib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from tillwatch.cmdb.agents import HEAD

Kind = Literal["new", "changed", "same", "gone", "foreign"]


class Change(NamedTuple):
    """`text` is what the file will hold; None for one that is of no agent any more (gone), or not ours (foreign)."""

    path: Path
    kind: Kind
    before: str
    text: str | None


def changes(wanted: Mapping[Path, str], folder: Path | None) -> list[Change]:
    """What is to be written, and what else is in the agents' `folder`. Raises OSError."""
    found = [_change(path, text) for path, text in wanted.items()]
    others = sorted(folder.glob("*.yaml")) if folder is not None and folder.is_dir() else []
    for path in others:
        if path not in wanted:
            before = path.read_text(encoding="utf-8", errors="replace")
            found.append(Change(path, "gone" if before.startswith(HEAD) else "foreign", before, None))
    return found


def write(found: list[Change], *, prune: bool) -> None:
    """Raises OSError; what was replaced until then stays, whole. Only files that an export wrote are ever removed."""
    for change in found:
        if change.text is not None and change.kind != "same":
            change.path.parent.mkdir(parents=True, exist_ok=True)
            _replace(change.path, change.text)
        elif change.kind == "gone" and prune:
            change.path.unlink()


def difference(change: Change) -> str:
    """What changes in the file, line by line, as `diff -u` has it."""
    after = "" if change.text is None else change.text
    lines = difflib.unified_diff(
        change.before.splitlines(), after.splitlines(), str(change.path), str(change.path), lineterm="", n=1
    )
    return "\n".join(lines)


def _change(path: Path, text: str) -> Change:
    try:
        before = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return Change(path, "new", "", text)
    return Change(path, "same" if before == text else "changed", before, text)


def _replace(path: Path, text: str) -> None:
    """A reader sees the old file or the new one, and a full disk leaves the old one."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            os.fchmod(file.fileno(), path.stat().st_mode & 0o7777 if path.exists() else 0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
