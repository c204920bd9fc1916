"""A request as a handler sees it, and a row of the route table. Handlers know nothing of headers, bytes and roles."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Generic, Literal, NamedTuple, TypeVar

import msgspec
from aiohttp import web

from collector.auth import Person, Role
from collector.services import Services

API = "/api/v1"  # its addresses begin so

Q = TypeVar("Q")
B = TypeVar("B")


class NoQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For routes that take no parameters: any that is given is a mistake."""


class Call(NamedTuple, Generic[Q, B]):
    """`path` holds the parts of the address in braces; `query` and `body` are validated. `request` is for streams."""

    services: Services
    person: Person
    path: Mapping[str, str]
    query: Q
    body: B
    request: web.Request


class Answer(NamedTuple):
    """For a handler whose status depends on what it found."""

    document: msgspec.Struct
    status: int


Handler = Callable[[Call[Any, Any]], Awaitable[Any]]


class Route(NamedTuple):
    """One address. `role` None: open to everybody. `answer` is the JSON's shape, or the media type of what is none."""

    method: Literal["GET", "POST"]
    path: str
    handler: Handler
    role: Role | None
    summary: str
    answer: Any
    query: type[msgspec.Struct] = NoQuery
    body: type[msgspec.Struct] | None = None
    status: int = 200
