"""Rule 27: tickets wait only for occurrences of P3 that may heal by themselves soon, as the same failure did before."""

from rules.course.finding import Finding
from rules.course.incident import Incident, Suppression
from rules.draft import Draft
from rules.repeats import repetition
from rules.repeats.problem import RULE, Keys, Problem
from rules.repeats.repetition import Subject

TIMER = "hold"


def suppression(draft: Draft, finding: Finding, row: Incident | None) -> Suppression | None:
    """Of the incident that `finding` is or becomes. What has its ticket goes on; what lasts gets one."""
    if finding.priority != 3 or (row is not None and row.opened_at is not None):
        return None
    if row is not None and is_held(row):
        return row.suppressed if row.suppressed is not None and draft.now < (row.suppressed.until or 0.0) else None
    until = finding.started_at + draft.policy.problems.heals_within
    subject = Subject(finding.category, finding.ci, finding.cause)
    if draft.now >= until or not subject.repeats:
        return None
    reason = _reason(draft, subject)
    return Suppression(f"{reason}; it gets its ticket if this does not heal", until, RULE) if reason else None


def is_held(row: Incident) -> bool:
    return row.suppressed is not None and row.suppressed.rule == RULE


def arm(draft: Draft, row: Incident) -> None:
    """Wake when what is held and has not healed gets its ticket."""
    until = row.suppressed.until if row.suppressed is not None and is_held(row) else None
    draft.wake(f"{TIMER}:{row.id}", until if until is not None and until > draft.now else None)


def covering(draft: Draft, keys: Keys) -> Problem | None:
    """The open problem that an occurrence with these keys is one of; its own asset's before its model's."""
    if not draft.has_problems():
        return None
    return next((row for key in keys.all for row in draft.problems_on(key) if row.is_open and row.key == key), None)


def _reason(draft: Draft, subject: Subject) -> str:
    """Why its ticket waits; empty when it does not."""
    keys = repetition.keys_of(draft, subject)
    problem = covering(draft, keys)
    if problem is not None:
        return f"one of problem #{problem.number}, {problem.title}" if draft.now < problem.hold_until else ""
    if draft.policy.category(subject.category).hold != "repeats":
        return ""
    times = max((_always_healed(draft, key) for key in keys.all), default=0)
    return f"the same failure always healed by itself lately ({times}×)" if times else ""


def _always_healed(draft: Draft, key: str) -> int:
    """How often it failed lately, when it healed by itself soon each time; otherwise 0."""
    known, soon = repetition.recent(draft, key), draft.policy.problems.heals_within
    return len(known) if all(one.lasted is not None and one.lasted <= soon for one in known) else 0
