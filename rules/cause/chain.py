"""Rule 14: the same loss in several stores that share something is one incident, and a P1.

Ten thousand stores always have three dead tills: so each store must have lost half of the service, within minutes of
the others, and they must be a noticeable share of the trading stores that share it.
"""

from collections import Counter
from typing import NamedTuple

from rules.cause import contrast, crowd, joining
from rules.course.finding import Finding
from rules.course.incident import Affected, Incident, Reason
from rules.course.incidents import ensure
from rules.course.restore import link, recover, relapse
from rules.draft import Draft
from rules.given.estate import Share

TIMER = "chain"


class Pattern(NamedTuple):
    share: Share
    parts: list[Incident]


def judge(draft: Draft, category: str) -> None:
    """At once, or with all that comes meanwhile when so many stores are concerned."""
    if draft.deadline(f"{TIMER}:{category}") is not None:
        return
    _look(draft, category)
    if any(len(chain.stores) > crowd.MANY for chain in joining.standing(draft, category)):
        draft.wake(f"{TIMER}:{category}", draft.now + crowd.INTERVAL)


def fall_due(draft: Draft, category: str) -> None:
    _look(draft, category)
    for chain in joining.standing(draft, category):
        settle(draft, chain)


def settle(draft: Draft, chain: Incident) -> None:
    """A chain incident is well when all its parts are, whoever still owns one of them."""
    waits = len(chain.stores) > crowd.MANY and draft.deadline(f"{TIMER}:{chain.category}") is not None
    if chain.state == "resolved" or waits:
        return
    parts = draft.parts(chain.id)
    if all(part.restored_at is not None for part in parts):
        recover(draft, chain, max((part.restored_at or draft.now for part in parts), default=draft.now))
    elif chain.restored_at is not None:
        relapse(draft, chain)


def is_chain(row: Incident) -> bool:
    return row.cause.startswith("chain:")


def _look(draft: Draft, category: str) -> None:
    """Lets new losses join the chain incidents of the category, and opens one where a pattern shows."""
    rows = draft.half_lost(category)
    free = [row for row in rows if row.parent is None and row.restored_at is None]
    for chain in joining.standing(draft, category):
        free = _with_what_joins(draft, chain, free)
    pattern = _pattern(draft, free)
    if pattern is not None:
        chain = _keep(draft, category, pattern)
        _with_what_joins(draft, chain, [row for row in free if row not in pattern.parts])


def _with_what_joins(draft: Draft, chain: Incident, free: list[Incident]) -> list[Incident]:
    """Has all join that belong to it, also those that do so only once others have; what is still free."""
    while True:
        new = [row for row in free if joining.belongs(draft, row, chain)]
        parts = [part for part in draft.parts(chain.id) if part.merged is None]
        if not new and {part.home for part in parts} <= set(chain.stores):
            return free
        before, chain = chain, _keep(draft, chain.category, Pattern(joining.share_of(chain), [*parts, *new]))
        free = [row for row in free if row not in new]
        if not new and chain.started_at == before.started_at:
            return free


def _keep(draft: Draft, category: str, pattern: Pattern) -> Incident:
    known = draft.policy.category(category)
    stores = tuple(sorted({row.home for row in pattern.parts}))
    service = _service(draft, pattern)
    named = draft.policy.services.get(service)
    common = contrast.among_items(draft, sorted({row.ci for row in pattern.parts}))
    text = f"{len(stores)} stores lost it within minutes and share {pattern.share}"
    chain = ensure(
        draft,
        Finding(
            cause=f"chain:{category}:{pattern.share}",
            category=category,
            ci=pattern.share.removeprefix("ci="),
            title=f"{named.title if named else known.title}: {len(stores)} stores hit at once ({pattern.share})",
            priority=1,
            service=service,
            started_at=min(row.started_at for row in pattern.parts),
            learnt_at=min(row.learnt_at for row in pattern.parts),
            stores=stores,
            affected=Affected(cis=tuple(sorted({row.ci for row in pattern.parts}))),
            reasons=(
                Reason("14 chain", text),
                Reason("14 chain", f"a chain incident of category {known.title}: P1"),
                *common,
            ),
        ),
    )
    for part in pattern.parts:
        link(draft, part, chain)
    return chain


def _service(draft: Draft, pattern: Pattern) -> str:
    """What most of the stores lost; of equals what matters most to customers."""
    lost = Counter(row.service for row in pattern.parts)
    return min(lost, key=lambda service: (-lost[service], draft.policy.rank(service), service))


def _pattern(draft: Draft, free: list[Incident]) -> Pattern | None:
    """The thing shared by the most of them; of equals the rarest, for it tells the most."""
    by_share: dict[Share, list[Incident]] = {}
    for row in sorted(free, key=lambda row: (row.started_at, row.id)):
        for share in joining.shares(draft, row):
            by_share.setdefault(share, []).append(row)
    found = []
    for share, rows in by_share.items():
        members = _within(draft, rows)
        if _is_pattern(draft, share, members):
            found.append((-len(members), draft.estate.sharing[share], share, members))
    if not found:
        return None
    _, _, share, members = min(found, key=lambda one: one[:3])
    return Pattern(share, members)


def _within(draft: Draft, rows: list[Incident]) -> list[Incident]:
    """Of rows in order of their start, the most that began within the window."""
    span = draft.policy.chain.within
    windows = [[row for row in rows if 0 <= row.started_at - first.started_at <= span] for first in rows]
    return max(windows, key=len, default=[])


def _is_pattern(draft: Draft, share: Share, rows: list[Incident]) -> bool:
    rule = draft.policy.chain
    stores = {row.home for row in rows}
    if len(stores) < rule.stores:
        return False
    if len(stores) >= rule.share_of_trading * draft.estate.sharing[share]:
        return True
    trading = 0
    for store in draft.estate.having(share):
        trading += draft.estate.is_trading(store, draft.now)
        if len(stores) < rule.share_of_trading * trading:  # ten thousand are not counted to see that three are too few
            return False
    return True
