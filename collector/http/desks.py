"""Help desks: what they call back with, and what those in shadow mode would have been sent."""

from typing import Annotated

import msgspec

from collector.database.shadow import Asked
from collector.desk.inbound import Delivery, Verdict
from collector.http import bodies, cursors, shapes
from collector.http.call import Answer, Call, NoQuery
from collector.http.instants import seconds
from collector.http.problems import Refused
from collector.shadow_report import ShadowReport, report

Word = Annotated[str, msgspec.Meta(max_length=100)]
_REFUSED: dict[Verdict, str] = {
    "forged": "no webhook-signature fits webhook-id, webhook-timestamp, the body and this desk's secret",
    "stale": "webhook-timestamp is more than 5 minutes off; is a clock wrong?",
}


class ShadowQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Absent: any."""

    desk: Word | None = None
    region: Word | None = None
    category: Word | None = None
    since: Annotated[str, msgspec.Meta(description="RFC 3339; keeps what would have been sent then or later")] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 50
    cursor: Annotated[str, msgspec.Meta(max_length=100)] | None = None


async def called(call: Call[NoQuery, bodies.DeskCall]) -> Answer:
    """Nothing is waited for: the ticket is read afterwards, and nothing of the body is believed."""
    if not call.services.readiness().leader:
        raise Refused(
            503, "Not leading", "another collector asks the desks; send it there", headers={"Retry-After": "5"}
        )
    name = call.path["name"]
    headers = call.request.headers
    delivery = Delivery(
        headers.get("webhook-id", ""),
        headers.get("webhook-timestamp", ""),
        headers.get("webhook-signature", ""),
        await call.request.read(),
    )
    verdict = call.services.desk_called(name, delivery, str(call.body.data.ticket))
    if verdict is None:
        raise Refused(404, "No such desk", f"no live desk {name[:63]!r} has a webhook_secret_file")
    if verdict in _REFUSED:
        raise Refused(401, "Not believed", _REFUSED[verdict])
    return Answer(shapes.DeskCalled(repeated=verdict == "repeated"), 202)


async def shadow(call: Call[ShadowQuery, None]) -> ShadowReport:
    query, scope = call.query, call.person.regions
    after = cursors.read(query.cursor, int) if query.cursor else 0
    asked = Asked(_since(query.since), query.desk, query.region, query.category, tuple(scope) if scope else None)
    rows, sums = await call.services.unsent(asked, query.limit + 1, after)
    page = rows[: query.limit]
    return report(page, sums, cursors.written(page[-1].id) if len(rows) > len(page) else None)


def _since(text: str) -> float:
    try:
        return seconds(text) if text else 0.0
    except ValueError as error:
        raise Refused(400, "Bad parameters", f"since: {error}") from error
