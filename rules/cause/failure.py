"""What fails in a store for itself, and is explained by nothing else there."""

from typing import NamedTuple

from rules.cause.symptoms import Verdict
from rules.course.incident import Incident
from rules.given.graph import Ref
from rules.given.keys import ref_of
from rules.impact.capacity import Impact
from rules.sight.belief import ItemState


class Failure(NamedTuple):
    """`key` is a CI of the store, or (`acquirer-a@0042`) its vote on a shared one; `incident` is what it has so far."""

    key: str
    row: ItemState
    verdict: Verdict
    impact: Impact
    incident: Incident | None

    @property
    def ref(self) -> Ref:
        return ref_of(self.key)
