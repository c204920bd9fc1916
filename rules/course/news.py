"""What a help desk is told of an incident that is not as it was. Several steps may fall into one instant."""

from hashlib import sha256

from rules.course.incident import Incident
from rules.draft import Draft


def updated(draft: Draft, row: Incident, text: str) -> None:
    """Its ticket follows. The same said again at one instant is one; another thing has a key of its own, or is lost."""
    told = f"P{row.priority} of {row.parent}, {len(row.stores)} stores: {text}"
    said = sha256(told.encode()).hexdigest()[:8]
    draft.effect("update_ticket", row.id, f"{row.id}:update:{draft.now:.3f}:{said}", row.resolver_group, text)
