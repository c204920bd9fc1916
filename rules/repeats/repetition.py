"""Rule 27: what is remembered of a failure that repeats. Counted by asset and by model; a bounded row a key."""

from typing import NamedTuple

import msgspec

from rules.draft import Draft
from rules.given.keys import home_of
from rules.repeats.problem import CHAIN, MANUAL, MOST, RESIDUAL, Keys, Occurrence, Repetition

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
    put(draft, key, [*known, occurrence])


def ended(draft: Draft, key: str, incident: str, restored_at: float | None, *, by_itself: bool) -> None:
    """The incident's latest occurrence is over, or (None) is not after all."""
    known = recent(draft, key)
    latest = max((one for one in known if one.incident == incident), key=lambda one: one.at, default=None)
    if latest is None:
        return
    lasted = max(0.0, restored_at - latest.at) if restored_at is not None and by_itself else None
    if lasted != latest.lasted:
        after = msgspec.structs.replace(latest, lasted=lasted)
        put(draft, key, [after if one is latest else one for one in known])


def take_back(draft: Draft, key: str, incident: str) -> None:
    """It was a symptom of something else, as was learnt later."""
    known = recent(draft, key)
    left = [one for one in known if one.incident != incident]
    if len(left) < len(known):
        put(draft, key, left)


def forget(draft: Draft, key: str) -> None:
    """The newest of them is out of the window."""
    put(draft, key, recent(draft, key))


def of_store(draft: Draft, store: str) -> dict[str, Repetition]:
    """What is remembered of the failures that the store has incidents of: its own occurrences, by key."""
    subjects = [Subject(row.category, row.ci, row.cause) for row in draft.of_home(store)]
    keys = dict.fromkeys(key for one in subjects if one.repeats for key in keys_of(draft, one).all)
    own = {key: tuple(one for one in draft.occurrences(key) if home_of(one.ci) == store) for key in keys}
    return {key: Repetition(occurrences) for key, occurrences in own.items() if occurrences}


def put(draft: Draft, key: str, occurrences: list[Occurrence]) -> None:
    """Without what is out of the window, as what is learnt late may be."""
    window = draft.policy.problems.window
    rows = sorted((one for one in occurrences if one.at > draft.now - window), key=lambda one: (one.at, one.incident))
    draft.put("repetitions", key, Repetition(tuple(rows[-MOST:])) if rows else None)
    draft.wake(f"{TIMER}:{key}", rows[-1].at + window if rows else None)


def _is_of_a_problem(draft: Draft, one: Occurrence) -> bool:
    known = draft.problems_of(one.incident)
    return any(row.resolved_at is None or one.at <= row.resolved_at for row in known)
