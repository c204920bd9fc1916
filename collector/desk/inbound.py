"""What a help desk calls back with: signed as Standard Webhooks 1.0.0 has it (https://www.standardwebhooks.com).

A delivery is a hint and nothing more: what became of the ticket is read from the desk itself. So a forged one that got
through would cost a question, and a lost one nothing but the time until the next poll.
"""

import hmac
from typing import Literal, NamedTuple

from collector.desk.webhook import secret_bytes, signature

TOLERANCE = 300.0  # seconds that a delivery's timestamp may be off, both ways
REMEMBERED = 10_000  # deliveries
MOST_ID = 256
MOST_SIGNATURES = 8  # a sender that changes its secret signs with both

Verdict = Literal["new", "repeated", "stale", "forged"]


class Delivery(NamedTuple):
    """As it came: three headers and the body's bytes."""

    id: str
    timestamp: str
    signatures: str
    body: bytes


class Inbox:
    """One desk's; remembers the newest deliveries, so that a repeated one is told from a new one."""

    def __init__(self, secret: str) -> None:
        """Raises ValueError for a secret that is none."""
        self._secret = secret_bytes(secret)
        self._seen: dict[str, None] = {}

    def judge(self, delivery: Delivery, now: float) -> Verdict:
        """`now` in seconds UTC. Only a new one is remembered."""
        if not self._is_signed(delivery):
            return "forged"
        if abs(now - int(delivery.timestamp)) > TOLERANCE:
            return "stale"
        if delivery.id in self._seen:
            return "repeated"
        self._seen[delivery.id] = None
        if len(self._seen) > REMEMBERED:
            del self._seen[next(iter(self._seen))]
        return "new"

    def _is_signed(self, delivery: Delivery) -> bool:
        id_, at = delivery.id, delivery.timestamp
        if not (0 < len(id_) <= MOST_ID and at.isascii() and at.isdigit() and len(at) <= 12):
            return False
        wanted = signature(self._secret, id_, int(at), delivery.body).encode()
        given = delivery.signatures.split()[:MOST_SIGNATURES]
        return any(hmac.compare_digest(wanted, one.encode()) for one in given)
