"""Rule 13: a store's line is dead when none of the control targets that it asks answers; then nothing else is to blame.

Of several that fail the first of the CMDB stands for the line, so that one network failure is one incident.
"""

from rules.draft import Draft
from rules.given.graph import Ref
from rules.state import complains, counts


def dead(draft: Draft, store: str) -> Ref | None:
    """The control target that stands for the store's dead line; None while any of them answers."""
    failing = None
    for item in draft.estate.controls:
        row = draft.item(f"{item}@{store}")
        if complains(draft.estate, item, row):
            failing = failing or item
        elif counts(row):
            return None
    return failing


def returned(draft: Draft, store: str, since: float) -> float | None:
    """When the line came back that explained what has failed in the store since then; None: no line did."""
    found = []
    for control in draft.estate.controls:
        row = draft.item(f"{control}@{store}")
        if row is None or not counts(row) or complains(draft.estate, control, row) or row.since <= since:
            continue
        cause = draft.estate.cause(control)
        fault, path = draft.by_cause(cause), draft.by_cause(f"{cause}@{store}")
        if path is not None or (fault is not None and store in fault.stores):
            found.append(row.since)
    return max(found, default=None)


def carrier(cohorts: tuple[str, ...] | list[str]) -> str:
    """The one carrier that all the cohorts have; empty when there are several, or it is not known."""
    carriers = {cohort.partition("/")[0] for cohort in cohorts}
    return carriers.pop() if len(carriers) == 1 else ""
