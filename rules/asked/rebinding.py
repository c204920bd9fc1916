"""`rebind`: an incident is about another CI than it says. Its cause moves there, and the evidence follows.

What agents check under a name that the CMDB does not have is remembered as the CI that a person named (a Binding), so
that the next record of it does not open the old incident again. The CMDB stays the authority: once it has an item of
that name, or the named one no more, the binding means nothing.
"""

from rules.asked.incident_commands import on_incident
from rules.asked.verb import DONE, text
from rules.cause.leaving import why_left
from rules.cause.merging import key_of
from rules.course import clocks
from rules.course.finding import region_of
from rules.course.incident import Incident
from rules.course.restore import UNOBSERVED, close
from rules.draft import Draft, changed
from rules.entries import Command
from rules.given.binding import Binding
from rules.given.keys import ref_of
from rules.sight import beliefs

MOST = 1_000
UNKNOWN = "unknown ci"  # flag
_BY_HAND = "manual:"


def revisit(draft: Draft) -> None:
    """The CMDB is another: what was bound may be bound no more."""
    for source, binding in draft.bindings():
        _believe_anew(draft, source.partition("/")[0], (source, binding.target))


def _rebind(draft: Draft, row: Incident, event: Command) -> None:
    target, was = text(event.arguments, "ci"), row.ci if row.cause.startswith(_BY_HAND) else key_of(row)
    why = text(event.arguments, "reason")
    row = _moved(draft, row, target) if row.cause.startswith(_BY_HAND) else _measured(draft, row, target, event.actor)
    told = f"is about {target}, not {was}{f': {why}' if why else ''}"
    draft.tell(row.id, "rebound", told, DONE, event.actor)
    if row.opened_at is not None:
        draft.effect("update_ticket", row.id, f"{row.id}:rebound:{draft.now:.3f}", row.resolver_group, told)
    draft.put_incident(row)
    clocks.arm(draft, row)


def _measured(draft: Draft, row: Incident, target: str, actor: str) -> Incident:
    was, cause = key_of(row), _cause(draft, row, target)
    over = draft.by_cause(cause)
    if over is not None:
        close(draft, over, f"its cause goes on as #{row.number}")
    for source in _sources(draft, was):
        draft.put("bindings", source, None if source == target else Binding(target, actor, draft.now))
    category = draft.estate.category(target)
    playbook = draft.policy.category(category)
    row = changed(
        row,
        cause=cause,
        category=category,
        service=playbook.service,
        resolver_group=playbook.resolver_group,
        runbook=playbook.runbook,
        flags=tuple(flag for flag in row.flags if flag not in (UNKNOWN, UNOBSERVED)),
        symptoms=(),
        worst=None,
    )
    _believe_anew(draft, row.home, (was, target))
    return _named(draft, row, target)


def _moved(draft: Draft, row: Incident, target: str) -> Incident:
    item = draft.estate.items.get(target)
    home = (item.store or "") if item is not None else target
    stores = (home,) if home else ()
    return _named(draft, changed(row, home=home, stores=stores, region=region_of(draft, stores)), target)


def _named(draft: Draft, row: Incident, target: str) -> Incident:
    item = draft.estate.items.get(target)
    return changed(row, ci=target, vendor=item.vendor if item is not None else "")


def _refusal(draft: Draft, row: Incident, event: Command) -> str:
    target = text(event.arguments, "ci")
    if row.cause.startswith(_BY_HAND):
        known = target in draft.estate.items or target in draft.estate.stores
        return "" if known else f"no store or configuration item {target[:130]!r}"
    sources = _sources(draft, key_of(row))
    if not row.home or not sources:
        return (
            f"#{row.number} rests on what the CMDB knows as {row.ci}; correct the check or the CMDB, or merge it."
            " Rebound are incidents of unknown CIs, and those that a person made"
        )
    if target not in draft.estate.items and target not in sources:
        return f"no configuration item {target[:130]!r}"
    item = draft.estate.items.get(target)
    if item is not None and item.store not in (row.home, None):
        return f"{target} is of another store than what was measured in {row.home}"
    if left := why_left(draft, target):
        return left
    there = draft.by_cause(_cause(draft, row, target))
    if there is not None and there.id == row.id:
        return f"#{row.number} is about {target} already"
    if there is not None and there.state != "resolved":
        return f"#{there.number} is about {target} already; merge them"
    if len(draft.bindings()) >= MOST:
        return f"there are {MOST} bindings already; put those CIs into the CMDB"
    return ""


def _sources(draft: Draft, key: str) -> list[str]:
    """What agents call the thing that the incident is about, where the CMDB has no such name."""
    bound = draft.bound_to(ref_of(key))
    return bound or ([key] if key not in draft.estate.items and "@" not in key and "/" in key else [])


def _cause(draft: Draft, row: Incident, target: str) -> str:
    return draft.estate.cause(f"{target}@{row.home}" if draft.estate.is_shared(target) else target)


def _believe_anew(draft: Draft, store: str, keys: tuple[str, ...]) -> None:
    for agent in draft.estate.agents(store):
        for key in keys:
            beliefs.evaluate(draft, ref_of(key), agent)


VERBS = {"rebind": on_incident("rebind", _rebind, _refusal)}
