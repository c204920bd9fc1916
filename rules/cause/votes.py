"""Rule 13: what the votes of stores on a shared CI come to: whether it is at fault, and since when it is well again."""

from collections import Counter
from collections.abc import Iterable
from itertools import chain, islice
from typing import NamedTuple

import msgspec

from contract.status import Status
from rules.course.incident import Reason
from rules.draft import Draft
from rules.planned import windows
from rules.sight import lines
from rules.state import AgentState, complains


class Blame(NamedTuple):
    stores: list[str]
    cohorts: list[str]
    reason: Reason


def blame(draft: Draft, ref: str) -> Blame | None:
    votes, few = draft.votes(ref), _are_few(draft, ref)
    if few and _others_until(draft, ref) is not None:
        return None
    proving = {cohort: _with_healthy_line(draft, ref, stores) for cohort, stores in _accusing(draft, ref).items()}
    blamed = {
        cohort: stores
        for cohort, stores in proving.items()
        if stores and (few or _is_enough(draft, len(stores), votes[cohort]))
    }
    if not blamed:
        return None
    if few:
        text = f"few vantage points ({sum(votes.values())}), so {ref} takes the blame"
    else:
        said = ", ".join(f"{len(stores)} of {votes[cohort]} in {_named(cohort)}" for cohort, stores in blamed.items())
        text = f"stores that say {ref} fails while their line is healthy: {said}"
    return Blame(sorted(chain.from_iterable(blamed.values())), list(blamed), Reason("13 shared", text))


def next_look(draft: Draft, ref: str) -> float | None:
    """When the first of the votes against it counts that does not count yet."""
    coming = [_counts_from(draft, ref, store) for stores in _accusing(draft, ref).values() for store in stores]
    due = [at for at in [*coming, _others_until(draft, ref)] if at is not None and at > draft.now]
    return min(due, default=None)


def accusing(draft: Draft, ref: str) -> int:
    """How many stores say that it fails, where they are enough for it to be at fault once each of them counts."""
    return sum(map(len, _accusing(draft, ref).values()))


def well_since(draft: Draft, ref: str, stores: Iterable[str]) -> float | None:
    """When the last of the `stores` saw it well; None when only silence makes those few that say that it fails: that
    ends nothing.
    """
    silent = unheard(draft, ref, stores)
    return None if silent and _would_be_enough(draft, ref, silent) else last_well(draft, ref, stores)


def last_well(draft: Draft, ref: str, stores: Iterable[str]) -> float | None:
    """None while none of the `stores` sees anything."""
    votes = [vote for store in stores if (vote := draft.item(f"{ref}@{store}")) is not None and not vote.stale]
    return max((vote.since for vote in votes if vote.state in (Status.OK, Status.WARNING)), default=None)


def unheard(draft: Draft, ref: str, stores: Iterable[str]) -> Counter[str]:
    """Cohort → how many of the `stores` are silent that did not see it well when they were heard last."""
    votes = {store: vote for store in stores if (vote := draft.item(f"{ref}@{store}")) is not None and vote.stale}
    said = {store: msgspec.structs.replace(vote, stale=False) for store, vote in votes.items()}
    return Counter(draft.estate.cohort(store) for store, vote in said.items() if complains(draft.estate, ref, vote))


def _would_be_enough(draft: Draft, ref: str, silent: Counter[str]) -> bool:
    """Did the `silent` of each cohort still say what they said last."""
    votes, against = draft.votes(ref), draft.against(ref)
    few = sum(votes.values()) + silent.total() < draft.policy.shared_fault.stores
    return any(
        few or _is_enough(draft, against.get(cohort, 0) + more, votes.get(cohort, 0) + more)
        for cohort, more in silent.items()
    )


def _are_few(draft: Draft, ref: str) -> bool:
    return sum(draft.votes(ref).values()) < draft.policy.shared_fault.stores


def _accusing(draft: Draft, ref: str) -> dict[str, list[str]]:
    """Cohort → its stores that say it fails, where they are enough if each of them counts."""
    votes, few = draft.votes(ref), _are_few(draft, ref)
    return {
        cohort: draft.complaining(ref, cohort)
        for cohort, against in draft.against(ref).items()
        if few or _is_enough(draft, against, votes[cohort])
    }


def _is_enough(draft: Draft, against: int, votes: int) -> bool:
    rule = draft.policy.shared_fault
    return against >= rule.stores and against >= rule.share * votes


def _others_until(draft: Draft, ref: str) -> float | None:
    """Until when so few votes are not taken for all: who complains has just come, and others are still to come."""
    if not _are_few(draft, ref):
        return None
    missing = draft.policy.shared_fault.stores - sum(draft.votes(ref).values())
    accusing = chain.from_iterable(_accusing(draft, ref).values())
    agents = [agent for store in accusing for agent in draft.estate.agents(store)]
    until = max((_has_settled(draft, row) for agent in agents if (row := draft.agent(agent))), default=draft.now)
    silent = (store for store in draft.estate.stores if _is_silent(draft, store))
    return until if until > draft.now and len(list(islice(silent, missing))) == missing else None


def _has_settled(draft: Draft, row: AgentState) -> float:
    """When the others that began or came back with this agent are there too."""
    is_back = row.away_since is not None
    return row.heard_at + (draft.policy.ending.stand_alone if is_back else draft.policy.evidence.settle)


def _is_silent(draft: Draft, store: str) -> bool:
    agents = draft.estate.agents(store)
    return bool(agents) and not any(draft.is_fresh(agent) for agent in agents)


def _with_healthy_line(draft: Draft, ref: str, stores: list[str]) -> list[str]:
    """Those whose line proves nothing against the evidence: it is alive, and has been for a while if it was dead."""
    return [store for store in stores if not windows.quieted(draft, store) and _proves(draft, ref, store)]


def _proves(draft: Draft, ref: str, store: str) -> bool:
    alone, control = _counts_from(draft, ref, store), lines.dead(draft, store)
    is_of_the_line = control is not None and not (control == ref and draft.estate.is_control(ref))
    return not is_of_the_line and (alone is None or alone <= draft.now)


def _counts_from(draft: Draft, ref: str, store: str) -> float | None:
    """None: at once."""
    vote = draft.item(f"{ref}@{store}")
    return None if vote is None else lines.counts_from(draft, ref, store, vote.since)


def _named(cohort: str) -> str:
    carrier, _, region = cohort.partition("/")
    return " ".join(part for part in (region, carrier) if part) or "the chain"
