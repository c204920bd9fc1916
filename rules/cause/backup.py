"""Rule 10: a store on its backup line (4G) is one P3, whatever says so, until its main line is stable.

Two things tell it: the main line fails while the store's agents are heard, which they are by another way then; and a CI
of the backup line warns that it is in use.
"""

from contract.status import Status
from rules.cause.symptoms import Verdict
from rules.course.incident import Reason
from rules.draft import Draft

RULE = "10 backup"


def is_main_line(draft: Draft, ref: str) -> bool:
    return _is_of(draft, ref, draft.policy.backup.main)


def as_one(draft: Draft, store: str, verdicts: dict[str, Verdict]) -> dict[str, Verdict]:
    """A backup line that is in use is no news of its own while the main line fails or is not stable yet."""
    using = [key for key, found in verdicts.items() if found.evidence == "warning" and _is_backup(draft, key)]
    by = _main_line(draft, store, verdicts) if using else ""
    if not by:
        return verdicts
    reason = Reason(RULE, f"in use because {draft.estate.label(by)} fails, or is not stable yet")
    return verdicts | {key: Verdict("symptom", reason, by=by) for key in using}


def in_use(draft: Draft, store: str, main: str) -> list[str]:
    """The backup lines that the store is still on although its `main` line is up again."""
    rows = dict(draft.troubled(store)) if is_main_line(draft, main) else {}
    return [
        key for key, row in rows.items() if row.state is Status.WARNING and not row.stale and _is_backup(draft, key)
    ]


def _main_line(draft: Draft, store: str, verdicts: dict[str, Verdict]) -> str:
    """The key of what explains that the backup is in use; empty when the main line gives no cause for it."""
    for item in draft.estate.members.get(store, ()):
        if not is_main_line(draft, item.ref):
            continue
        found = verdicts.get(item.ref)
        if found is not None and found.kind in ("cause", "symptom"):
            return found.by or item.ref
        known = draft.by_cause(draft.estate.cause(item.ref))
        if known is not None and known.state != "resolved":
            return item.ref
    return ""


def _is_backup(draft: Draft, ref: str) -> bool:
    return _is_of(draft, ref, draft.policy.backup.backup)


def _is_of(draft: Draft, ref: str, classes: list[str]) -> bool:
    item = draft.estate.items.get(ref)
    return item is not None and item.store is not None and item.klass in classes
