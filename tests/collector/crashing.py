"""A collector that kills itself with -9: `before` its nth commit, as it has the nth batch committed and has answered
nothing (`after`), or as it begins its nth transaction, whatever the one before was for (`between`).
"""

import asyncio
import os
import signal
import sys
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import event

from collector.app import Collector
from collector.config import read
from collector.line import Answer, Arrival, Line


def main(config: str, when: str, nth: int) -> None:
    collector = Collector(read(Path(config)))
    if when == "before":
        event.listen(collector.database._writer, "commit", _Countdown(nth))
    elif when == "between":
        event.listen(collector.database._writer, "begin", _Countdown(nth))
    elif when == "after":
        collector.receiver.line = _DiesAnswering(collector.subscriber, nth)
    asyncio.run(collector.run(asyncio.Event()))


class _Countdown:
    def __init__(self, nth: int) -> None:
        self.left = nth

    def __call__(self, *_: object) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


class _DiesAnswering:
    def __init__(self, line: Line, nth: int) -> None:
        self._line = line
        self._countdown = _Countdown(nth)

    @property
    def life(self) -> int:
        return self._line.life

    @property
    def error(self) -> str:
        return self._line.error

    @property
    def is_up(self) -> bool:
        return self._line.is_up

    def turn(self, longest: float, most: int) -> list[Arrival]:
        return self._line.turn(longest, most)

    def done(self, tokens: Iterable[object]) -> None:
        tokens = list(tokens)
        if tokens:
            self._countdown()
        self._line.done(tokens)

    def send(self, answer: Answer) -> None:
        self._line.send(answer)

    def close(self) -> None:
        self._line.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
