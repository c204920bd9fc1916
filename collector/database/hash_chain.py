"""The hash that ties every entry of the journal to all before it, and what is said where it does not hold. Pure."""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import NamedTuple

GENESIS = bytes(32)
_SHOWN = 16  # hex digits of a hash: enough to tell two apart


class Link(NamedTuple):
    """An entry as it is kept: `body` holds its `at`, `hash` follows from the link before, its place and its body."""

    position: int
    body: bytes
    hash: bytes


class Broken(NamedTuple):
    """The first position at which the chain does not hold, and in words what was expected there."""

    position: int
    text: str

    def __str__(self) -> str:
        return f"broken at position {self.position}: {self.text}"


class ChainBroken(Exception):  # noqa: N818 - past tense, as all events here
    def __init__(self, broken: Broken) -> None:
        super().__init__(f"the hash chain is {broken}")
        self.broken = broken


def linked(previous: bytes, position: int, body: bytes) -> bytes:
    return sha256(previous + position.to_bytes(8) + body).digest()


def held(links: Iterable[Link], begun: int, previous: bytes | None) -> Iterator[Link]:
    """The links as they come, which follow position `begun`. Raises ChainBroken at the first that does not hold.

    `previous` is the hash at `begun`; None: it is not kept any more, so the first link's own hash is taken as it is.
    """
    position = begun
    for link in links:
        if link.position != position + 1:
            missing = f"expected position {position + 1}, found {link.position}: {_gap(position, link.position)}"
            raise ChainBroken(Broken(link.position, missing))
        if previous is not None:
            expected = linked(previous, link.position, link.body)
            if link.hash != expected:
                text = f"expected hash {shown(expected)}, found {shown(link.hash)}: this entry or its hash was changed"
                raise ChainBroken(Broken(link.position, text))
        yield link
        position, previous = link.position, link.hash


def shown(digest: bytes) -> str:
    return digest.hex()[:_SHOWN]


def _gap(before: int, found: int) -> str:
    missing = found - before - 1
    return "out of order" if missing < 1 else f"{missing} {'entry is' if missing == 1 else 'entries are'} missing"
