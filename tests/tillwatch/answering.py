"""A server on loopback that answers what it was told to, for the commands that are clients of a collector."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

Ran = Callable[..., tuple[int, str, str]]


class Asked(NamedTuple):
    method: str
    path: str
    token: str | None
    body: Any


class Site(NamedTuple):
    """A server on loopback: what it was asked, and what it answers a path with: (status, headers, body)."""

    url: str
    asked: list[Asked]
    answers: dict[str, tuple[int, dict[str, str], bytes]]

    def says(self, path: str, body: Any, status: int = 200) -> None:
        self.answers[path] = (status, {}, json.dumps(body).encode())
