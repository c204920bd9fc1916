"""Whether there is such a thing, and what is called like it: an answer about nothing would pass for good news."""

import difflib
from collections.abc import Callable

from rules.answers.views import item_view
from rules.draft import Draft
from rules.given.estate import Estate
from rules.state import State

_MOST = 3


def is_known(state: State, subject: str, now: float) -> bool:
    """A store or a CI of the CMDB, or one that the CMDB does not have but an agent checks or an incident is about."""
    if subject in state.estate.stores or item_view(state, subject, now) is not None:
        return True
    draft, store = Draft(state, now), subject.partition("/")[0]
    return any(row.ci == subject for home in ("", store) for row in draft.of_home(home))


def nearest(estate: Estate, subject: str, sees: Callable[[str], bool]) -> list[str]:
    """Up to three ids like `subject`, best first, of what the asker `sees`: a predicate over ids of stores.

    Of an item in a store that there is, that store's items; else stores, and for a bare id shared CIs. Among ten
    thousand stores that takes a fraction of a second; an estate is read only, so any thread may do it.
    """
    store, within, _ = subject.partition("/")
    if store in estate.stores:
        return _like(subject, [item.ref for item in estate.members.get(store, ()) if sees(store)])
    stores = [one for one in estate.stores if sees(one)]
    return _like(store, stores if within else [*stores, *(item.id for item in estate.shared)])


def _like(subject: str, ids: list[str]) -> list[str]:
    return difflib.get_close_matches(subject, ids, n=_MOST, cutoff=0.5)
