"""Rule 13: shared CIs that give the same service: while one of them works, nobody stands at a till in vain."""

from rules.draft import Draft


def alternates(draft: Draft, ref: str) -> list[str]:
    """Other shared CIs that give the same service, and of which stores say that they work."""
    item = draft.estate.items.get(ref)
    found = []
    for other in draft.estate.shared:
        if item is None or other.id == ref or not set(other.provides) & set(item.provides):
            continue
        if draft.estate.category(other.id) != draft.estate.category(ref):
            continue
        votes, against = sum(draft.votes(other.id).values()), sum(draft.against(other.id).values())
        if votes > 2 * against:
            found.append(other.id)
    return found


def alternate_works(draft: Draft, ref: str) -> bool:
    return bool(alternates(draft, ref))
