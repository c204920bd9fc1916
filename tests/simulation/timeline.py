"""One virtual clock for everybody: what happens next, in an order that the seed alone decides."""

import heapq
from collections.abc import Callable

START = 1_794_819_600.0  # 2026-11-16 09:00 UTC, a Monday


class Timeline:
    """`now` is true time, in seconds UTC, that nobody in the simulated world can read without an error of their own."""

    def __init__(self) -> None:
        self.now = START
        self.story: list[str] = []
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._told = 0

    def at(self, when: float, what: Callable[[], None]) -> None:
        self._told += 1
        heapq.heappush(self._heap, (max(when, self.now), self._told, what))

    def after(self, seconds: float, what: Callable[[], None]) -> None:
        self.at(self.now + seconds, what)

    def run(self, until: float) -> None:
        """Everything up to `until`, each at its instant."""
        while self._heap and self._heap[0][0] <= until:
            self.now, _, what = heapq.heappop(self._heap)
            what()
        self.now = until

    def tell(self, text: str) -> None:
        """A line of the story that a replay prints."""
        self.story.append(f"{self.now - START:9.3f}  {text}")
