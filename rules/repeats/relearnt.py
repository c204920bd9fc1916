"""Rules 21 and 27: what repeated unheard counts by its true times, and what only seemed to repeat does not count."""

from collections import Counter

import msgspec

from rules.course import taken
from rules.course.restore import is_somebodys
from rules.draft import Draft
from rules.given.keys import home_of
from rules.given.playbook import SILENCES
from rules.history.past import Past
from rules.repeats import repetition
from rules.repeats.problem import Occurrence, Repetition
from rules.state import State


def counted(draft: Draft, store: str, past: Past, replay: State, ids: dict[str, str]) -> list[Occurrence]:
    """Puts what the replay of a past counted of the store in the place of what was counted live.

    `ids` are the replay's incidents' ids on record. Returns what had not been counted, oldest first; it is not yet put.
    """
    news: dict[tuple[str, float], Occurrence] = {}
    retold = {*past.known, *ids.values()}
    for key in dict.fromkeys([*replay.repetitions, *repetition.of_store(draft, store)]):
        if key.partition("/")[0] not in SILENCES:
            own = [one for one in draft.occurrences(key) if home_of(one.ci) == store]
            old = [one for one in own if one.at >= past.began or one.incident in retold]
            news |= _of_key(draft, key, old, [_on_record(draft, one, ids) for one in _told(replay, key)])
    return sorted(news.values(), key=lambda one: (one.at, one.incident))


def _told(replay: State, key: str) -> tuple[Occurrence, ...]:
    return replay.repetitions.get(key, Repetition()).occurrences


def _of_key(
    draft: Draft, key: str, old: list[Occurrence], told: list[Occurrence]
) -> dict[tuple[str, float], Occurrence]:
    """`told` in the place of `old`; what had not been counted is returned."""
    truth = {(one.incident, one.at): one for one in told if taken.is_taken(draft, one.incident)}
    news, had = dict[tuple[str, float], Occurrence](), Counter(one.incident for one in old)
    left = [one for one in draft.occurrences(key) if one not in old]
    for place, one in truth.items():
        had[one.incident] -= 1
        if had[one.incident] < 0:
            news[place] = one
        else:
            left.append(one)
    if old:
        repetition.put(draft, key, left)
    return news


def _on_record(draft: Draft, one: Occurrence, ids: dict[str, str]) -> Occurrence:
    """A replay does not know what a person did, after which nothing healed by itself."""
    incident = ids.get(one.incident, one.incident)
    row = draft.recorded(incident)
    lasted = None if row is not None and is_somebodys(row) else one.lasted
    return msgspec.structs.replace(one, incident=incident, lasted=lasted)
