"""A disk of which the power is cut: what it may hold afterwards, by the rules that POSIX gives programs to rely on.

Certain is only what was synced. Each write and truncation of a file since its last sync is kept, lost or torn: of a
torn write, each 512-byte sector for itself. Names (created, renamed, removed) are certain once their folder is synced;
of those since, the disk has the first few, because file systems with a journal keep their order. A sector that was not
written whole keeps its other bytes (SQLite's PSOW): every disk of the last decade promises that much.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

from tests.faults.recording import Entry, Kind

SECTOR = 512

Names = dict[str, int]
Image = dict[str, bytes]


class _Write(NamedTuple):
    offset: int
    data: bytes


class _Resize(NamedTuple):
    size: int


class _File:
    """`certain` is what was synced, `since` what came after."""

    def __init__(self, certain: bytes = b"") -> None:
        self.certain = bytearray(certain)
        self.since: list[_Write | _Resize] = []

    def sync(self) -> None:
        for change in self.since:
            _put(self.certain, change)
        self.since.clear()


class Disk:
    """Holds `begin` for certain, and takes a recording entry by entry."""

    def __init__(self, begin: Image | None = None) -> None:
        held = enumerate((begin or {}).items())
        self._files = {number: _File(data) for number, (_, data) in held}
        self._names: Names = {name: number for number, name in enumerate(begin or {})}
        self._certain_names = dict(self._names)
        self._since: list[Callable[[Names], object]] = []

    def take(self, entry: Entry) -> None:
        file = self._files.get(self._names.get(entry.path, -1))
        match entry.kind:
            case Kind.CREATE:
                number = len(self._files)
                self._files[number] = _File()
                self._rename(lambda names: names.update({entry.path: number}))
            case Kind.RENAME:
                to = entry.data.decode()
                self._rename(lambda names: names.update({to: names.pop(entry.path)}) if entry.path in names else None)
            case Kind.UNLINK:
                self._rename(lambda names: names.pop(entry.path, None))
            case Kind.SYNC_FOLDER:
                self._certain_names, self._since = dict(self._names), []
            case Kind.WRITE if file:
                file.since.append(_Write(entry.offset, entry.data))
            case Kind.TRUNCATE if file:
                file.since.append(_Resize(entry.offset))
            case Kind.SYNC if file:
                file.sync()

    def now(self) -> Image:
        """What a program that starts while the power stays on would read."""
        return {name: self._left(self._files[number], 1.0, 0.0, Random(0)) for name, number in self._names.items()}

    def certain(self) -> Image:
        """What every cut at this moment leaves."""
        return {name: bytes(self._files[number].certain) for name, number in self._certain_names.items()}

    def after_a_cut(self, chance: Random) -> Image:
        """One of the many images that a cut at this moment may leave."""
        names = dict(self._certain_names)
        for change in self._since[: chance.randint(0, len(self._since))]:
            change(names)
        kept, torn = chance.choice([(0.0, 0.0), (0.0, 0.5), (0.5, 0.25), (0.8, 0.2), (1.0, 0.0)])
        return {name: self._left(self._files[number], kept, torn, chance) for name, number in names.items()}

    def _rename(self, change: Callable[[Names], object]) -> None:
        change(self._names)
        self._since.append(change)

    @staticmethod
    def _left(file: _File, kept: float, torn: float, chance: Random) -> bytes:
        content = bytearray(file.certain)
        for change in file.since:
            lot = chance.random()
            if lot < kept:
                _put(content, change)
            elif lot < kept + torn and isinstance(change, _Write):
                for sector in _sectors(change):
                    if chance.random() < 0.5:
                        _put(content, sector)
        return bytes(content)


def _put(content: bytearray, change: _Write | _Resize) -> None:
    end = change.size if isinstance(change, _Resize) else change.offset + len(change.data)
    if len(content) < end:
        content.extend(bytes(end - len(content)))
    if isinstance(change, _Resize):
        del content[end:]
    else:
        content[change.offset : end] = change.data


def _sectors(write: _Write) -> Iterator[_Write]:
    at, end = write.offset, write.offset + len(write.data)
    while at < end:
        until = min(end, (at // SECTOR + 1) * SECTOR)
        yield _Write(at, write.data[at - write.offset : until - write.offset])
        at = until


def images(
    entries: list[Entry], cuts: Iterable[int], seed: int, begin: Image | None = None
) -> Iterator[tuple[int, Image]]:
    """For each cut, an index into `entries`: what the disk may hold when only those before it have happened."""
    disk, taken = Disk(begin), 0
    for cut in sorted(cuts):
        for entry in entries[taken:cut]:
            disk.take(entry)
        taken = cut
        yield cut, disk.after_a_cut(Random(f"{seed}/{cut}"))


def write(image: Image, folder: Path) -> None:
    folder.mkdir(parents=True)
    for name, data in image.items():
        (folder / name).write_bytes(data)
