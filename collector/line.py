"""What the ingest wants of the line to the broker: turn by turn it gives what has come and takes what goes out."""

from collections.abc import Iterable
from typing import NamedTuple, Protocol


class Arrival(NamedTuple):
    """A message as the broker brought it. `token` is what the line's `done` gets once it is committed."""

    topic: str
    payload: bytes
    token: object
    received: float


class Answer(NamedTuple):
    """What goes out once the commit is done."""

    topic: str
    payload: bytes


class Line(Protocol):
    """The way to the broker and back. It belongs to one thread.

    `is_up` is True while we are connected and subscribed. `life` is the number of the connection: tokens of an earlier
    one are void, and the broker brings those messages again. `error` says why there is no connection; it is empty
    while there is one and before the first try.
    """

    @property
    def life(self) -> int: ...

    @property
    def error(self) -> str: ...

    @property
    def is_up(self) -> bool: ...

    def turn(self, longest: float, most: int) -> list[Arrival]:
        """Writes what is due and gives at most about `most` messages. Waits at most `longest` seconds for the first.

        It connects when there is no connection and it is time to try; that takes some two seconds more at worst.
        """

    def done(self, tokens: Iterable[object]) -> None:
        """These messages are committed: the broker may forget them."""

    def send(self, answer: Answer) -> None: ...

    def close(self) -> None:
        """Leaves the broker, which keeps the session for whoever comes next."""
