"""A chain of synthetic stores in the rules' own state, what happens to its tills there, and what each step costs.

Seconds of CPU. What is due before an event is done first, and not counted.
"""

import random
import time

import msgspec

from bench import synthetic
from bench.synthetic import CHECKS_A_CI, SyntheticStore
from contract.records import Transition
from contract.reports import Live
from contract.status import Status
from rules import engine
from rules.entries import CmdbLoaded, JournalEntry, PolicyLoaded, Records, SeenBelief, Snapshot
from rules.given import policy
from rules.state import State

CHECKS = 30  # a store: 300,000 are 10,000 stores
PLACES = 33  # stores in which things happen: as many in every chain, so that all are asked the same
TRANSITIONS = 2 * CHECKS_A_CI  # of a till that dies and is well again
NOW = 1_790_000_000.0


class Chain:
    """`checks` are known, and well since NOW."""

    def __init__(self, checks: int) -> None:
        stores = checks // CHECKS
        self.checks, self.state = checks, State.empty()
        self.fleet = [SyntheticStore(number, CHECKS) for number in range(stores)]
        self.places = self.fleet[:: max(stores // PLACES, 1)][:PLACES]
        self._cmdb = synthetic.cmdb(stores, CHECKS)
        self._cmdb["items"].append({"id": "acquirer-a", "class": "payment_gateway", "provides": ["card_payment"]})
        engine.run(self.state, PolicyLoaded(at=NOW, name="retail", document=policy.load("retail")))
        engine.run(self.state, CmdbLoaded(at=NOW, document=self._cmdb))
        for store in self.fleet:
            # Through bytes, as the journal brings it: nothing is shared with the sender's objects.
            arrived = Snapshot(at=NOW, agent=store.agent, beliefs=beliefs(store))
            engine.run(self.state, msgspec.json.decode(msgspec.json.encode(arrived), type=Snapshot))

    def died(self, at: float, till: int, chance: random.Random) -> list[list[float]]:
        """A till of each place dies and is well again: what each of its ten transitions cost, by place."""
        keys = slice(till * CHECKS_A_CI, (till + 1) * CHECKS_A_CI)
        orders = [chance.sample(store.keys[keys], CHECKS_A_CI) for store in self.places]
        orders = [[*order, *chance.sample(order, CHECKS_A_CI)] for order in orders]
        spent = []
        for number in range(TRANSITIONS):
            after = Status.CRITICAL if number < CHECKS_A_CI else Status.OK
            told = [_said(store, order[number], after, at) for store, order in zip(self.places, orders, strict=True)]
            spent.append([self._timed(one) for one in told])
            at += 5.0
        return spent

    def blamed(self, at: float) -> float:
        """A third of all stores find, one after another, that the shared acquirer does not answer: the longest step."""
        voters = self.fleet[: max(len(self.fleet) // 3, 4)]
        return max(self._timed(_vote(store, at + number * 0.01)) for number, store in enumerate(voters))

    def policy_read(self, at: float) -> float:
        return self._timed(PolicyLoaded(at=at, name="retail", document=policy.load("retail")))

    def cmdb_read(self, at: float) -> float:
        return self._timed(CmdbLoaded(at=at, document=self._cmdb))

    def longest(self, until: float) -> float:
        """The longest of all steps that are due by then."""
        most = 0.0
        while (due := self.state.next_deadline()) is not None and due[0] <= until:
            begin = time.process_time()
            decision = engine.step(self.state, engine.Due(at=due[0], key=due[1]), due[0])
            most = max(most, time.process_time() - begin)
            engine.apply(self.state, decision)
        return most

    def _timed(self, entry: JournalEntry) -> float:
        self.longest(entry.at)
        begin = time.process_time()
        decision = engine.step(self.state, entry, entry.at)
        spent = time.process_time() - begin
        engine.apply(self.state, decision)
        return spent


def _said(store: SyntheticStore, key: str, after: Status, at: float) -> Records:
    return Records(at=at, agent=store.agent, generation=1, live=True, records=[record(store, key, after, at)])


def _vote(store: SyntheticStore, at: float) -> Records:
    key = "acquirer-a/http"
    store.states.setdefault(key, (Status.OK, 0))
    return _said(store, key, Status.CRITICAL, at)


def record(store: SyntheticStore, key: str, after: Status, at: float) -> Transition:
    live: Live = store.turn(key, after, at)
    record = live.records[0]
    assert isinstance(record, Transition)
    return record


def beliefs(store: SyntheticStore) -> list[SeenBelief]:
    return [SeenBelief(key, status, NOW, 1, seq, 15.0) for key, (status, seq) in store.states.items()]
