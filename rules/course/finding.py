"""A finding: an incident as it should be now, whether or not it exists yet."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from rules.course.incident import Affected, Level, Priority, Reason
from rules.draft import Draft
from rules.given import hours
from rules.given.hours import Hours

CAPACITY_UNKNOWN = "capacity unknown"


class Finding(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`cause` is the key that one unresolved incident has; `parent` is the id of the incident that explains it.

    `impact` and `urgency` are what rules/impact/matrix.py begins with; an impact of None is that of the priority.
    """

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
    impact: Level | None = None
    urgency: Level = 2


def region_of(draft: Draft, stores: tuple[str, ...]) -> str:
    """The region that all the stores are in; empty when they are in several."""
    known = draft.estate.stores
    regions = {known[store].region for store in stores if store in known}
    return regions.pop() if len(regions) == 1 else ""


def closed_until(draft: Draft, store: str, category: str, services: Sequence[str] = ()) -> float | None:
    """Until when pages and tickets wait because the store, or each of `services`, is closed (rule 9); None: no wait."""
    if draft.policy.category(category).closed == "act" or judged_as_open(draft, store, services):
        return None
    opening = draft.estate.next_opening(store, draft.now, services)
    return None if opening is None else opening - draft.policy.hours.judge_before_opening


def judged_as_open(draft: Draft, store: str, services: Sequence[str] = ()) -> bool:
    """Trading, or about to (rule 9)."""
    ahead = draft.policy.hours.judge_before_opening
    if draft.estate.is_trading(store, draft.now, services):
        return True
    opening = draft.estate.next_opening(store, draft.now, services)
    return opening is not None and opening - draft.now <= ahead


def turns(draft: Draft, store: str) -> list[float]:
    """When the store is next judged as open, and when it closes."""
    known = draft.estate.trading.get(store)
    return [] if known is None else _turns(draft, [known.store])


def service_turns(draft: Draft, store: str) -> list[float]:
    """As `turns`, where services have hours of their own: from then on what is lost of them counts, or does not."""
    known = draft.estate.trading.get(store)
    return [] if known is None or not known.services else _turns(draft, known.all())


def _turns(draft: Draft, known: Sequence[Hours]) -> list[float]:
    ahead = draft.policy.hours.judge_before_opening
    opens = [opening - ahead for one in known if (opening := hours.next_opening(one, draft.now)) is not None]
    return opens + [closing for one in known if (closing := hours.next_closing(one, draft.now)) is not None]


def instant(draft: Draft, store: str, at: float) -> str:
    """In words, in the store's local time where there is one."""
    known = draft.estate.hours.get(store)
    zone = hours.UTC_ZONE if known is None else known.zone
    return datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M %Z")
