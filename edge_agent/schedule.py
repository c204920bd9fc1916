"""When each check is due: evenly spread over its interval, the same way after every restart. Pure."""

import heapq
import zlib

FIRST_WITHIN = 5.0  # seconds in which every check is measured for the first time


def fraction(agent: str, key: str) -> float:
    """Where in its interval a check belongs, 0 ≤ f < 1: other checks, and other stores, belong elsewhere."""
    return zlib.crc32(f"{agent}:{key}".encode()) / 2**32


def first_due(start: float, part: float, interval: float) -> float:
    return start + part * min(interval, FIRST_WITHIN)


def next_due(start: float, part: float, interval: float, now: float) -> float:
    """The first instant after `now` at which the check belongs. Turns that were missed are not made up for."""
    origin = start + part * interval
    turns = (now - origin) // interval + 1
    due = origin + max(0.0, turns) * interval
    return due if due > now else due + interval


class Schedule:
    """Which check comes next. Planning a check again replaces its earlier turn."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, str]] = []
        self._planned: dict[str, float] = {}

    def plan(self, key: str, at: float) -> None:
        self._planned[key] = at
        heapq.heappush(self._heap, (at, key))

    def take_due(self, now: float) -> list[str]:
        """The checks whose turn has come, in order; they have no turn until they are planned again."""
        due: list[str] = []
        while self._heap and self._heap[0][0] <= now:
            at, key = heapq.heappop(self._heap)
            if self._planned.get(key) == at:
                del self._planned[key]
                due.append(key)
        return due

    def next(self) -> float | None:
        """When the next turn is, at the earliest."""
        return self._heap[0][0] if self._heap else None
