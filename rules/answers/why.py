"""Always a why, and a why not: what is so about a store or a CI, by which rules, and the path through the graph."""

import msgspec

from rules.answers.views import CheckView, IncidentLine, item_view, store_view
from rules.cause.symptoms import is_failing, verdict
from rules.course.incident import Incident, Reason
from rules.draft import Draft
from rules.given import graph
from rules.planned import windows
from rules.repeats.problem import RULE as PROBLEM_RULE
from rules.sight import disputed
from rules.sight.beliefs import is_watched
from rules.state import State


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """`subject` as asked, at the instant asked. `path` leads from what explains the subject down to it."""

    subject: str
    at: float
    state: str
    sentence: str
    reasons: tuple[Reason, ...] = ()
    checks: tuple[CheckView, ...] = ()
    incidents: tuple[IncidentLine, ...] = ()
    path: tuple[str, ...] = ()


def why(state: State, subject: str, now: float) -> Why:
    """`subject` is a store's id, `store/ci`, or a shared CI's id; what nobody knows is said to be unknown."""
    draft = Draft(state, now)
    if state.policy is None:
        return Why(subject=subject, at=now, state="unknown", sentence="No policy is loaded, so nothing is judged yet.")
    if subject in state.estate.stores:
        return _of_store(draft, state, subject)
    view = item_view(state, subject, now)
    if view is None:
        text = f"{subject} is neither a store nor a configuration item, and nothing reports about it."
        return Why(subject=subject, at=now, state="unknown", sentence=text)
    rows = [row for row in (draft.incident(line.id) for line in view.incidents) if row is not None]
    own = next((row for row in rows if row.ci == subject), None)
    reasons = _reasons_of_item(draft, subject, own)
    return Why(
        subject=subject,
        at=now,
        state=view.state,
        sentence=_sentence(draft, subject, view.state, own, rows, reasons),
        reasons=(*reasons, *(Reason(PROBLEM_RULE, line.text) for line in view.problems)),
        checks=view.checks,
        incidents=view.incidents,
        path=_path(draft, subject),
    )


def _of_store(draft: Draft, state: State, store: str) -> Why:
    view = store_view(state, store, draft.now)
    rows = [row for row in draft.of_home(store) if row.state != "resolved"]
    rows += [row for row in draft.of_home("") if row.state != "resolved" and store in row.stores]
    reasons = [reason for row in rows for reason in row.reasons]
    word = view.state if view is not None else "unknown"
    if rows:
        first = min(rows, key=lambda row: (row.priority, row.number))
        sentence = f"{draft.estate.name(store)} has {len(rows)} incident(s); the worst is {_named(first)}."
    elif word == "unknown":
        sentence = f"{draft.estate.name(store)} has no incident, because no agent of it has been heard yet."
        reasons.append(Reason("5 silence", "without evidence nothing is judged; what is not known is not ok"))
    else:
        sentence = f"{draft.estate.name(store)} has no incident: nothing that is watched there gives cause for one."
    troubled = [verdict(draft, key, row, store) for key, row in draft.troubled(store)]
    reasons += [found.reason for found in troubled]
    reasons += windows.reasons(draft, store, store)
    return Why(
        subject=store,
        at=draft.now,
        state=word,
        sentence=sentence,
        reasons=tuple(dict.fromkeys(reasons)),
        incidents=view.incidents if view is not None else (),
    )


def _reasons_of_item(draft: Draft, ref: str, own: Incident | None) -> tuple[Reason, ...]:
    found = list(own.reasons) if own is not None else []
    if draft.estate.is_shared(ref):
        return (*(found or [_votes_reason(draft, ref)]), *windows.reasons(draft, "", ref))
    store = ref.partition("/")[0]
    row = draft.item(ref)
    if row is not None:
        found.append(verdict(draft, ref, row, store).reason)
    elif not is_watched(draft, ref, store):
        found.append(Reason("1 evidence", "nothing checks it, so only what it needs can say something about it"))
    elif not any(draft.is_fresh(agent) for agent in draft.estate.agents(store)):
        found.append(Reason("5 silence", "the store's agents are not heard; it was ok when they last were"))
    else:
        found.append(Reason("1 evidence", "every check of it is ok"))
    found += disputed.reasons(draft, ref, store)
    if own is not None and own.suppressed is not None:
        found.append(Reason(own.suppressed.rule, own.suppressed.reason))
    found += windows.reasons(draft, store, ref)
    return tuple(dict.fromkeys(found))


def _votes_reason(draft: Draft, ref: str) -> Reason:
    votes = sum(draft.votes(ref).values())
    against = sum(draft.against(ref).values())
    return Reason("13 shared", f"{against} of {votes} stores with a fresh vote say that it fails")


def _sentence(  # noqa: PLR0913, PLR0917 - one sentence of everything that is known
    draft: Draft, ref: str, word: str, own: Incident | None, rows: list[Incident], reasons: tuple[Reason, ...]
) -> str:
    label = draft.estate.label(ref)
    if own is not None:
        end = " It has been well since, and is resolved when that lasts." if own.restored_at is not None else ""
        return f"{label} is {word}: {_named(own)}.{end}"
    explaining = next((row for row in rows if ref in row.symptoms), None)
    if explaining is not None:
        return f"{label} is {word} and has no incident of its own: {_named(explaining)} explains it."
    because = reasons[-1].text if reasons else "nothing is known against it"
    return f"{label} is {word} and has no incident: {because}."


def _path(draft: Draft, ref: str) -> tuple[str, ...]:
    """From the topmost failing thing that it needs down to it; itself alone when nothing above it fails."""
    known, store = draft.estate.graph, ref.partition("/")[0]
    path, seen = [ref], {ref}
    while True:
        parents = known.parents.get(path[0], ())
        above = sorted(one for one in parents if one not in seen and _leads_to_failure(draft, one, store))
        if not above:
            return tuple(path)
        path.insert(0, above[0])
        seen.add(above[0])


def _leads_to_failure(draft: Draft, ref: str, store: str) -> bool:
    above = [ref, *graph.ancestors(draft.estate.graph, ref)]
    return any(is_failing(draft, one, store) for one in above)


def _named(row: Incident) -> str:
    held = " (held back)" if row.suppressed is not None else ""
    return f"#{row.number} P{row.priority} {row.title}{held}"
