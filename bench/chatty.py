"""What one store that sends 100 times what it should costs the others: detection in quiet and noisy stretches in turn.

The store's bucket is empty again before anything is counted of a noisy stretch: measured is what goes on, not the first
seconds. `python -m bench.chatty [STRETCHES [TIMES]]`.
The others' failures, from the agent's decision to the committed incident.
"""

import itertools
import sqlite3
import statistics
import sys
import threading
import time

from bench import rig, synthetic
from bench.load import Line
from bench.synthetic import SyntheticStore
from contract import topics
from contract.codec import encode
from contract.reports import UpReport
from contract.status import Status

STORES = 300
CHECKS = 50
PULSE = 15.0  # seconds
TIMES = 100
FAILURES = 5.0  # a second, one store after the other
STRETCH = 60.0  # seconds
UNCOUNTED = 25.0  # of them, at the beginning
GOAL = 1.2


class Chain:
    """The other stores: each pulses at its time, and one after the other a check fails or recovers."""

    def __init__(self, port: int, stores: list[SyntheticStore]) -> None:
        self.line = Line(port)
        self.stores = stores
        self._turns = itertools.cycle(stores)
        for store in stores:
            say(self.line, store, "hello", store.hello(time.time()))
        self.line.drain(0)

    def live(self, seconds: float) -> dict[str, float]:
        """CI → when the agent decided that it fails."""
        decided: dict[str, float] = {}
        begin, pulsed, turned = time.monotonic(), 0, 0
        while (elapsed := time.monotonic() - begin) < seconds:
            while pulsed < elapsed * len(self.stores) / PULSE:
                store = self.stores[pulsed % len(self.stores)]
                say(self.line, store, "live", store.pulse(time.time(), float(pulsed % 7)))
                pulsed += 1
            while turned < elapsed * FAILURES:
                turned += 1
                self._turn(next(self._turns), decided if elapsed > UNCOUNTED else {})
            time.sleep(0.002)
        self.line.drain(0)
        return decided

    def _turn(self, store: SyntheticStore, decided: dict[str, float]) -> None:
        """The next check that was never failing: each failure is an incident of its own."""
        key = next((one for one in store.keys[::5] if store.states[one][0] is Status.OK), None)
        if key is None:
            return
        now = time.time()
        say(self.line, store, "live", store.turn(key, Status.CRITICAL, now))
        decided[f"{store.store}/{key.partition('/')[0]}"] = now


class Chatterer:
    """One store that, while `loud` is set, sends pulses and transitions at `rate` a second."""

    def __init__(self, port: int, store: SyntheticStore, rate: float) -> None:
        self.loud, self.over, self.sent = threading.Event(), threading.Event(), 0
        self._line, self._store, self._rate = Line(port, "bench-chatty"), store, rate
        say(self._line, store, "hello", store.hello(time.time()))
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def end(self) -> None:
        self.over.set()
        self._thread.join()
        self._line.close()

    def _run(self) -> None:
        store = self._store
        while not self.over.is_set():
            if not self.loud.wait(0.1):
                continue
            key = store.keys[self.sent % len(store.keys)]
            turned = Status.OK if store.states[key][0] is Status.CRITICAL else Status.CRITICAL
            say(self._line, store, "live", store.turn(key, turned, time.time()))
            say(self._line, store, "live", store.pulse(time.time(), float(self.sent % 7)))
            self.sent += 2
            time.sleep(2 / self._rate)


def main() -> int:
    """0 when the goal is met."""
    given = [float(argument) for argument in sys.argv[1:]]
    stretches, times = int(given[0]) if given else 3, given[1] if len(given) > 1 else TIMES
    with rig.running(synthetic.cmdb(STORES + 1, CHECKS)) as bench:
        stores = [SyntheticStore(number, CHECKS) for number in range(STORES + 1)]
        chain = Chain(bench.broker_port, stores[1:])
        of_one = 1 / PULSE + FAILURES / STORES
        chatterer = Chatterer(bench.broker_port, stores[0], times * of_one)
        seen = Seen(f"{bench.folder}/collector.db")
        delays: dict[bool, list[float]] = {False: [], True: []}
        for stretch in range(2 * stretches):
            noisy = stretch % 2 == 1
            (chatterer.loud.set if noisy else chatterer.loud.clear)()
            decided = chain.live(STRETCH)
            delays[noisy] += seen.delays(decided)
        chatterer.end()
        chain.line.close()
        seen.end()
    quiet, beside = p95(delays[False]), p95(delays[True])
    counts = f"{len(delays[False])} and {len(delays[True])} failures"
    print(f"  {STORES} stores, {counts}; one at {times:g} times its rate sent {chatterer.sent} messages")
    print(f"  decision to committed incident, p95: quiet {quiet * 1e3:.0f} ms, beside it {beside * 1e3:.0f} ms")
    print(f"  ratio {beside / quiet:.2f} (goal ≤ {GOAL})")
    return 0 if beside <= GOAL * quiet else 1


class Seen:
    """When each CI's incident was first visible to another connection; looks every 2 ms."""

    def __init__(self, database: str) -> None:
        self._database, self._over = database, threading.Event()
        self._seen: dict[str, float] = {}
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def delays(self, decided: dict[str, float]) -> list[float]:
        """Raises SystemExit when a failure became no incident within 30 s."""
        patience = time.monotonic() + 30
        while decided.keys() - self._seen.keys():
            if time.monotonic() > patience:
                raise SystemExit(f"no incident: {sorted(decided.keys() - self._seen.keys())[:5]}")
            time.sleep(0.05)
        return [self._seen[ci] - at for ci, at in decided.items()]

    def end(self) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        connection, newest = sqlite3.connect(f"file:{self._database}?mode=ro", uri=True), 0
        query = "SELECT number, ci FROM incidents WHERE number > ?"
        while not self._over.wait(0.002):
            for number, ci in connection.execute(query, (newest,)).fetchall():
                self._seen.setdefault(ci, time.time())
                newest = max(newest, number)
        connection.close()


def say(line: Line, store: SyntheticStore, kind: topics.Up, report: UpReport) -> None:
    line.publish(topics.up(store.agent, kind), encode(report))


def p95(delays: list[float]) -> float:
    return statistics.quantiles(delays, n=20)[-1]


if __name__ == "__main__":
    sys.exit(main())
