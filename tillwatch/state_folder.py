"""The folder that `tillwatch up` keeps everything in: one process at a time."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tillwatch.failure import CommandFailed


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """The folder is ours until the block is left, or the process is gone. Raises CommandFailed when it is another's."""
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CommandFailed(f"{folder} is in use by another `tillwatch up`", 2) from error
        yield
