"""What passes between the broker's line and the ingest: messages one way, acknowledgements and answers the other."""

from collections.abc import Iterable
from typing import NamedTuple, Protocol


class Arrival(NamedTuple):
    """A message as the broker brought it. `token` is what the line's `done` gets once it is committed."""

    topic: str
    payload: bytes
    token: object
    received: float


class Line(Protocol):
    """The way to the broker and back."""

    def done(self, tokens: Iterable[object]) -> None:
        """These messages are committed: the broker may forget them."""

    def send(self, topic: str, payload: bytes) -> None: ...
