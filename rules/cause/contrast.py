"""Rule 15: what those that fail have in common and those that are well have not, with its numbers. It only suggests.

Counted, never searched: the state knows how many fail by each thing that they share, the estate how many there are.
"""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from rules.course.incident import Reason
from rules.draft import Draft
from rules.given.estate import Share
from rules.given.graph import Ref

RULE = "15 contrast"
_LOOKED_AT = 50  # of an incident's CIs: what most of them share, some of them have


class Count(NamedTuple):
    """Of those that fail, and of all others, how many have `share`."""

    share: Share
    failing: int
    others: int


def among_items(draft: Draft, refs: Iterable[Ref]) -> list[Reason]:
    """What the failing of a class, that of most of `refs`, have in common with these; nothing when too few fail."""
    items = [
        item for ref in list(refs)[:_LOOKED_AT] if (item := draft.estate.items.get(ref)) is not None and item.store
    ]
    if not items:
        return []
    klass = Counter(item.klass for item in items).most_common(1)[0][0] if len(items) > 1 else items[0].klass
    if draft.failing(klass, ())[""] < draft.policy.contrast.failing:
        return []
    shares = dict.fromkeys(share for item in items for share in draft.estate.shares_of(item.store or "", item.ref))
    failing = draft.failing(klass, shares)
    alike = draft.estate.alike
    counts = [Count(share, failing[share], alike[klass, share] - failing[share]) for share in shares]
    return _said(draft, f"failing {klass}", failing[""], alike[klass, ""] - failing[""], counts)


def among_stores(draft: Draft, ref: Ref) -> list[Reason]:
    """What the stores that do not see the shared `ref` have in common, against those that do."""
    against, votes = draft.against(ref), draft.votes(ref)
    failing, all_of = Counter[Share](), Counter[Share]()
    for cohort, number in votes.items():
        carrier, _, region = cohort.partition("/")
        for share in [f"carrier={carrier}"] * bool(carrier) + [f"region={region}"] * bool(region):
            failing[share] += against.get(cohort, 0)
            all_of[share] += number
    total = sum(against.values())
    if total < draft.policy.contrast.failing:
        return []
    counts = [Count(share, failing[share], all_of[share] - failing[share]) for share in all_of]
    return _said(draft, "stores that do not reach it", total, sum(votes.values()) - total, counts)


def _said(draft: Draft, what: str, failing: int, others: int, counts: list[Count]) -> list[Reason]:
    """The one that tells most: that fewest of the others have, and of equals that most of the failing have."""
    rule = draft.policy.contrast
    telling = [
        one for one in counts if others and one.failing >= rule.share * failing and one.others <= rule.others * others
    ]
    if not telling:
        return []
    best = min(telling, key=lambda one: (one.others, -one.failing, one.share))
    return [Reason(RULE, f"{best.failing} of {failing} {what} have {best.share}; {best.others} of {others} others do")]
