"""Opaque cursors: where a page ended, not how many rows came before it, so new incidents never shift the next page."""

import base64
import binascii
from typing import TypeVar

import msgspec

from collector.http.problems import Refused

T = TypeVar("T")


def written(end: object) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(end)).rstrip(b"=").decode()


def read(cursor: str, kind: type[T]) -> T:
    """Raises Refused for a cursor that we did not write, or wrote for another list."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return msgspec.json.decode(raw, type=kind)
    except (binascii.Error, ValueError, RecursionError) as error:
        raise Refused(400, "Bad parameters", "cursor: not one of this list; leave it out to begin again") from error
