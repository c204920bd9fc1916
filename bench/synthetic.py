"""Stores that exist only as messages: a CMDB for them, and the hello, pulses and transitions that they would send."""

import time
from typing import Any

from contract import digest
from contract.ids import check_key
from contract.records import Stamp, Transition
from contract.reports import Belief, EpochSpan, Hello, Live
from contract.results import Result, columns
from contract.status import Status

CHECKS_A_CI = 5
EPOCH = "00000000000000aa"


def store_id(number: int) -> str:
    return f"{number:05d}"


def agent_id(number: int) -> str:
    return f"{number:05d}-server"


def cmdb(stores: int, checks: int) -> dict[str, Any]:
    """cmdb.yaml as plain data: `stores` stores, each with as many tills as `checks` checks need."""
    tills = -(-checks // CHECKS_A_CI)
    return {
        "stores": [
            {"id": store_id(n), "name": f"Store {n}", "region": f"region-{n % 8}", "agents": [agent_id(n)]}
            for n in range(stores)
        ],
        "items": [
            {
                "id": f"pos-{till:02d}",
                "store": store_id(n),
                "class": "pos_terminal",
                "provides": ["checkout"],
                "group": "lanes",
            }
            for n in range(stores)
            for till in range(tills)
        ],
    }


def check_keys(checks: int) -> list[str]:
    return [check_key(f"pos-{n // CHECKS_A_CI:02d}", f"tcp-{n % CHECKS_A_CI}") for n in range(checks)]


class SyntheticStore:
    """One agent's side of the contract, as far as a load needs it. All its checks begin as ok."""

    def __init__(self, number: int, checks: int) -> None:
        self.agent = agent_id(number)
        self.store = store_id(number)
        self.keys = check_keys(checks)
        self.seq = checks
        self.states = {key: (Status.OK, at + 1) for at, key in enumerate(self.keys)}
        self.digest = digest.EMPTY
        for key, (state, seq) in self.states.items():
            self.digest ^= digest.belief_hash(key, state, seq)

    def hello(self, now: float) -> Hello:
        return Hello(
            at=now,
            epochs=[EpochSpan(EPOCH, None, 1, self.seq)],
            snapshot=[Belief(key, state, now, EPOCH, seq, 15.0) for key, (state, seq) in self.states.items()],
            boot="bench",
            version="bench",
            config="bench",
            pulse=15.0,
        )

    def pulse(self, now: float, jitter: float) -> Live:
        """All latest measurements; `jitter` (ms) makes every one of them a new value."""
        results = [Result(key, state, 1.25 + jitter) for key, (state, _) in self.states.items()]
        return Live(at=now, epoch=EPOCH, last=self.seq, digest=digest.text(self.digest), results=columns(results))

    def turn(self, key: str, after: Status, now: float) -> Live:
        """A transition, decided at `now`, hurried in a live without results."""
        before, was_seq = self.states[key]
        self.seq += 1
        record = Transition(
            seq=self.seq,
            check=key,
            before=before,
            after=after,
            started_at=now,
            decided=Stamp(now, "bench", time.monotonic()),
            was_seq=was_seq,
            text=f"{key}: no answer" if after is Status.CRITICAL else "",
        )
        self.states[key] = (after, self.seq)
        self.digest = digest.after_transition(self.digest, record)
        return Live(at=now, epoch=EPOCH, last=self.seq, digest=digest.text(self.digest), records=[record])
