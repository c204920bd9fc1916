"""What people said of incidents: these two are one (`merged`), this is not of that (`apart`). It holds while both last.

Kept on the incidents themselves, so that new evidence meets it wherever it is judged: a merged incident stays a part
whatever would explain it, and what was taken out is explained by that incident no more.
"""

from rules.course.incident import Incident, Priority, Suppression
from rules.draft import Draft

MERGED = "merged"  # flag of the older one: there are parts of it that a person put there


def into(draft: Draft, row: Incident) -> Incident | None:
    """The incident that a person merged `row` into, while that is not over."""
    older = draft.incident(row.merged or "")
    return None if older is None or older.state == "resolved" else older


def parent_of(draft: Draft, row: Incident, found: str | None) -> str | None:
    """A person's word comes before what the engine `found`; nothing is a part of itself, in however long a circle."""
    older = into(draft, row)
    if older is not None:
        return older.id
    return None if found is not None and is_within(draft, found, row.id) else found


def is_within(draft: Draft, part: str, whole: str) -> bool:
    """Whether the incident `part` is `whole`, or a part of it, or of a part of it."""
    seen: set[str] = set()
    at: str | None = part
    while at and at not in seen:
        if at == whole:
            return True
        seen.add(at)
        row = draft.incident(at)
        at = row.parent if row is not None else None
    return False


def suppression(older: Incident) -> Suppression:
    return Suppression(f"merged into #{older.number}: {older.ci}", rule="command")


def worst(draft: Draft, row: Incident, found: Priority) -> Priority:
    """What it asks for, and no less than what a part asks for that a person put there: a merge hides nothing."""
    if MERGED not in row.flags:
        return found
    parts = [part for part in draft.parts(row.id) if part.merged == row.id and part.restored_at is None]
    return min([found, *(part.priority for part in parts)])


def is_apart(row: Incident | None, key: str) -> bool:
    """Whether a person took `key` (an item's, or a vote's) out of the incident, which is not over."""
    return row is not None and row.state != "resolved" and key in row.apart


def key_of(row: Incident) -> str:
    """What the incident is about, as items and votes are keyed."""
    return row.cause.partition(":")[2]
