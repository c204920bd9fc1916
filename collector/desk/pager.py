"""The pager: whoever has to be called up, as signed webhooks (collector/desk/webhook.py) to what reaches people.

Who is on duty under a name (`payments-duty`) is for the receiver to know. What has ended meanwhile calls nobody up;
that it is over is told once, also where nobody knows whether the call before it was taken.
"""

import msgspec

from collector.desk.order import Order, Receipt, Wrote
from collector.desk.webhook import Sending, plain
from collector.instants import text_of_instant

_OVER = "resolve_ticket"


class Pager(Sending):
    """A desk (collector.desk.order.Desk) that is told of pages and escalations, and of their end."""

    async def deliver(self, order: Order) -> Receipt:
        body = payload(order)
        if body is None:
            return Receipt(wrote=order.wrote, told="nobody had to be called up")
        await self.post(order.mark, body)
        return Receipt(wrote=Wrote(subject="" if order.is_over else order.wording.subject))


def payload(order: Order) -> bytes | None:
    """`type` (`page.raised`, `page.over`), `timestamp` and `data`; None: there is nothing to say."""
    calls = [one for one in order.news if one.kind != _OVER]
    was_called = bool(order.wrote.subject or order.wrote.meant) and not order.wrote.shadowed
    if (order.is_over and not was_called) or not (order.is_over or calls):
        return None
    return msgspec.json.encode(
        {
            "type": "page.over" if order.is_over else "page.raised",
            "timestamp": text_of_instant(order.at),
            "data": {
                "key": order.key,
                "to": list(dict.fromkeys(one.recipient for one in calls if one.recipient)),
                "subject": order.wording.subject,
                "text": order.wording.body,
                "news": [
                    {"kind": one.kind, "to": one.recipient, "text": one.text, "at": text_of_instant(one.at)}
                    for one in order.news
                ],
                "incident": plain(order.incident),
            },
        }
    )
