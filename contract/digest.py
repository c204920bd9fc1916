"""The pulse's digest of (check, state, seq): equal digests mean equal beliefs, in whatever order they came about.

Each belief hashes to 64 bits and the digest is their exclusive or, so one transition costs two hashes on either side,
and a receiver needs only the number, not every belief: a transition names the belief it replaces.
"""

from collections.abc import Iterable
from hashlib import blake2b

from contract.records import Transition
from contract.reports import Belief
from contract.status import Status

EMPTY = 0


def belief_hash(check: str, state: Status, seq: int) -> int:
    return int.from_bytes(blake2b(f"{check}={state:d}@{seq}".encode(), digest_size=8).digest())


def of_snapshot(snapshot: Iterable[Belief]) -> int:
    digest = EMPTY
    for belief in snapshot:
        digest ^= belief_hash(belief.check, belief.state, belief.seq)
    return digest


def after_transition(digest: int, transition: Transition) -> int:
    if transition.was_seq:
        digest ^= belief_hash(transition.check, transition.before, transition.was_seq)
    return digest ^ belief_hash(transition.check, transition.after, transition.seq)


def text(digest: int) -> str:
    return f"{digest:016x}"
