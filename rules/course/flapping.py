"""Rule 26: what fails and recovers again and again is flagged with a count. It limits pages; it delays no opening."""

from rules.course.incident import Incident, Reason
from rules.draft import Draft, changed

FLAPPING = "flapping"
RULE = "26 flapping"
TIMER = "page"
_MOST = 100  # instants that are kept: a count beyond it says nothing more


def again(draft: Draft, row: Incident) -> Incident:
    """It fails once more, after it had been well."""
    rule = draft.policy.flapping
    flaps = (*(at for at in row.flaps if at > draft.now - rule.within), draft.now)[-_MOST:]
    flags = tuple(flag for flag in row.flags if flag != FLAPPING)
    row = changed(row, flaps=flaps, flags=(*flags, FLAPPING) if len(flaps) >= rule.times else flags)
    if FLAPPING in row.flags:
        draft.tell(row.id, FLAPPING, _text(draft, row), RULE)
    if draft.deadline(f"{TIMER}:{row.id}") is not None:
        draft.wake(f"{TIMER}:{row.id}", draft.now + rule.sustained)
    return row


def reasoned(draft: Draft, row: Incident) -> Incident:
    """With the count among its reasons, while it flaps."""
    if FLAPPING not in row.flags:
        return row
    return changed(row, reasons=(*row.reasons, Reason(RULE, _text(draft, row))))


def is_quiet(draft: Draft, row: Incident) -> bool:
    """Whether its group knows: it flaps, was called not long ago, and things are not worse than was said then."""
    if FLAPPING not in row.flags or row.paged_at is None or row.priority < (row.paged_priority or 3):
        return False
    return draft.now < row.paged_at + draft.policy.flapping.page_every


def page(draft: Draft, row: Incident, key: str) -> Incident:
    """Calls its group. While it flaps, soon again only when it is worse, or fails on for `sustained`."""
    if is_quiet(draft, row):
        draft.tell(row.id, "not paged", "flapping, and its group was called not long ago", RULE)
        draft.wake(f"{TIMER}:{row.id}", draft.now + draft.policy.flapping.sustained)
        return row
    draft.wake(f"{TIMER}:{row.id}", None)
    draft.effect("page", row.id, key, row.resolver_group, f"P{row.priority}: {row.title}")
    return changed(row, paged_at=draft.now, paged_priority=row.priority)


def fall_due(draft: Draft, row: Incident) -> Incident:
    """It has failed on without a break: not flapping any more but down, and its group is called after all."""
    draft.wake(f"{TIMER}:{row.id}", None)
    if row.state != "open" or row.restored_at is not None or row.suppressed is not None:
        return row
    draft.tell(row.id, "paged", "it fails on without a break", RULE)
    draft.effect(
        "page", row.id, f"{row.id}:page:{row.reopened}:on", row.resolver_group, f"P{row.priority}: {row.title}"
    )
    return changed(row, paged_at=draft.now, paged_priority=row.priority, escalation=0)


def _text(draft: Draft, row: Incident) -> str:
    rule = draft.policy.flapping
    return (
        f"failed again {len(row.flaps)} times within {rule.within / 60:g} min: "
        f"a page at most every {rule.page_every / 60:g} min"
    )
