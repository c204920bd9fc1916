"""How fast backlog may go: a quarter of the line, so that live is never behind it. Pure."""

from typing import NamedTuple

FIRST_ROOM = 8 * 1024
LEAST_ROOM = 2 * 1024
MOST_ROOM = 128 * 1024  # before compression, so that a batch always fits one message
QUICK = 1.0  # seconds from sending to the ack
SLOW = 2.0
_REST = 3.0  # times what the batch took
MOST_REST = 30.0  # seconds; so late an ack waited for the collector, which says nothing of the line


class Pacing(NamedTuple):
    """`room`: bytes of records in the next batch. `rest_until`: when it may go."""

    room: int = FIRST_ROOM
    rest_until: float = 0.0

    def acknowledged(self, took: float, now: float) -> "Pacing":
        """A batch came through in `took` seconds."""
        room = self.room
        if took <= QUICK:
            room = min(room * 2, MOST_ROOM)
        elif took > SLOW:
            room = max(room // 2, LEAST_ROOM)
        return Pacing(room, now + min(_REST * took, MOST_REST))
