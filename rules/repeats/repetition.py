"""Rule 27: what is remembered of a failure that repeats. Counted by asset and by model; a bounded row a key."""

from collections import Counter
from typing import NamedTuple

import msgspec

from rules.course import taken
from rules.draft import Draft
from rules.repeats.problem import CHAIN, MANUAL, MOST, RESIDUAL, Keys, Occurrence, Repetition
from rules.state import State

TIMER = "repetition"


class Subject(NamedTuple):
    """What an incident or a finding says of its failure."""

    category: str
    ci: str
    cause: str

    @property
    def repeats(self) -> bool:
        """Whether it is a failure of one thing at all, and not what a person made or stores have in common."""
        return not self.cause.startswith((MANUAL, CHAIN, RESIDUAL))


def keys_of(draft: Draft, subject: Subject) -> Keys:
    """By the asset in its position now; a store's path to a shared CI is a position of its own."""
    item = draft.estate.items.get(subject.ci)
    name = f"asset={item.asset}" if item is not None and item.asset else f"ci={subject.cause.partition(':')[2]}"
    shares = [f"{subject.category}/{share}" for share in draft.estate.versions_of(subject.ci)]
    return Keys(f"{subject.category}/{name}", tuple(shares))


def recent(draft: Draft, key: str) -> list[Occurrence]:
    oldest = draft.now - draft.policy.problems.window
    return [one for one in draft.occurrences(key) if one.at > oldest]


def countable(draft: Draft, key: str) -> list[Occurrence]:
    """The recent ones that are not a problem's already: those it has explain no other."""
    return [one for one in recent(draft, key) if not _is_of_a_problem(draft, one)]


def has_countable(draft: Draft, key: str, many: int) -> bool:
    """Whether there are so many."""
    return len(draft.occurrences(key)) >= many and len(countable(draft, key)) >= many


def add(draft: Draft, key: str, occurrence: Occurrence) -> None:
    known = [one for one in recent(draft, key) if (one.incident, one.at) != (occurrence.incident, occurrence.at)]
    _keep(draft, key, [*known, occurrence])


def ended(draft: Draft, key: str, incident: str, restored_at: float | None, *, by_itself: bool) -> None:
    """The incident's latest occurrence is over, or (None) is not after all."""
    known = recent(draft, key)
    latest = max((one for one in known if one.incident == incident), key=lambda one: one.at, default=None)
    if latest is None:
        return
    lasted = max(0.0, restored_at - latest.at) if restored_at is not None and by_itself else None
    if lasted != latest.lasted:
        after = msgspec.structs.replace(latest, lasted=lasted)
        _keep(draft, key, [after if one is latest else one for one in known])


def take_back(draft: Draft, key: str, incident: str) -> None:
    """It was a symptom of something else, as was learnt later."""
    known = recent(draft, key)
    left = [one for one in known if one.incident != incident]
    if len(left) < len(known):
        _keep(draft, key, left)


def forget(draft: Draft, key: str) -> None:
    """The newest of them is out of the window."""
    _keep(draft, key, recent(draft, key))


def relearnt(draft: Draft, replay: State, since: float, ids: dict[str, str]) -> list[Occurrence]:
    """Puts what a replay counted in the place of what was counted live; `ids` are its incidents' ids on record.

    Returns what had not been counted, oldest first, each once; that is not yet put.
    """
    news: dict[tuple[str, float], Occurrence] = {}
    for key, row in replay.repetitions.items():
        told = [msgspec.structs.replace(one, incident=ids.get(one.incident, one.incident)) for one in row.occurrences]
        told = [one for one in told if taken.is_taken(draft, one.incident)]
        since = min([since, *(one.at for one in told)])
        before = draft.occurrences(key)
        named = {one.incident for one in told}
        left = [one for one in before if one.incident not in named or one.at < since]
        had = Counter(one.incident for one in before if one.at >= since)
        for one in told:
            had[one.incident] -= 1
            if had[one.incident] < 0:
                news[one.incident, one.at] = one
            else:
                left.append(one)
        if told:
            _keep(draft, key, left)
    return sorted(news.values(), key=lambda one: (one.at, one.incident))


def _is_of_a_problem(draft: Draft, one: Occurrence) -> bool:
    known = draft.problems_of(one.incident)
    return any(row.resolved_at is None or one.at <= row.resolved_at for row in known)


def _keep(draft: Draft, key: str, occurrences: list[Occurrence]) -> None:
    """Without what is out of the window, as what is learnt late may be."""
    window = draft.policy.problems.window
    rows = sorted((one for one in occurrences if one.at > draft.now - window), key=lambda one: (one.at, one.incident))
    draft.put("repetitions", key, Repetition(tuple(rows[-MOST:])) if rows else None)
    draft.wake(f"{TIMER}:{key}", rows[-1].at + window if rows else None)
