"""Rule 24: a priority that a person set holds against the rules until its end; they say so when things get worse."""

import msgspec

from rules.course.incident import Incident, Priority
from rules.draft import Draft, changed

RULE = "24 pin"
_LOWERING = "lowering to P"


def held(draft: Draft, row: Incident, wanted: Priority) -> Incident:
    """Of a pinned incident, for which the rules ask for `wanted`: told and paged once when that is worse than known."""
    pin = row.pin
    if pin is None:
        return row
    row = changed(row, worst_priority=min(row.worst_priority, wanted))
    if wanted >= min(pin.priority, pin.noted) or row.opened_at is None or row.suppressed is not None:
        return row
    text = f"P{wanted} by the rules, and pinned at P{pin.priority} by {pin.by}: {pin.reason}"
    draft.tell(row.id, "worse than pinned", text, RULE)
    key = f"{row.id}:pin:{row.reopened}:{pin.until:.0f}:P{wanted}"
    draft.effect("page", row.id, key, row.resolver_group, f"{row.title}: {text}")
    return changed(row, pin=msgspec.structs.replace(pin, noted=wanted))


def lowering_proposed(draft: Draft, row: Incident, wanted: Priority) -> Incident:
    """Somebody has acknowledged it, so the priority is theirs: they are asked once, and nothing is done."""
    flag = f"{_LOWERING}{wanted} proposed"
    if flag in row.flags:
        return row
    to = row.assignee or row.acknowledged_by or row.resolver_group
    text = f"P{row.priority} could be P{wanted} now; {to} decides"
    draft.tell(row.id, "lowering proposed", text, RULE)
    key = f"{row.id}:lowering:{row.reopened}:P{wanted}"
    draft.effect("page", row.id, key, to, f"{row.title}: {text}")
    return changed(row, flags=(*without_proposals(row), flag))


def without_proposals(row: Incident) -> tuple[str, ...]:
    """Its flags, as they are once its priority has been decided anew."""
    return tuple(flag for flag in row.flags if not flag.startswith(_LOWERING))
