"""Reads the documents in a process of its own, which ends: reading YAML needs some 6 KB an item, and a Python that has
needed memory keeps it. Small ones are read here, where a process would cost more than they do.

`python -m collector.reading` takes the sources on its standard input and answers on its standard output.
"""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import msgspec

from collector import documents
from collector.documents import Documents, Sources
from contract.documents import DocumentError, Mistake

LARGE = 1 << 20  # bytes of all files together
_COMMAND = (sys.executable, "-m", "collector.reading")


class Refused(msgspec.Struct, frozen=True, tag=True):
    """A DocumentError on its way to the process that asked."""

    name: str
    mistakes: list[Mistake]


class Read(msgspec.Struct, frozen=True, tag=True):
    documents: Documents


_answer = msgspec.json.Decoder(Read | Refused).decode


class ReaderFailed(OSError):  # noqa: N818 - past tense, as all events here
    """The other process ended without an answer."""


def at_start(where: Sources) -> Documents:
    """Blocks. Raises DocumentError with every mistake, and ReaderFailed."""
    sizes = [path.stat().st_size for path in documents.files(where) if path.is_file()]
    if sum(sizes) <= LARGE:
        return documents.read(where)
    done = subprocess.run(_COMMAND, input=_question(where), capture_output=True, env=_environment(), check=False)
    return _documents(done.stdout, done.stderr)


async def elsewhere(where: Sources) -> Documents:
    """Raises DocumentError with every mistake, and ReaderFailed."""
    child = await asyncio.create_subprocess_exec(
        *_COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=_environment(),
    )
    try:
        out, error = await child.communicate(_question(where))
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    return _documents(out, error)


def main() -> None:
    """What runs in the other process."""
    os.nice(10)  # whoever asked goes on receiving meanwhile
    where = msgspec.json.decode(sys.stdin.buffer.read(), type=Sources)
    try:
        answer: Read | Refused = Read(documents.read(where))
    except DocumentError as error:
        answer = Refused(error.name, error.mistakes)
    sys.stdout.buffer.write(msgspec.json.encode(answer))


def _documents(out: bytes, error: bytes) -> Documents:
    try:
        answer = _answer(out)
    except msgspec.DecodeError as refused:
        last = error.decode(errors="replace").strip().splitlines()[-1:]
        raise ReaderFailed(f"the process that reads the documents failed: {''.join(last) or refused}") from refused
    if isinstance(answer, Refused):
        raise DocumentError(answer.name, answer.mistakes)
    # Raw of a decoded message is a view into all of it.
    read: Documents = answer.documents
    return msgspec.structs.replace(read, policy=read.policy.copy(), cmdb=read.cmdb.copy())


def _question(where: Sources) -> bytes:
    return msgspec.json.encode(where)


def _environment() -> dict[str, str]:
    """With our own packages first, wherever this process found them."""
    paths = [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}


if __name__ == "__main__":
    main()
