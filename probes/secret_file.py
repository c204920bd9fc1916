"""Secrets of probes are in files, read at every use, so that a rotated one needs no restart."""

from pathlib import Path

MAX_SECRET = 16_384  # bytes


def secret(path: str) -> str:
    """The one line in the file at `path`. Raises OSError, and ValueError for what is not a line of printable ASCII."""
    with Path(path).open("rb") as file:
        body = file.read(MAX_SECRET).strip()
    if not body.isascii() or not body.decode().isprintable():
        raise ValueError(f"{path}: expected one line of printable ASCII")
    return body.decode()
