"""Hands committed changes to whoever listens in this process. One that is too slow is let go, never waited for."""

import asyncio
from collections.abc import Iterable

from collector.services import ChangeEvent


class Listener:
    """A bounded queue of changes; None ends it."""

    def __init__(self, feed: "Feed", size: int) -> None:
        self.queue: asyncio.Queue[ChangeEvent | None] = asyncio.Queue(size)
        self._feed = feed

    def close(self) -> None:
        self._feed.listeners.pop(self, None)

    def end(self) -> None:
        """Says that nothing more comes; what was not read is gone, and the listener must ask anew."""
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(None)
        self.close()


class Feed:
    """Lives on the event loop's thread."""

    def __init__(self) -> None:
        self.listeners: dict[Listener, None] = {}

    def subscribe(self, size: int) -> Listener:
        listener = Listener(self, size)
        self.listeners[listener] = None
        return listener

    def publish(self, events: Iterable[ChangeEvent]) -> None:
        for event in events:
            for listener in list(self.listeners):
                try:
                    listener.queue.put_nowait(event)
                except asyncio.QueueFull:
                    listener.end()

    def end(self) -> None:
        for listener in list(self.listeners):
            listener.end()
