"""What people and change systems ask: note a change, or that it was rescheduled. A refusal changes nothing."""

import re
from typing import Any

import msgspec

from rules.asked import window_commands
from rules.asked.verb import Verb
from rules.draft import Draft, changed
from rules.entries import Command
from rules.repeats import changes, problems
from rules.repeats.change import RULE, ChangeRequest
from rules.said import one_line

ADD = "add_change"
TIMER = "change"
MOST_CHANGES = 10_000
MOST_NAMES = 2_000
_LONGEST = 90 * 86_400.0  # seconds
_REFERENCE = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}\Z")
_SHARE = re.compile(r"^(model|version|firmware|vendor|carrier|region)=.{1,100}\Z")


def forget(draft: Draft, reference: str) -> None:
    draft.put("changes", reference, None)


def _refusal(draft: Draft, event: Command) -> str:
    told = event.arguments
    found = _names_refusal(draft, told) or _span_refusal(draft, told)
    if found or told.get("maintenance") is not True:
        return found
    return window_commands.VERBS["add_maintenance"].refusal(draft, _window(draft, event))


def _obey(draft: Draft, event: Command) -> None:
    row = _made(draft, event)
    draft.put("changes", row.reference, row)
    draft.wake(f"{TIMER}:{row.reference}", row.until + draft.policy.changes.kept)
    draft.reason(RULE, f"{row.reference} by {row.actor}: {row.title}")
    if event.arguments.get("maintenance") is True:
        window_commands.VERBS["add_maintenance"].obey(draft, _window(draft, event))
    problem = draft.problem(row.fixes)
    if problem is not None and problem.fix != row.reference:
        problems.fixed_by(draft, problem, row.reference, row.title, row.actor)
    _link(draft, row)


def _link(draft: Draft, row: ChangeRequest) -> None:
    """It was told late: what began since may come from it."""
    within = draft.policy.changes.before_incident
    homes = dict.fromkeys([*row.stores, *(ref.partition("/")[0] if "/" in ref else "" for ref in row.cis)])
    for home in homes:
        for one in draft.of_home(home):
            if row.is_before(one.started_at, within) and one.state != "resolved":
                named = changes.named_by(draft, one, one.started_at)
                if named != one.changes:
                    draft.tell(one.id, "change", f"began after the change {row.reference}", RULE)
                    draft.put("incidents", one.id, changed(one, changes=named))
    for category in draft.policy.categories:
        for name in (*row.cis, *row.shares):
            for problem in draft.problems_on(f"{category}/{name}") or draft.problems_on(name):
                if problem.is_open and not problem.change and problem.cis:
                    problems.find_change(draft, problem, problem.cis[0])


def _made(draft: Draft, event: Command) -> ChangeRequest:
    told = event.arguments
    since, until = _span(draft, told)
    return ChangeRequest(
        reference=str(told["reference"]),
        title=_text(told, "title"),
        since=since,
        until=until,
        actor=event.actor,
        stores=_names(told, "stores"),
        cis=_names(told, "cis"),
        shares=tuple(one_line(share) for share in _names(told, "shares")),
        fixes=_text(told, "fixes"),
        made_at=draft.now,
    )


def _window(draft: Draft, event: Command) -> Command:
    """The maintenance window of the change: what fails in it is expected (rule 25)."""
    told = event.arguments
    since, until = _span(draft, told)
    reason = f"{told['reference']}: {_text(told, 'title')}"
    arguments = {"stores": _names(told, "stores"), "cis": _names(told, "cis"), "reason": reason}
    return msgspec.structs.replace(event, name="add_maintenance", arguments=arguments | {"from": since, "until": until})


def _names_refusal(draft: Draft, told: dict[str, Any]) -> str:
    stores, cis, shares = (_names(told, name) for name in ("stores", "cis", "shares"))
    unknown = [store for store in stores if store not in draft.estate.stores]
    unknown += [ref for ref in cis if ref not in draft.estate.items]
    strange = [share for share in shares if not _SHARE.match(share)]
    reference, fixes = told.get("reference"), _text(told, "fixes")
    if not isinstance(reference, str) or not _REFERENCE.match(reference):
        return "a change needs a reference of letters, digits, dots and dashes, such as CHG0031337"
    if not _text(told, "title"):
        return "a change needs a title"
    if not (stores or cis or shares or fixes):
        return "a change needs stores, cis or shares, or the problem that it fixes"
    if len(stores) + len(cis) + len(shares) > MOST_NAMES:
        return f"a change has at most {MOST_NAMES} stores, cis and shares"
    if unknown:
        return f"no store or configuration item {', '.join(map(repr, unknown[:3]))}"
    if strange:
        return f"found share {strange[0][:80]!r}, expected one such as model=T2000"
    if fixes and draft.problem(fixes) is None:
        return f"no problem {fixes[:40]!r}"
    if draft.change(reference) is None and draft.has_changes(MOST_CHANGES):
        return f"{MOST_CHANGES} changes are known already; the oldest are forgotten by and by"
    return ""


def _span_refusal(draft: Draft, told: dict[str, Any]) -> str:
    since, until = _span(draft, told)
    if not since <= until:
        return "a change ends after it begins"
    if until - since > _LONGEST:
        return f"a change lasts at most {_LONGEST / 86_400:g} days"
    if until + draft.policy.changes.kept <= draft.now:
        return "this change is over for so long that nothing is linked to it any more"
    if since - draft.now > draft.policy.windows.ahead:
        return f"a change begins at most {draft.policy.windows.ahead / 86_400:g} days from now"
    return ""


def _span(draft: Draft, told: dict[str, Any]) -> tuple[float, float]:
    """Both instants: now when none was told, and a moment when no end was."""
    since = _number(told, "from")
    since = draft.now if since is None else since
    until = _number(told, "until")
    return since, since if until is None else until


def _names(told: dict[str, Any], key: str) -> tuple[str, ...]:
    found = told.get(key)
    return tuple(dict.fromkeys(str(one) for one in found)) if isinstance(found, list | tuple) else ()


def _number(told: dict[str, Any], key: str) -> float | None:
    found = told.get(key)
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None


def _text(told: dict[str, Any], key: str) -> str:
    found = told.get(key)
    return one_line(found).strip()[:200] if isinstance(found, str) else ""


VERBS = {ADD: Verb(_refusal, _obey)}
