"""Ids that an incident keeps for itself although it is closed, because its CI may fail on."""

from rules.draft import Draft

TIMER = "taken"
_FOR = 30 * 86_400.0  # seconds


def is_taken(draft: Draft, id_: str) -> bool:
    """Whether an incident has this id, or had it until not long ago."""
    return draft.recorded(id_) is not None or draft.meta(_key(id_)) is not None


def take(draft: Draft, id_: str) -> None:
    """Given free in a month."""
    draft.put("meta", _key(id_), draft.now)
    draft.wake(_key(id_), draft.now + _FOR)


def _key(id_: str) -> str:
    return f"{TIMER}:{id_}"
