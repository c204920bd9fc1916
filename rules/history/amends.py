"""Rule 21: what is on record becomes what it would have been had the line been perfect. A person's word stays."""

from collections.abc import Collection

from rules.cause import backup, chain, merging, residual
from rules.course import clocks, news, taken
from rules.course.incident import Incident
from rules.course.incidents import PERSON_RESOLVED, suppression
from rules.course.restore import DUPLICATE, absorb, is_somebodys, is_touched, recover, resolve
from rules.draft import Draft, changed
from rules.given.keys import ref_of
from rules.given.playbook import SILENCES
from rules.impact import matrix
from rules.sight import beliefs

RULE = "21 history"
_EXPLAINED = "11 symptom"
_OF_MANY = ("chain:", "manual:")
_NAMES = (
    "cause",
    "category",
    "ci",
    "title",
    "service",
    "affected",
    "resolver_group",
    "runbook",
    "vendor",
)


def join(draft: Draft, known: Incident, found: Incident) -> None:
    """The same cause, learnt in another order: it began when it really did, and was as bad as it ever was."""
    is_own = known.home != "" and not residual.is_residual(known)  # of others not all is known here
    row = changed(
        _renamed(known, found),
        started_at=found.started_at if known.home else min(known.started_at, found.started_at),
        worst_priority=min(known.worst_priority, found.worst_priority),
        symptoms=found.symptoms if is_own else known.symptoms,
    )
    if known.state == "resolved" and PERSON_RESOLVED not in known.flags and found.restored_at is not None:
        row = changed(row, restored_at=found.restored_at, reopened=max(row.reopened, found.reopened))
    if row != known:
        text = f"it had begun earlier, been worse or failed once more before that was learnt: {found.title}"
        draft.tell(row.id, "history", text, RULE)
        draft.put_incident(row)
        if row.opened_at is not None and row.state != "resolved" and row.started_at != known.started_at:
            news.updated(draft, row, row.title)
    ended = found.restored_at
    if not is_own or ended is None or ended == row.restored_at or row.state == "resolved":
        return
    if _is_well(draft, row.home, merging.key_of(row)):
        recover(draft, changed(row, restored_at=None), ended)


def as_bad_as_it_was(draft: Draft, found: Incident, id_: str) -> None:
    """It seemed worse while the end of something else was on its way. What a person has taken stays as they took it."""
    row = draft.incident(id_)
    worst = found.worst_priority
    if row is None or row.cause != found.cause or row.worst_priority >= worst or is_touched(row):
        return
    draft.tell(row.id, "history", f"it was at worst a P{worst}, as was learnt later", RULE)
    lowered = changed(row, worst_priority=worst, priority=max(row.priority, worst))
    if lowered.priority != row.priority:
        draft.wake(f"lower:{row.id}", None)
        lowered = matrix.kept(draft.policy, clocks.reprioritised(draft, lowered, row.priority))
    draft.put_incident(lowered)
    clocks.arm(draft, lowered)
    if lowered.priority != row.priority and row.opened_at is not None and row.state != "resolved":
        news.updated(draft, lowered, row.title)


def leading(
    draft: Draft, known: Collection[str], found: Incident, stood: list[Incident], ids: dict[str, str]
) -> Incident | None:
    """What leads here in the place of `found`, which it was a part of: that is the lead's incident then (rule 11).

    Not one of the `known`, which stood before the past began: it has a beginning of its own.
    """
    parts = {row.id: ids[row.id] for row in stood if row.parent == found.id and row.id in ids}
    for part, id_ in parts.items():
        row = draft.incident(id_)
        if row is None or row.state != "open" or row.id in known or is_touched(row):
            continue
        if any(one.id in parts.values() for one in draft.parts(id_)):
            del ids[part]
            return row
    return None


def backup_of(draft: Draft, found: Incident) -> Incident | None:
    """The incident of the backup line that is in use because of `found`, its main line: one with it (rule 10)."""
    lines = backup.in_use(draft, found.home, merging.key_of(found))
    rows = [row for line in lines if (row := draft.by_cause(draft.estate.cause(line))) is not None]
    return next((row for row in rows if row.state == "open" and not is_touched(row)), None)


def lead(draft: Draft, found: Incident, ids: dict[str, str]) -> None:
    """Part of what it would have been part of, or of nothing (rules 7 and 11)."""
    row, above = draft.incident(ids.get(found.id, "")), draft.incident(ids.get(found.parent or "", ""))
    parent = above.id if above is not None and above.state != "resolved" else None
    if row is None or not row.home or row.merged is not None or parent in (row.id, row.parent):
        return
    now = draft.incident(row.parent or "")
    if now is not None and (chain.is_chain(now) or residual.is_residual(now)):
        return
    held = row.suppressed if row.suppressed is not None and row.suppressed.rule != _EXPLAINED else None
    draft.put_incident(changed(row, parent=parent, suppressed=suppression(draft, parent, None) or held))


def take_back(draft: Draft, store: str, stood: list[Incident], ids: dict[str, str]) -> None:
    """What was an incident only for as long as something was not known that explains or ends it."""
    by = {symptom: ids.get(found.id, "") for found in stood for symptom in found.symptoms}
    for row in draft.of_home(store):
        if row.id in ids.values() or not counts(row) or residual.is_residual(row):
            continue
        cause = draft.incident(by.get(ref_of(merging.key_of(row)), ""))
        if cause is not None or _is_well(draft, store, merging.key_of(row)):
            made_duplicate(draft, row, cause)


def made_duplicate(draft: Draft, row: Incident, cause: Incident | None) -> None:
    """On record as `cause`, or as nothing. What a person has taken or answered stays."""
    if is_somebodys(row) or row.merged is not None:
        return
    if row.state != "resolved" and row.restored_at is None and cause is not None:
        absorb(draft, row, cause)
        return
    why = "explained by what it depends on" if cause is not None else "over before it was one"
    row = resolve(draft, row, f"{why}, as was learnt later")
    flags = tuple(dict.fromkeys((*row.flags, DUPLICATE)))
    parent = cause.id if cause is not None else None
    taken.take(draft, row.id)
    draft.tell(row.id, "absorbed", f"{why}, as was learnt later", RULE)
    draft.put_incident(changed(row, state="closed", closed_at=draft.now, parent=parent, flags=flags))
    draft.wake(f"close:{row.id}", None)


def counts(row: Incident) -> bool:
    """Whether it is about what the store's own agents say; of silences the collector's own record is the only one."""
    return row.category not in SILENCES and not row.cause.startswith(_OF_MANY)


def _is_well(draft: Draft, store: str, key: str) -> bool:
    return draft.item(key) is None and beliefs.ok_since(draft, ref_of(key), store) is not None


def _renamed(known: Incident, found: Incident) -> Incident:
    """In between it was explained by what it depends on, and became that one's incident (rule 11)."""
    if known.cause == found.cause:
        return known
    return changed(known, **{name: getattr(found, name) for name in _NAMES})
