"""Where in a JSON document: `data.queue[0].depth`. Names, and positions counted from 0; no wildcards."""

import re
from typing import Any

_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d{1,6})\]")


class NoSuchPlace(LookupError):  # noqa: N818 - reads as what it is
    """The document has nothing at the path; the text says how far it got."""


def steps(path: str) -> tuple[str | int, ...]:
    """`path` taken apart. Raises ValueError for what is not a path.

    >>> steps("data.queue[0].depth")
    ('data', 'queue', 0, 'depth')
    """
    out: list[str | int] = []
    at = 0
    while at < len(path):
        match = _STEP.match(path, at)
        if match is None or (match[0].startswith(".") and at == 0):
            raise ValueError(f"found path {path!r}, expected something like data.queue[0].depth")
        out.append(match[1] if match[1] is not None else int(match[2]))
        at = match.end()
    if not out:
        raise ValueError("found an empty path, expected something like data.queue[0].depth")
    return tuple(out)


def find(document: Any, path: str) -> Any:
    """The value at `path`. Raises NoSuchPlace."""
    for step in steps(path):
        inside = isinstance(document, dict) and step in document
        listed = isinstance(document, list) and isinstance(step, int) and step < len(document)
        if not inside and not listed:
            raise NoSuchPlace(f"nothing at {path}: stopped before {step!r}")
        document = document[step]
    return document
