"""A journal in a file, to be looked at and run again elsewhere: lines of JSON, gzip where the name ends in .gz.

The first line says where it begins, with the state there, how far it was decided, and the digest of the engine's rows
then, so that a run elsewhere can show that it ends in the same. Each entry follows with its position and its hash.
"""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO, NamedTuple

import msgspec

from collector.database import hash_chain
from collector.database.hash_chain import GENESIS, Broken, ChainBroken, Link
from collector.recording import Recording, Tell
from rules.rows import Row, dump
from rules.state import State

FORMAT = "tillwatch journal 1"
_encode = msgspec.json.Encoder().encode


class Head(msgspec.Struct):
    """`rows` are [table, key, JSON], the state at position `begun`; `digest` is of those at position `decided`.

    `size` entries follow, up to position `head`.
    """

    format: str
    begun: int
    decided: int
    head: int
    size: int
    digest: str
    rows: list[tuple[str, str, msgspec.Raw]] = []


class Line(msgspec.Struct):
    position: int
    hash: str
    entry: msgspec.Raw


_decode = msgspec.json.Decoder(Line).decode


class Exported(NamedTuple):
    recording: Recording
    digest: str


def write(recording: Recording, digest: str, path: Path, tell: Tell) -> int:
    """Exports a journal; `digest` is of the rows that the engine has. Raises ChainBroken, and FileExistsError."""
    state = [(table, key, msgspec.Raw(body)) for table, key, body in recording.rows]
    with _opened(path, "xb") as file:
        head = Head(FORMAT, recording.begun, recording.decided, recording.head, recording.size, digest, state)
        file.write(_encode(head) + b"\n")
        for done, link in enumerate(recording.links, 1):
            file.write(_encode(Line(link.position, link.hash.hex(), msgspec.Raw(link.body))) + b"\n")
            tell(done)
    return recording.size


def digest_of(state: State) -> str:
    """Equal states have equal digests, wherever their rows come from."""
    return digest_of_rows(dump(state))


def digest_of_rows(rows: list[Row]) -> str:
    """Equal states have equal digests, wherever their rows come from."""
    return sha256(b"".join(_encode([table, key]) + body for table, key, body in sorted(rows))).hexdigest()


@contextmanager
def read(path: Path) -> Iterator[Exported]:
    """The journal that `write` wrote, read as it is run. Raises ValueError where it is no such file."""
    with _opened(path, "rb") as file:
        try:
            head = msgspec.json.decode(file.readline(), type=Head)
        except (msgspec.DecodeError, OSError, EOFError) as error:
            raise ValueError(f"{path}: not an exported journal: {error}") from error
        if head.format != FORMAT:
            raise ValueError(f"{path}: found format {head.format[:40]!r}, expected {FORMAT!r}")
        state = [(table, key, bytes(body)) for table, key, body in head.rows]
        recording = Recording(head.begun, state, head.decided, head.head, head.size, _links(file, head))
        yield Exported(recording, head.digest)


def _links(file: IO[bytes], head: Head) -> Iterator[Link]:
    """Raises ChainBroken, also when the file ends too early."""
    begun = head.head - head.size
    last = begun
    for link in hash_chain.held(_lines(file, begun), begun, GENESIS if begun == 0 else None):
        yield link
        last = link.position
    if last != head.head:
        text = f"expected entries up to {head.head}, which the first line tells of; the last is {last}"
        raise ChainBroken(Broken(last + 1, text))


def _lines(file: IO[bytes], begun: int) -> Iterator[Link]:
    position = begun + 1
    try:
        for position, line in enumerate(file, begun + 1):  # noqa: B007 - the last one is where it broke
            found = _decode(line)
            yield Link(found.position, bytes(found.entry), bytes.fromhex(found.hash))
    except (msgspec.DecodeError, ValueError, OSError, EOFError) as error:
        raise ChainBroken(Broken(position, f"expected an entry, found what cannot be read: {error}")) from error


def _opened(path: Path, mode: str) -> IO[bytes]:
    return gzip.open(path, mode) if path.suffix == ".gz" else path.open(mode)  # type: ignore[return-value]
