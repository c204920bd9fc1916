"""The signs of life of a collector: its receiver and its engine turn, and its door is answered."""

from typing import NamedTuple

from collector.app import Collector
from collector.http.serving import Serving
from collector.services import Readiness


class CollectorSigns(NamedTuple):
    """`serving`: listening, and subscribed at the broker or standing by for another collector."""

    sentence: str
    turns: tuple[int, ...]
    serving: bool


async def signs_of_life(collector: Collector, serving: Serving) -> CollectorSigns:
    """A collector that nobody can ask gives no sign: its turns are left out."""
    how = collector.services.readiness()
    if not await serving.answers():
        return CollectorSigns("the console and the API do not answer", (), False)
    turns = (collector.receiver.turns, collector.engine.turns)
    if not how.ingest_alive:
        return CollectorSigns("standing by: another collector has the database's leases", turns, True)
    agents = len(collector.services.registry())
    sentence = f"{agents} agents registered, {how.engine_lag} entries behind" if how.ready else f"waiting: {_why(how)}"
    return CollectorSigns(sentence, turns, how.broker)


def _why(how: Readiness) -> str:
    return how.error or ("for the broker" if not how.broker else "for the lead")
