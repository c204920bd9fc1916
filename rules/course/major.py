"""Rule 16: the engine proposes a major incident and pages; when nobody answers while many stores cannot sell, it
declares one. A person decides before and after that. One store is never major.
"""

from rules.course import news
from rules.course.incident import Incident
from rules.draft import Draft, changed
from rules.given.playbook import STORE_UNREACHABLE

RULE = "16 major"
TIMER = "major"
_PLAYBOOK = "major incident"


def proposed(draft: Draft, row: Incident) -> Incident:
    """Once in its life, when it is a P1 of many stores, of a category whose playbook says so or of all customers."""
    playbook = draft.policy.category(row.category).playbook
    wanted = _PLAYBOOK in playbook or _is_everyones(draft, row)
    if row.priority != 1 or row.major or not wanted or is_of_one_store(draft, row):
        return row
    draft.tell(row.id, "proposed", "proposed as a major incident", RULE)
    draft.effect("propose_major", row.id, f"{row.id}:major", text=row.title)
    draft.effect("page", row.id, f"{row.id}:major:page", draft.policy.major.manager, f"major incident? {row.title}")
    row = changed(row, major="proposed")
    wait(draft, row)
    return row


def wait(draft: Draft, row: Incident) -> None:
    """For somebody's answer, if it is proposed."""
    if row.major == "proposed":
        draft.wake(f"{TIMER}:{row.id}", draft.now + draft.policy.major.unanswered)


def fall_due(draft: Draft, row: Incident) -> Incident:
    """Nobody has answered in time: declared if it is bad enough by now, else looked at again."""
    draft.wake(f"{TIMER}:{row.id}", None)
    if row.major != "proposed" or row.state != "open" or row.suppressed is not None:
        return row
    why = _too_bad_to_wait(draft, row)
    if why:
        return declared(draft, row, f"{why}, and nobody answered", "engine")
    draft.wake(f"{TIMER}:{row.id}", draft.now + draft.policy.major.look_again)
    return row


def declared(draft: Draft, row: Incident, why: str, actor: str) -> Incident:
    draft.wake(f"{TIMER}:{row.id}", None)
    draft.tell(row.id, "declared", f"declared a major incident: {why}", RULE, actor)
    key = f"{row.id}:declared:{draft.now:.3f}"
    draft.effect("declare_major", row.id, key, text=f"{row.title} ({why})")
    draft.effect("page", row.id, f"{key}:page", draft.policy.major.manager, f"major incident: {row.title}")
    return changed(row, major="declared")


def declined(draft: Draft, row: Incident, why: str, actor: str) -> Incident:
    draft.wake(f"{TIMER}:{row.id}", None)
    draft.tell(row.id, "declined", f"declined as a major incident: {why}", RULE, actor)
    if row.opened_at is not None:
        news.updated(draft, row, f"not a major incident: {why}")
    return changed(row, major="declined")


def is_of_one_store(draft: Draft, row: Incident) -> bool:
    """Seen from one store, that is; of what all customers share it does not matter from where it was seen."""
    return not _is_everyones(draft, row) and (bool(row.home) or len(row.stores) <= 1)


def _is_everyones(draft: Draft, row: Incident) -> bool:
    return not row.home and row.service in draft.policy.major.everyone


def _too_bad_to_wait(draft: Draft, row: Incident) -> str:
    """In words what cannot wait for a person; empty when it can."""
    if row.priority == 1 and _is_everyones(draft, row):
        return f"{row.service} is down for all customers"
    unable = _cannot_sell(draft, row)
    if unable < 2 or not _is_noticeable(draft, unable):
        return ""
    return f"{unable} stores cannot sell"


def _cannot_sell(draft: Draft, row: Incident) -> int:
    """How many of its stores have now lost all of a service without which they cannot."""
    selling = draft.policy.major.selling
    parts = [part for part in draft.parts(row.id) if part.restored_at is None and part.priority == 1]
    lost = {part.home for part in parts if part.service in selling or part.category == STORE_UNREACHABLE}
    shared = [ref for ref in (row.ci, *row.symptoms) if draft.estate.is_shared(ref)]
    votes = [
        sum(count for cohort, count in draft.against(ref).items() if cohort in row.cohorts)
        for ref in shared
        if row.priority == 1 and draft.estate.rules_of(ref).service in selling
    ]
    return max([len(lost), *votes])


def _is_noticeable(draft: Draft, unable: int) -> bool:
    """Whether they are enough of the trading stores; these are counted only as far as it matters."""
    most = unable / draft.policy.major.unable_to_sell
    if len(draft.estate.stores) <= most:
        return True
    trading = 0
    for store in draft.estate.stores:
        trading += draft.estate.is_trading(store, draft.now)
        if trading > most:
            return False
    return True
