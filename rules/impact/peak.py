"""Rule 7: peak days, on which the same loss is a band worse: the policy's for the chain, and a store's own events."""

from datetime import date, datetime

from rules.draft import Draft


def is_peak(draft: Draft, store: str) -> bool:
    """By the store's own date."""
    known = draft.estate.trading.get(store)
    return known is not None and known.day(draft.now) in _days(draft, store)


def turns(draft: Draft, store: str) -> float | None:
    """When the next peak begins, or this one ends; None: none is known."""
    known = draft.estate.trading.get(store)
    days = _days(draft, store)
    if known is None or not days:
        return None
    if is_peak(draft, store):
        return known.midnight(draft.now)
    today = known.day(draft.now)
    coming = min((day for day in days if day > today), default=None)
    return None if coming is None else datetime.combine(coming, datetime.min.time(), known.store.zone).timestamp()


def _days(draft: Draft, store: str) -> frozenset[date]:
    return draft.estate.peaks | draft.estate.trading[store].peaks if store in draft.estate.trading else frozenset()
