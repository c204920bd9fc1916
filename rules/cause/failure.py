"""What fails in a store for itself, and is explained by nothing else there."""

from typing import NamedTuple

from rules.cause import residual
from rules.cause.symptoms import Verdict
from rules.course.incident import Incident
from rules.draft import Draft
from rules.given.graph import Ref
from rules.impact.capacity import Impact
from rules.sight.belief import ItemState
from rules.state import ref_of


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


def cause_of(draft: Draft, key: str) -> str:
    """The cause of an item's or a vote's key, or of what a residual incident is about, which is one already."""
    if key.startswith(f"{residual.KIND}:"):
        return key
    return f"{draft.estate.category(ref_of(key))}:{key}"
