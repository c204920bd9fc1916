"""A finding: an incident as it should be now, whether or not it exists yet."""

import msgspec

from rules import hours
from rules.draft import Draft
from rules.incident import Affected, Priority, Reason


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """`cause` is the key that one unresolved incident has; `parent` is the id of the incident that explains it."""

    cause: str
    category: str
    ci: str
    title: str
    priority: Priority
    service: str
    started_at: float
    learnt_at: float
    home: str = ""
    stores: tuple[str, ...] = ()
    cohorts: tuple[str, ...] = ()
    loss: float = 0.0
    affected: Affected = Affected()
    symptoms: tuple[str, ...] = ()
    parent: str | None = None
    closed_until: float | None = None
    flags: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    resolver_group: str = ""  # another than its category's


def region_of(draft: Draft, stores: tuple[str, ...]) -> str:
    """The region that all the stores are in; empty when they are in several."""
    known = draft.estate.stores
    regions = {known[store].region for store in stores if store in known}
    return regions.pop() if len(regions) == 1 else ""


def closed_until(draft: Draft, store: str, category: str) -> float | None:
    """Until when pages and tickets wait because the store is closed (rule 9); None: they do not."""
    rules, known = draft.policy.category(category), draft.estate.hours.get(store)
    if rules.closed == "act" or known is None or judged_as_open(draft, store):
        return None
    opening = hours.next_opening(known, draft.now)
    return None if opening is None else opening - draft.policy.hours.judge_before_opening


def judged_as_open(draft: Draft, store: str) -> bool:
    """Trading, or about to (rule 9)."""
    ahead = draft.policy.hours.judge_before_opening
    if draft.estate.is_trading(store, draft.now):
        return True
    opening = hours.next_opening(draft.estate.hours[store], draft.now)
    return opening is not None and opening - draft.now <= ahead
