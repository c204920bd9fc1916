"""For those who run the collector: is it alive, is it ready, and what did it not accept."""

from typing import Annotated

import msgspec

from collector.http import cursors, operator_shapes, present
from collector.http.call import Answer, Call, NoQuery
from collector.http.instants import shown
from collector.http.problems import Refused
from collector.services import Overloaded


class DeadLetterQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 50
    cursor: Annotated[str, msgspec.Meta(max_length=100)] | None = None


async def healthz(_call: Call[NoQuery, None]) -> operator_shapes.Health:
    """Alive means that the event loop turns: it just did."""
    return operator_shapes.Health("ok")


async def readyz(call: Call[NoQuery, None]) -> Answer:
    known = call.services.readiness()
    facts = operator_shapes.Readiness(
        ready=known.ready,
        database=known.database,
        broker=known.broker,
        leader=known.leader,
        ingest_alive=known.ingest_alive,
        engine_lag=known.engine_lag,
        last_message_age=known.last_message_age,
        error=known.error,
        refused=known.refused,
        documents_read_at=shown(known.documents_read_at),
    )
    return Answer(facts, 200 if facts.ready else 503)


async def dead_letters(call: Call[DeadLetterQuery, None]) -> operator_shapes.DeadLetters:
    before = cursors.read(call.query.cursor, int) if call.query.cursor else None
    rows = await call.services.dead_letters(call.query.limit + 1, before)
    page = rows[: call.query.limit]
    following = cursors.written(page[-1].id) if len(rows) > len(page) else None
    counts = dict(call.services.counters.dead_letters)
    return operator_shapes.DeadLetters([present.dead_letter(letter) for letter in page], following, counts)


async def retry_dead_letter(call: Call[NoQuery, None]) -> operator_shapes.Retried:
    number = call.path["id"]
    if not number.isascii() or not number.isdigit() or len(number) > 18:
        raise Refused(404, "No such dead letter", f"{number[:40]!r} is not a dead letter's number")
    try:
        retried = await call.services.retry_dead_letter(int(number))
    except Overloaded as error:
        raise Refused(503, "Too busy", str(error), headers={"Retry-After": "5"}) from error
    if not retried:
        raise Refused(409, "Cannot be retried", f"dead letter {number} is gone, or was too large to be kept whole")
    return operator_shapes.Retried(int(number))
