"""A thousand stores that exist as messages, sent by one thread, until the block is left."""

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator

from bench.load import Line
from bench.synthetic import SyntheticStore
from contract import topics
from contract.codec import encode
from contract.reports import UpReport
from contract.status import Status

PULSE = 15.0  # seconds, as every agent has it


class Chain(threading.Thread):
    """All stores pulse in turn. `turn`, `silence` and `babble` may be called from any thread."""

    def __init__(self, port: int, stores: int, checks: int) -> None:
        super().__init__(name="chain", daemon=True)
        self.stores = [SyntheticStore(number, checks) for number in range(stores)]
        self.silent: set[int] = set()
        self.greeted = threading.Event()
        self.ending = threading.Event()
        self._line = Line(port)
        self._wishes: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    def turn(self, number: int, cis: int, after: Status) -> None:
        """The first `cis` tills of the store change: the one check of each that decides."""
        store = self.stores[number]
        for key in [key for key in store.keys if key.endswith("/tcp-0")][:cis]:
            self._wishes.put(lambda key=key: self._turned(store, key, after))

    def babble(self, number: int) -> None:
        """Bytes that are no report, where a report is expected."""
        topic = topics.up(self.stores[number].agent, "live")
        self._wishes.put(lambda: self._line.publish(topic, b"\x00 not a report"))

    def run(self) -> None:
        for store in self.stores:
            self._say(store, "hello", store.hello(time.time()))
        self._line.drain(0)
        self.greeted.set()
        began, sent = time.monotonic(), 0
        while not self.ending.is_set():
            self._fulfil()
            number = sent % len(self.stores)
            if number not in self.silent:
                store = self.stores[number]
                self._say(store, "live", store.pulse(time.time(), float(sent // len(self.stores) % 2)))
            sent += 1
            ahead = sent * PULSE / len(self.stores) - (time.monotonic() - began)
            if ahead > 0:
                self.ending.wait(ahead)
        self._line.close()

    def _fulfil(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                self._wishes.get_nowait()()

    def _turned(self, store: SyntheticStore, key: str, after: Status) -> None:
        if store.states[key][0] is not after:
            self._say(store, "live", store.turn(key, after, time.time()))

    def _say(self, store: SyntheticStore, kind: topics.Up, report: UpReport) -> None:
        self._line.publish(topics.up(store.agent, kind), encode(report))


@contextlib.contextmanager
def talking(port: int, stores: int, checks: int) -> Iterator[Chain]:
    chain = Chain(port, stores, checks)
    chain.start()
    try:
        yield chain
    finally:
        chain.ending.set()
        chain.join(60)
