"""Rule 13: shared CIs that give the same service: while one of them works, nobody stands at a till in vain."""

from rules.draft import Draft


def alternate_works(draft: Draft, ref: str) -> bool:
    """Another shared CI gives the same service and stores say that it works."""
    item = draft.estate.items[ref]
    for other in draft.estate.shared:
        if other.id == ref or not set(other.provides) & set(item.provides):
            continue
        if draft.estate.category(other.id) != draft.estate.category(ref):
            continue
        votes, against = sum(draft.votes(other.id).values()), sum(draft.against(other.id).values())
        if votes > 2 * against:
            return True
    return False
