"""How far a long piece of work is: one line that is written over, and only for a person at a terminal."""

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TextIO

_PATIENCE = 1.0  # seconds that need no progress
_EVERY = 0.2
_WIDTH = 30


class Progress:
    """`tell` may be called as often as there are things; most calls cost a comparison."""

    def __init__(
        self, total: int, what: str, stream: TextIO = sys.stderr, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`what` is counted, in the plural."""
        self._total, self._what, self._stream, self._clock = total, what, stream, clock
        self._shown = stream.isatty()
        self._began = clock()
        self._next = self._began + _PATIENCE
        self._step = max(total // 2_000, 1)
        self._drawn = False

    def tell(self, done: int) -> None:
        if not self._shown or done % self._step:
            return
        now = self._clock()
        if now >= self._next:
            self._next = now + _EVERY
            self._drawn = True
            self._stream.write(f"\r{line(done, self._total, now - self._began, self._what)}\x1b[K")
            self._stream.flush()

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._drawn:
            self._stream.write("\r\x1b[K")
            self._stream.flush()


def line(done: int, total: int, spent: float, what: str) -> str:
    """`spent` in seconds; what is left is told as if it went on so."""
    share = min(done / total, 1.0) if total else 1.0
    filled = int(share * _WIDTH)
    left = spent / share - spent if share else 0.0
    bar = "█" * filled + "·" * (_WIDTH - filled)
    return f"{bar} {share:4.0%}  {done:,} of {total:,} {what}, {_minutes(left)} left"


def _minutes(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"
