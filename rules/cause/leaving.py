"""Rule 28: only what is live makes incidents. What leaves service while it fails ends its own, with that reason."""

from rules.course.incident import Incident
from rules.course.restore import is_touched, resolve
from rules.draft import Draft, changed

RULE = "28 lifecycle"


def leave(draft: Draft, row: Incident, why: str) -> None:
    """Untouched it is resolved at once; what a person has taken stays with them, and they are reminded.

    What was well again already ends as it would have.
    """
    if row.state == "resolved" or row.restored_at is not None:
        return
    row = changed(row, restored_at=draft.now)
    draft.tell(row.id, "out of service", why, RULE)
    if not is_touched(row):
        resolve(draft, row, why)
        return
    draft.put_incident(row)
    draft.wake(f"nudge:{row.id}", draft.now + draft.policy.ending.nudge)


def why_left(draft: Draft, ref: str) -> str:
    """Why what fails at `ref` is no incident; empty while it is live, or not known to the CMDB at all."""
    item = draft.estate.items.get(ref)
    if item is None or item.lifecycle == "live":
        return ""
    label = draft.estate.label(ref)
    return f"{label if label == ref else f'{label} ({ref})'} is {item.lifecycle}, not live"


def why_store_left(draft: Draft, store: str) -> str:
    """As `why_left`, of a store: it is not in service when the CMDB has items of it and none is live."""
    members = draft.estate.members.get(store, [])
    if not members or any(item.lifecycle == "live" for item in members):
        return ""
    return f"nothing in {draft.estate.name(store)} is live"
