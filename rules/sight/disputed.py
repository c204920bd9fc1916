"""Rule 12: a CI that is well under its failing only parent disputes that edge: nothing is explained through it.

Also what fails so long after its parent that it had been seen well in between: the parent cannot explain that loss.
"""

from typing import NamedTuple

from contract.status import Status
from rules.cause.leaving import why_left
from rules.course.incident import Reason
from rules.draft import Draft
from rules.given.graph import Ref
from rules.sight.belief import ItemState
from rules.sight.beliefs import fresh_on
from rules.sight.dispute import Dispute

RULE = "12 disputed"
_ANSWERS = (Status.OK, Status.WARNING)
_SHOWN = 5  # of what disputes one CI, in a reason


class Edge(NamedTuple):
    child: Ref
    parent: Ref


def ancestors(draft: Draft, ref: Ref, store: str) -> list[Ref]:
    """What `ref` needs and may be explained by, nearest first: nothing beyond a disputed edge."""
    return _walked(draft, ref, store)[0]


def descendants(draft: Draft, ref: Ref, store: str) -> list[Ref]:
    """What needs `ref`, nearest first, but for what disputes it."""
    if ref not in draft.estate.graph.children:
        return []
    seen: dict[Ref, None] = {}
    waiting = [ref]
    for one in waiting:  # grows while it is walked
        for child in draft.estate.graph.children.get(one, ()):
            if child not in seen and not _is_disputed(draft, Edge(child, one), store):
                seen[child] = None
                waiting.append(child)
    return list(seen)


def note(draft: Draft, store: str, failing: list[Ref]) -> list[float]:
    """Puts on record what disputes the store's `failing` parents; when to look again."""
    wakes = []
    for parent in failing:
        for child in _only_children(draft, parent, store):
            due = _due(draft, Edge(child, parent), store)
            if due is not None and due <= draft.now:
                _keep(draft, Edge(child, parent), store)
            elif due is not None:
                wakes.append(due)
    return wakes


def reasons(draft: Draft, ref: Ref, store: str) -> list[Reason]:
    """What is disputed about `ref`: that something needs it, or that what fails above it explains it."""
    label = draft.estate.label
    below = [one for one in _only_children(draft, ref, store) if _is_disputed(draft, Edge(one, ref), store)]
    found = [
        Reason(
            RULE, f"{label(edge.parent)} explains nothing through {label(edge.child)}, which was well while it failed"
        )
        for edge in _walked(draft, ref, store)[1]
    ]
    if below:
        some = ", ".join(below[:_SHOWN]) + (f" and {len(below) - _SHOWN} more" if len(below) > _SHOWN else "")
        found.append(Reason(RULE, f"well while it failed, though the CMDB says that it is all they need: {some}"))
    return found


def parents(draft: Draft, ref: Ref, store: str) -> set[Ref]:
    """What fails above `ref` and does not explain it, because the way there is disputed."""
    return {edge.parent for edge in _walked(draft, ref, store)[1]}


def forget(draft: Draft) -> None:
    """What is on record of edges that the CMDB has no more."""
    for dispute in draft.disputes():
        if _only_parent(draft, dispute.child) != dispute.parent:
            draft.put("disputes", dispute.child, None)


def _walked(draft: Draft, ref: Ref, store: str) -> tuple[list[Ref], list[Edge]]:
    """What is above `ref`, and the disputed edges where the way up ended."""
    if ref not in draft.estate.graph.parents:
        return [], []
    seen: dict[Ref, None] = {}
    cut: list[Edge] = []
    waiting = [ref]
    for one in waiting:  # grows while it is walked
        for parent in draft.estate.graph.parents.get(one, ()):
            if _is_disputed(draft, Edge(one, parent), store):
                cut.append(Edge(one, parent))
            elif parent not in seen:
                seen[parent] = None
                waiting.append(parent)
    return list(seen), cut


def _only_parent(draft: Draft, ref: Ref) -> Ref | None:
    parents = draft.estate.graph.parents.get(ref, ())
    return parents[0] if len(parents) == 1 else None


def _only_children(draft: Draft, ref: Ref, store: str) -> list[Ref]:
    """Those in the store; of a shared CI they are looked for there, for it has some in every store."""
    known = draft.estate
    near = (
        [item.ref for item in known.members.get(store, ())]
        if known.is_shared(ref)
        else known.graph.children.get(ref, ())
    )
    only = [child for child in near if _only_parent(draft, child) == ref]
    return [child for child in only if known.items[child].lifecycle == "live"]


def _is_disputed(draft: Draft, edge: Edge, store: str) -> bool:
    due = _due(draft, edge, store) if _only_parent(draft, edge.child) == edge.parent else None
    return due is not None and due <= draft.now


def _due(draft: Draft, edge: Edge, store: str) -> float | None:
    """From when on the edge is disputed, as things are; None: nothing disputes it.

    The child must have been well for two of its intervals and `disputed_after` since the parent failed: that "still
    ok" is not told shows only in that nothing else was.
    """
    failed = _failed_since(draft, edge.parent, store)
    if failed is None:
        return None
    checks = fresh_on(draft, edge.child, store)
    after = max([draft.policy.evidence.disputed_after, *(2 * row.interval for row in checks)])
    row = _seen(draft, edge.child, store)
    if row is not None and row.state is Status.CRITICAL:
        return row.since if not row.stale and row.since >= failed + after else None
    if not checks or any(check.state not in _ANSWERS for check in checks):
        return None
    return max(failed, *(check.since for check in checks)) + after


def _failed_since(draft: Draft, ref: Ref, store: str) -> float | None:
    if why_left(draft, ref):
        return None
    row = _seen(draft, ref, store)
    return row.since if row is not None and row.state is Status.CRITICAL and not row.stale else None


def _seen(draft: Draft, ref: Ref, store: str) -> ItemState | None:
    return draft.item(f"{ref}@{store}" if draft.estate.is_shared(ref) else ref)


def _keep(draft: Draft, edge: Edge, store: str) -> None:
    """Once for each time that the parent failed."""
    failed, before = _failed_since(draft, edge.parent, store) or draft.now, draft.dispute(edge.child)
    if before is not None and (before.parent, before.failed_at) == (edge.parent, failed):
        return
    times = 1 + (before.times if before is not None and before.parent == edge.parent else 0)
    draft.put("disputes", edge.child, Dispute(edge.child, edge.parent, store, failed, draft.now, times))
    draft.reason(RULE, f"{edge.child} is well while {edge.parent} fails, which is all that it needs by the CMDB")
