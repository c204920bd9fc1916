"""How much the help desks have not been told yet, and since when."""

from collections.abc import Iterable

from collector.metrics.lines import Metric, samples
from collector.services import DeskQueue

PENDING = Metric(
    "tillwatch_tickets_pending", "gauge", "Incidents with something that the desk has not been told.", ("desk",)
)
OLDEST = Metric(
    "tillwatch_tickets_oldest_pending_seconds", "gauge", "Age of the oldest thing that the desk has not been told.",
    ("desk",),
)  # fmt: skip
DEAD = Metric("tillwatch_tickets_dead", "gauge", "Incidents that the desk refused: a person has to look.", ("desk",))
READY = Metric("tillwatch_help_desk_ready", "gauge", "0 while something is wrong with the desk as a whole.", ("desk",))
METRICS = (PENDING, OLDEST, DEAD, READY)


def text(queues: Iterable[DeskQueue], now: float) -> str:
    known = list(queues)
    return "".join(
        [
            samples(PENDING, {(one.desk,): one.pending for one in known}),
            samples(OLDEST, {(one.desk,): 0.0 if one.since is None else max(0.0, now - one.since) for one in known}),
            samples(DEAD, {(one.desk,): one.dead for one in known}),
            samples(READY, {(one.desk,): float(not one.trouble) for one in known}),
        ]
    )
