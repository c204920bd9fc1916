"""Rule 27: which change came before a failure, on its CI, what that needs, its store, its model or version."""

from rules.course.incident import Incident
from rules.draft import Draft
from rules.given import graph
from rules.repeats.change import ChangeRequest

_MOST = 10  # changes that one incident names, the latest ones


def names_of(draft: Draft, store: str, ref: str) -> tuple[str, ...]:
    """Whatever a change could name that is about the CI, or about the store when there is none."""
    above = graph.ancestors(draft.estate.graph, ref) if ref in draft.estate.items else ()
    return tuple(dict.fromkeys((ref, *above, store, *draft.estate.shares_of(store, ref))))


def before(draft: Draft, names: tuple[str, ...], began: float, within: float) -> list[ChangeRequest]:
    """Those in which it began, or soon after which; the latest first."""
    found = [row for row in draft.changes_on(names) if row.is_before(began, within)]
    return sorted(found, key=lambda row: (-row.since, row.reference))


def named_by(draft: Draft, row: Incident, began: float) -> tuple[str, ...]:
    """The references of the changes that the incident is to name, those that it names already among them."""
    if not draft.has_changes():
        return row.changes
    names = names_of(draft, row.home, row.ci)
    found = before(draft, names, began, draft.policy.changes.before_incident)
    return tuple(dict.fromkeys((*row.changes, *(one.reference for one in found))))[:_MOST]
