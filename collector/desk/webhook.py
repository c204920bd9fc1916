"""Signed outgoing webhooks (Standard Webhooks 1.0.0, https://www.standardwebhooks.com).

`webhook-id` is the same however often a piece of news is sent, so that a receiver can leave repeats out;
`webhook-signature` is `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`, with the secret `whsec_<base64>`.
"""

import base64
import binascii
import hashlib
import hmac

import msgspec

from collector.clock import Clock
from collector.desk.calling import Caller
from collector.desk.order import Changed, Difference, Heard, Order, Receipt
from collector.desk.settings import HelpDesk
from collector.instants import text_of_instant
from rules.course.incident import Incident
from rules.repeats.problem import CATEGORY as PROBLEM

_PREFIX = "whsec_"
_FEWEST, _MOST = 24, 64  # bytes of a secret, as the standard has them
_TYPES = {"create": "opened", "update": "updated", "resolve": "resolved"}


class Sending:
    """To where signed messages are posted; nothing comes back but that one was taken."""

    def __init__(self, desk: HelpDesk, secret: str, caller: Caller, clock: Clock) -> None:
        """Raises ValueError for a secret that is none."""
        self._url, self._caller, self._clock = desk.url, caller, clock
        self._secret = secret_bytes(secret)

    async def check(self) -> None:
        """There is nothing that could be asked without sending something."""

    async def post(self, mark: str, body: bytes) -> None:
        """Raises DeskError. `mark` is the same whenever the same is sent."""
        identity, at = f"msg_{mark}", int(self._clock.wall())
        headers = {
            "Content-Type": "application/json",
            "webhook-id": identity,
            "webhook-timestamp": str(at),
            "webhook-signature": signature(self._secret, identity, at, body),
        }
        await self._caller.write("POST", self._url, headers, body)

    async def changed(self, since: float) -> list[Changed]:  # noqa: ARG002 - a desk's face
        return []

    async def ours(self, ticket: str) -> Changed | None:  # noqa: ARG002
        return None

    async def differences(self, order: Order) -> list[Difference]:  # noqa: ARG002
        return []

    async def heard(self, ticket: Changed, after: int) -> list[Heard]:  # noqa: ARG002
        return []

    async def close(self) -> None:
        await self._caller.close()


class Webhook(Sending):
    """A desk (collector.desk.order.Desk) without tickets."""

    async def deliver(self, order: Order) -> Receipt:
        await self.post(order.mark, payload(order))
        return Receipt()


def secret_bytes(text: str) -> bytes:
    """The secret behind `whsec_<base64>`. Raises ValueError, without the secret in its text."""
    try:
        secret = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("the webhook's secret is not whsec_ and base64") from None
    if not _FEWEST <= len(secret) <= _MOST:
        raise ValueError(f"the webhook's secret has {len(secret)} bytes, expected {_FEWEST} to {_MOST}")
    return secret


def signature(secret: bytes, identity: str, at: int, body: bytes) -> str:
    signed = f"{identity}.{at}.".encode() + body
    return f"v1,{base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()}"


def payload(order: Order) -> bytes:
    """`type`, `timestamp` and `data`, as the standard recommends. Instants are RFC 3339 in UTC."""
    return msgspec.json.encode(
        {
            "type": f"{'problem' if order.incident.category == PROBLEM else 'incident'}.{_TYPES[order.action]}",
            "timestamp": text_of_instant(order.at),
            "data": {
                "key": order.key,
                "subject": order.wording.subject,
                "text": order.wording.body,
                "note": order.wording.note,
                "news": [{"kind": one.kind, "at": text_of_instant(one.at)} for one in order.news],
                "incident": plain(order.incident),
            },
        }
    )


def plain(incident: Incident) -> dict[str, object]:
    """The incident as receivers know it."""

    def instant(at: float | None) -> str | None:
        return None if at is None else text_of_instant(at)

    return {
        "id": incident.id,
        "number": incident.number,
        "state": incident.state,
        "priority": f"P{incident.priority}",
        "category": incident.category,
        "service": incident.service,
        "title": incident.title,
        "ci": incident.ci,
        "stores": incident.stores,
        "region": incident.region,
        "resolver_group": incident.resolver_group,
        "vendor": incident.vendor,
        "problem": incident.problem,
        "changes": incident.changes,
        "started_at": instant(incident.started_at),
        "opened_at": instant(incident.opened_at),
        "resolved_at": instant(incident.resolved_at),
        "respond_by": instant(incident.sla.respond_by),
        "resolve_by": instant(incident.sla.resolve_by),
    }
