"""Rule 27: from repeats to problems. Looks at what a step decided about incidents, after everything else in it."""

from hashlib import sha256
from typing import Any

import msgspec

from rules.course.incident import Incident
from rules.course.incidents import HISTORICAL
from rules.course.restore import DUPLICATE, is_somebodys
from rules.draft import Draft, changed
from rules.given.keys import ref_of
from rules.history.past import Past
from rules.planned import windows
from rules.repeats import changes, relearnt, repetition, ticket_hold
from rules.repeats.problem import MOST, RULE, Keys, Occurrence, Problem
from rules.repeats.repetition import Subject
from rules.state import State

TIMER = "problem"
AT_ONCE = "problem record"  # the playbook that asks for a problem with the first incident


def settle(draft: Draft) -> None:
    """What began is counted, what is over too, and what turned out to be a symptom is taken back."""
    for before, row in draft.turned():
        _follow(draft, before, row)
    for incident, began in draft.begun.items():
        begun = draft.incident(incident)
        if begun is not None:
            _began(draft, begun, began)


def remember(draft: Draft, store: str, past: Past, replay: State, ids: dict[str, str]) -> None:
    """Rule 21: what repeated unseen counts like everything else, by its true times."""
    for occurrence in relearnt.counted(draft, store, past, replay, ids):
        row = draft.recorded(occurrence.incident)
        if row is not None:
            _count(draft, row, occurrence)


def turned(draft: Draft, row: Problem, why: str, actor: str = "engine") -> Problem:
    """Resolved or opened again; what is counted after it was resolved makes a new problem."""
    ends = row.is_open
    row = with_(
        row,
        state="resolved" if ends else "open",
        resolved_at=draft.now if ends else None,
        note=why if ends else "",
        turned=row.turned + 1,
    )
    draft.tell(row.id, "resolved" if ends else "reopened", why, RULE, actor)
    if ends:
        draft.effect("resolve_ticket", row.id, f"{row.id}:resolve:{row.turned}", row.resolver_group, why)
        draft.wake(f"{TIMER}:{row.id}", draft.now + draft.policy.problems.kept)
    else:
        draft.effect(
            "update_ticket", row.id, f"{row.id}:reopen:{row.turned}", row.resolver_group, f"opened again: {why}"
        )
        draft.wake(f"{TIMER}:{row.id}", draft.now + draft.policy.problems.quiet)
    draft.put("problems", row.id, row)
    return row


def fall_due(draft: Draft, id_: str) -> None:
    """Nothing of it for long: it is over, unless it is somebody's. Resolved for long: it is forgotten."""
    row = draft.problem(id_)
    if row is None:
        return
    if not row.is_open:
        draft.put("problems", id_, None)
    elif not row.owner:
        turned(draft, row, f"not seen for {draft.policy.problems.quiet / 86_400:g} days")


def fixed_by(draft: Draft, row: Problem, reference: str, title: str, actor: str) -> None:
    """A change is to end it."""
    draft.tell(row.id, "fix", f"{reference} is to fix it: {title}", RULE, actor)
    draft.effect("update_ticket", row.id, f"{row.id}:fix:{reference}", row.resolver_group, f"fix: {reference} {title}")
    draft.put("problems", row.id, with_(row, fix=reference))


def find_change(draft: Draft, row: Problem, first_ci: str) -> Problem:
    """Linked to the change before its first occurrence; of several, one about all that it is about."""
    store = first_ci.partition("/")[0]
    names = changes.names_of(draft, store, first_ci)
    found = changes.before(draft, names, row.first_at, draft.policy.changes.before_problem)
    best = min(found, key=lambda one: row.subject not in one.names, default=None)
    if best is None or best.reference == row.change:
        return row
    row = with_(row, change=best.reference)
    draft.tell(row.id, "change", f"{best.reference} came before the first of them: {best.title}", RULE)
    draft.put("problems", row.id, row)
    return row


def with_(row: Problem, **fields: Any) -> Problem:
    """The problem with some fields replaced."""
    return msgspec.structs.replace(row, **fields)


def _follow(draft: Draft, before: Incident | None, row: Incident) -> None:
    if before is None:
        if HISTORICAL in row.flags:
            _name_changes(draft, row, row.started_at)
        return
    known = Subject(before.category, before.ci, before.cause)
    if not known.repeats:
        return
    if row.cause != before.cause or DUPLICATE in row.flags:
        for key in repetition.keys_of(draft, known).all:
            repetition.take_back(draft, key, row.id)
    elif row.restored_at != before.restored_at and row.id not in draft.begun:
        for key in repetition.keys_of(draft, known).all:
            repetition.ended(draft, key, row.id, row.restored_at, by_itself=not is_somebodys(row))


def _began(draft: Draft, row: Incident, began: float) -> None:
    row = _name_changes(draft, row, began)
    subject = Subject(row.category, row.ci, row.cause)
    if row.parent is not None or not subject.repeats or _is_planned(draft, row, began):
        return
    _count(draft, row, Occurrence(began, row.id, row.ci))


def _name_changes(draft: Draft, row: Incident, began: float) -> Incident:
    named = changes.named_by(draft, row, began)
    if named == row.changes:
        return row
    new = ", ".join(one for one in named if one not in row.changes)
    draft.tell(row.id, "change", f"began after the change {new}", RULE)
    row = changed(row, changes=named)
    draft.put("incidents", row.id, row)
    return row


def _is_planned(draft: Draft, row: Incident, began: float) -> bool:
    """Maintenance expects it, so it says nothing about the CI."""
    ref = ref_of(row.cause.partition(":")[2])
    covering = windows.covering(draft, row.home, ref, row.category)
    return any(window.kind == "maintenance" and window.holds(began, draft.now) for window in covering)


def _count(draft: Draft, row: Incident, occurrence: Occurrence) -> None:
    """It is one of the problem that is open, or of a new one when there are enough."""
    keys = repetition.keys_of(draft, Subject(row.category, row.ci, row.cause))
    for key in keys.all:
        repetition.add(draft, key, occurrence)
    problem = ticket_hold.covering(draft, keys)
    if problem is not None:
        _join(draft, problem, [occurrence])
        return
    found = _enough(draft, row, keys)
    if found is not None:
        _open(draft, row, found, repetition.countable(draft, found) or [occurrence])


def _enough(draft: Draft, row: Incident, keys: Keys) -> str | None:
    """The key of the problem that there is now: one asset's first; of models and versions the rarest tells the most."""
    rule = draft.policy.problems
    at_once = AT_ONCE in draft.policy.category(row.category).playbook
    if at_once or repetition.has_countable(draft, keys.own, rule.on_item):
        return keys.own
    many = [key for key in keys.shares if repetition.has_countable(draft, key, rule.on_share)]
    return min(many, key=lambda key: (draft.estate.sharing[key.partition("/")[2]], key), default=None)


def _open(draft: Draft, row: Incident, key: str, occurrences: list[Occurrence]) -> None:
    rule, known = draft.policy.problems, draft.policy.category(row.category)
    name = key.partition("/")[2]
    subject = name if key != repetition.keys_of(draft, Subject(row.category, row.ci, row.cause)).own else row.ci
    first = occurrences[0]
    problem = Problem(
        id=_id(draft, f"{key}@{first.at:.3f}"),
        number=draft.next_number("problem"),
        key=key,
        category=row.category,
        subject=subject,
        title=f"{known.title} on {_named(draft, subject)}",
        service=row.service,
        first_at=first.at,
        last_at=draft.now,
        opened_at=draft.now,
        hold_until=draft.now + rule.hold,
        resolver_group=rule.resolver_group,
        runbook=known.runbook,
    )
    times = f"{len(occurrences)} times in {rule.window / 86_400:g} days"
    why = f"with the incident, as its playbook asks: {row.title}" if len(occurrences) == 1 else times
    draft.put("problems", problem.id, problem)
    draft.tell(problem.id, "opened", f"problem #{problem.number}: {problem.title}: {why}", RULE)
    draft.effect("open_problem", problem.id, f"{problem.id}:open", problem.resolver_group, problem.title)
    problem = find_change(draft, problem, first.ci)
    _join(draft, problem, occurrences)


def _join(draft: Draft, problem: Problem, occurrences: list[Occurrence]) -> None:
    incidents = tuple(dict.fromkeys((*problem.incidents, *(one.incident for one in occurrences))))[-MOST:]
    new = [one.ci for one in occurrences if one.ci not in problem.cis]
    cis = tuple(dict.fromkeys((*problem.cis, *new)))[:MOST]
    for ref in cis[len(problem.cis) :]:
        text = f"problem #{problem.number}: {problem.title}"
        draft.tell(problem.id, "noted", f"noted on {ref}", RULE)
        draft.effect("note_ci", problem.id, f"{problem.id}:ci:{ref}", ref, text)
    for one in occurrences:
        row = draft.incident(one.incident)
        if row is not None and row.problem != problem.id:
            draft.tell(row.id, "problem", f"one of problem #{problem.number}: {problem.title}", RULE)
            draft.put("incidents", row.id, changed(row, problem=problem.id))
    count = problem.count + len(occurrences)
    draft.put("problems", problem.id, with_(problem, incidents=incidents, cis=cis, count=count, last_at=draft.now))
    draft.wake(f"{TIMER}:{problem.id}", draft.now + draft.policy.problems.quiet)


def _named(draft: Draft, subject: str) -> str:
    if subject in draft.estate.stores:
        return draft.estate.name(subject)
    item = draft.estate.items.get(subject)
    if item is None:
        return subject
    where = f" at {draft.estate.name(item.store)}" if item.store else ""
    return f"{draft.estate.label(subject)}{where}"


def _id(draft: Draft, first: str) -> str:
    at = 1
    while draft.problem(found := sha256(f"problem:{first}#{at}".encode()).hexdigest()[:16]) is not None:
        at += 1
    return found
