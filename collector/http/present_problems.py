"""Problems and changes as people get them: words for numbers, dates for instants."""

from msgspec import structs

from collector.http import present
from collector.http.instants import shown
from collector.http.problem_shapes import Change, ProblemInFull, ProblemRecord
from rules.course.incident import TimelineEntry
from rules.repeats.change import ChangeRequest
from rules.repeats.problem import Problem


def problem(known: Problem) -> ProblemRecord:
    return ProblemRecord(
        id=known.id,
        number=known.number,
        state=known.state,
        category=known.category,
        subject=known.subject,
        title=known.title,
        count=known.count,
        incidents=list(known.incidents),
        cis=list(known.cis),
        change=known.change,
        fix=known.fix,
        first_at=shown(known.first_at),
        last_at=shown(known.last_at),
        opened_at=shown(known.opened_at),
        hold_until=shown(known.hold_until),
        resolved_at=shown(known.resolved_at),
        note=known.note,
        owner=known.owner,
        resolver_group=known.resolver_group,
        runbook=known.runbook,
        ticket=present.ticket(known.ticket),
    )


def problem_in_full(known: Problem, story: list[TimelineEntry]) -> ProblemInFull:
    lines = [present.story_line(entry) for entry in story]
    return ProblemInFull(**structs.asdict(problem(known)), timeline=lines)


def change(known: ChangeRequest, now: float) -> Change:
    return Change(
        reference=known.reference,
        title=known.title,
        state="planned" if now < known.since else "running" if now < known.until else "over",
        since=shown(known.since),
        until=shown(known.until),
        stores=list(known.stores),
        cis=list(known.cis),
        shares=list(known.shares),
        fixes=known.fixes,
        actor=known.actor,
        made_at=shown(known.made_at),
    )
