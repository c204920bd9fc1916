"""A row of the incident table: what may come from a change asks for that change's review."""

from rules.course.incident import Incident
from rules.draft import Draft, changed
from rules.repeats import changes
from rules.repeats.change import RULE

PLAYBOOK = "change request review"
FLAG = "change review"


def asked(draft: Draft, row: Incident) -> Incident:
    """Once an incident: with the latest change on its CI, or the question whether there was one."""
    if PLAYBOOK not in draft.policy.category(row.category).playbook or FLAG in row.flags:
        return row
    names = changes.names_of(draft, row.home, row.ci)
    found = changes.before(draft, names, row.started_at, draft.policy.changes.before_problem)
    latest = found[0] if found else None
    text = f"review the change {latest.reference}: {latest.title}" if latest else "no change is known: was there one?"
    draft.tell(row.id, "change review", text, RULE)
    draft.effect("review_change", row.id, f"{row.id}:review", row.resolver_group, text)
    named = (*row.changes, latest.reference) if latest else row.changes
    return changed(row, flags=(*row.flags, FLAG), changes=tuple(dict.fromkeys(named)))
