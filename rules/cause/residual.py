"""Rule 23: the one incident of much that a cause's return has left failing: how it is called, and what it explains."""

from rules.cause import merging
from rules.course.incident import Incident
from rules.course.incidents import stays_resolved
from rules.draft import Draft
from rules.given.graph import Ref

RULE = "23 residual"
KIND = "residual"


def cause(ref: Ref) -> str:
    """The cause of what `ref`, well again, has left failing."""
    return f"{KIND}:{ref}"


def is_residual(row: Incident) -> bool:
    return row.cause.startswith(f"{KIND}:")


def ref_of(row: Incident) -> Ref:
    """What came back without them."""
    return row.cause.partition(":")[2]


def standing(draft: Draft, ref: Ref) -> Incident | None:
    """The unresolved residual incident of `ref`."""
    row = draft.by_cause(cause(ref))
    return row if row is not None and row.state != "resolved" else None


def explains(draft: Draft, ref: Ref, store: str) -> bool:
    """Whether the store is one of those that still do not see the shared `ref`, which others see well again."""
    row = draft.by_cause(cause(ref))
    if row is None or store not in row.stores or merging.is_apart(row, f"{ref}@{store}"):
        return False
    return row.state != "resolved" or stays_resolved(draft, row, row.started_at)
