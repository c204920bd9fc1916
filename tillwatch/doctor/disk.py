"""Whether a folder takes files, and how much room there is."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tillwatch.doctor.finding import Finding, failed, ok, warning

MIB = 2**20
LEAST = 32 * MIB


def room(folder: Path, wanted: int) -> Iterator[Finding]:
    """`wanted` bytes should be free. A file is really written, for permissions do not tell of a read-only disk."""
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-") as file:
            file.write(b"\0" * 4096)
            file.flush()
    except OSError as error:
        yield failed(f"{folder} takes no file: {error.strerror}", f"make {folder} writable for the service")
        return
    free = shutil.disk_usage(folder).free
    text = f"{free // MIB} MiB are free in {folder}"
    if free < LEAST:
        yield failed(text, "free some space: nothing more can be kept")
    elif free < wanted:
        yield warning(f"{text}; it may take {wanted // MIB} MiB", "free some space, or lower what is kept")
    else:
        yield ok(text)
