"""Rule 13: a store's line is dead when none of the control targets that it asks answers; then nothing else is to blame.

Of several that fail the first of the CMDB stands for the line, so that one network failure is one incident.
"""

from rules.draft import Draft
from rules.given.graph import Ref
from rules.sight.beliefs import checks_on
from rules.state import AgentState, complains, counts


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


def counts_from(draft: Draft, ref: Ref, store: str, since: float) -> float | None:
    """When it counts that the store has not reached `ref` since then: once its line is back, and it was asked anew.

    What fails on after its parent's return stands alone after a while (rule 23). None: at once, no line was away.
    """
    back = _answers_since(draft, store, since)
    alone = None if back is None else back + draft.policy.ending.stand_alone
    return max((at for at in (alone, _asked_anew(draft, ref, store, since)) if at is not None), default=None)


def _asked_anew(draft: Draft, ref: Ref, store: str, since: float) -> float | None:
    """Two intervals after who checks it was heard again; None when any agent of the store was not silent then."""
    rows = [row for agent in draft.estate.agents(store) if (row := draft.agent(agent)) is not None]
    if not all(_was_away(row, since) for row in rows):
        return None
    checking = ((draft.agent(agent), belief.interval) for agent, _, belief in checks_on(draft, ref, store))
    heard = [row.heard_at + 2 * interval for row, interval in checking if row is not None and row.silent_since is None]
    return max(heard, default=None)


def _was_away(row: AgentState, at: float) -> bool:
    if row.silent_since is not None:
        return row.silent_since <= at
    return row.away_since is not None and row.away_since <= at < row.heard_at


def _answers_since(draft: Draft, store: str, since: float) -> float | None:
    """Since when the control target answers that did not, and so explained what has failed in the store since then."""
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
