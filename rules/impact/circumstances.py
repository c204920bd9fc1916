"""What makes the same loss more or less urgent: a peak day (rule 7), tills that sell offline (8)."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from rules.cause import backup
from rules.course.finding import Finding, instant
from rules.course.incident import Level, Priority, Reason
from rules.draft import Draft
from rules.given.keys import ref_of
from rules.given.playbook import number
from rules.impact import offline, peak
from rules.sight.belief import ItemState


class Found(NamedTuple):
    """`wakes` are when it must be judged anew although nothing comes."""

    finding: Finding
    wakes: list[float]


class _Said(NamedTuple):
    priority: Priority
    urgency: Level
    reason: Reason


def weighed(draft: Draft, finding: Finding, failing: Sequence[tuple[str, ItemState]]) -> Found:
    """Of a loss in a store that is known to be one. `failing` is what has caused it, by key."""
    turns = peak.turns(draft, finding.home)
    wakes = [] if turns is None else [turns]
    before = finding = msgspec.structs.replace(finding, impact=finding.priority)
    if (said := _on_a_peak_day(draft, finding)) is not None:
        finding = _as_said(finding, said)
    without = [(key, row) for key, row in failing if offline.can_go_on_without(draft, ref_of(key))]
    if without and before.priority < 3:
        said, until = _while_tills_sell(draft, finding, min(row.since for _, row in without))
        finding = _as_said(finding, said) if said is not None else finding
        wakes += [until]
    if backup.is_main_line(draft, finding.ci):
        text = "its agents are heard, so the store is on its backup line"
        finding = _with(finding, Reason("10 backup", text))
    return Found(finding, wakes)


def _on_a_peak_day(draft: Draft, finding: Finding) -> _Said | None:
    if not draft.policy.peak.bands or not peak.is_peak(draft, finding.home):
        return None
    before, ceiling = finding.priority, number(draft.policy.category(finding.category).ceiling)
    raised = max(before - draft.policy.peak.bands, ceiling, 1)
    if raised >= before:
        held = f"a peak day, and never above P{ceiling}" if before == ceiling else "a peak day, and as high as can be"
        return _Said(before, finding.urgency, Reason("7 peak", held))
    return _Said(_priority(raised), 1, Reason("7 peak", f"a peak day: P{before} becomes P{raised}"))


def _while_tills_sell(draft: Draft, finding: Finding, since: float) -> tuple[_Said | None, float]:
    found = offline.selling(draft, finding.home, finding.service, since)
    if not found.until:
        return None, 0.0
    at, tills = instant(draft, finding.home, found.until), f"{found.able} of {found.tills} tills"
    if draft.now >= found.until:
        reason = Reason("8 offline", f"{tills} sold offline; their card minutes are nearly used since {at}")
        return _Said(finding.priority, finding.urgency, reason), 0.0
    reason = Reason("8 offline", f"{tills} sell offline, so P2 at most until {at}")
    lowered = finding.priority == 1
    return _Said(2 if lowered else finding.priority, 3 if lowered else finding.urgency, reason), found.until


def _as_said(finding: Finding, said: _Said) -> Finding:
    finding = msgspec.structs.replace(finding, priority=said.priority, urgency=said.urgency)
    return _with(finding, said.reason)


def _with(finding: Finding, reason: Reason) -> Finding:
    return msgspec.structs.replace(finding, reasons=(*finding.reasons, reason))


def _priority(number: int) -> Priority:
    return 1 if number <= 1 else 2 if number == 2 else 3
