"""What people ask of windows: add maintenance, add a silence, end either before its time. A refusal changes nothing."""

from hashlib import sha256
from typing import Any

import msgspec

from rules.asked.verb import Verb, number
from rules.draft import Draft
from rules.entries import Command
from rules.planned import overlaps, recurring
from rules.planned.window import RULE, Kind, Window
from rules.planned.windows import sentence
from rules.said import one_line

KINDS: dict[str, Kind] = {"add_maintenance": "maintenance", "add_silence": "silence"}
END = "end_window"
MOST_WINDOWS = 1_000
MOST_NAMES = 2_000  # stores and CIs of one window
TIMER = "window"
_OVERLAPS_TOLD = 3


def id_of(command: str) -> str:
    """The id of the window that the command with this id makes."""
    return sha256(f"window:{command}".encode()).hexdigest()[:16]


def _refusal(draft: Draft, event: Command) -> str:
    """Why it cannot be done; empty when it can."""
    if event.name == END:
        return _ending_refusal(draft, event.arguments)
    told = event.arguments
    names = [*_names(told, "stores"), *_names(told, "cis")]
    unknown = [store for store in _names(told, "stores") if store not in draft.estate.stores]
    unknown += [ref for ref in _names(told, "cis") if ref not in draft.estate.items]
    strange = [name for name in _names(told, "expected") if name not in draft.policy.categories]
    if not names:
        return "a window needs stores or cis"
    if len(names) > MOST_NAMES:
        return f"a window has at most {MOST_NAMES} stores and cis, this one {len(names)}"
    if unknown:
        return f"no store or configuration item {', '.join(map(repr, unknown[:3]))}"
    if strange:
        return f"no category {strange[0]!r}; there are: {', '.join(draft.policy.categories)}"
    if not _reason(told):
        return "a window needs a reason"
    if len(draft.windows()) >= MOST_WINDOWS:
        return f"there are {MOST_WINDOWS} windows already; end some"
    if told.get("repeats") is not None:
        return recurring.refusal(draft, KINDS[event.name], told, names)
    return _span_refusal(draft, KINDS[event.name], *_span(draft, told))


def _obey(draft: Draft, event: Command) -> None:
    if event.name == END:
        _end(draft, str(event.arguments["window"]), event.actor)
    elif KINDS[event.name] == "maintenance":
        _keep(draft, _made(draft, event, "maintenance", float(draft.policy.windows.grace)))
    else:
        _keep(draft, _made(draft, event, "silence", 0.0))


def fall_due(draft: Draft, id_: str) -> None:
    """A window begins, or is over, or over until it comes again: what it names is judged anew."""
    window = draft.window(id_)
    if window is None:
        return
    _touch(draft, window)
    if draft.now < window.over:
        draft.wake(f"{TIMER}:{id_}", window.over)
        return
    draft.reason(RULE, f"over: {sentence(draft, window, '')}")
    again = recurring.after(window, draft.now)
    draft.put("windows", id_, again)
    if again is not None:
        draft.wake(f"{TIMER}:{id_}", again.since if again.since > draft.now else again.over)


def _made(draft: Draft, event: Command, kind: Kind, grace: float) -> Window:
    names = [*_names(event.arguments, "stores"), *_names(event.arguments, "cis")]
    repeats = recurring.asked(draft, event.arguments, names)
    since, until = _span(draft, event.arguments) if repeats is None else recurring.span(repeats, draft.now)
    return Window(
        id=id_of(event.id),
        kind=kind,
        since=since,
        until=until,
        reason=_reason(event.arguments),
        actor=event.actor,
        stores=tuple(dict.fromkeys(_names(event.arguments, "stores"))),
        cis=tuple(dict.fromkeys(_names(event.arguments, "cis"))),
        expected=tuple(dict.fromkeys(_names(event.arguments, "expected"))),
        grace=grace,
        made_at=draft.now,
        repeats=repeats,
    )


def _keep(draft: Draft, window: Window) -> None:
    draft.put("windows", window.id, window)
    draft.reason(RULE, sentence(draft, window, ""))
    for text in _overlaps(draft, window)[:_OVERLAPS_TOLD]:
        draft.reason(RULE, text)
    if window.since > draft.now:
        draft.wake(f"{TIMER}:{window.id}", window.since)
    else:
        draft.wake(f"{TIMER}:{window.id}", window.over)
        _touch(draft, window)


def _overlaps(draft: Draft, window: Window) -> list[str]:
    """In words, the windows that the new one meets: on the same store or CI, or on one within the other."""
    inside = [item.ref for store in window.stores for item in draft.estate.members.get(store, ())]
    around = [ref.partition("/")[0] for ref in window.cis]
    known = draft.windows_on(dict.fromkeys([*window.names, *inside, *around]))
    met = [(other, overlaps.meeting(window, other)) for other in known if other.id != window.id]
    return [f"overlaps on {found.names[0]} with {sentence(draft, one, '')}" for one, found in met if found is not None]


def _end(draft: Draft, id_: str, actor: str) -> None:
    """Ended now for good, with the grace that its kind has; one that has not begun never was."""
    window = draft.window(id_)
    if window is None:
        return
    draft.reason(RULE, f"ended by {actor}: {sentence(draft, window, '')}")
    if draft.now <= window.since:
        draft.put("windows", id_, None)
        draft.wake(f"{TIMER}:{id_}", None)
        return
    ended = msgspec.structs.replace(window, until=min(window.until, draft.now), repeats=None)
    draft.put("windows", id_, ended)
    draft.wake(f"{TIMER}:{id_}", ended.over if ended.over > draft.now else None)
    if ended.over <= draft.now:
        draft.put("windows", id_, None)
    _touch(draft, ended)


def _touch(draft: Draft, window: Window) -> None:
    for store in window.stores:
        draft.touch(store)
    for ref in window.cis:
        item = draft.estate.items.get(ref)
        if item is not None and item.store:
            draft.touch(item.store)
        elif item is not None:
            draft.touch_shared(ref)


def _ending_refusal(draft: Draft, told: dict[str, Any]) -> str:
    id_ = told.get("window")
    window = draft.window(id_) if isinstance(id_, str) else None
    if window is None:
        return f"no window {str(id_)[:40]!r}"
    if window.until <= draft.now and window.repeats is None:
        return f"window {window.id} has ended already"
    return ""


def _span(draft: Draft, told: dict[str, Any]) -> tuple[float, float]:
    """Both instants; an end before the beginning when none was told."""
    since = number(told, "from")
    since = draft.now if since is None else since
    until, minutes = number(told, "until"), number(told, "minutes")
    if (until is None) == (minutes is None):
        return since, float("-inf")
    return since, until if until is not None else since + 60 * (minutes or 0.0)


def _span_refusal(draft: Draft, kind: Kind, since: float, until: float) -> str:
    windows = draft.policy.windows
    longest = windows.longest if kind == "maintenance" else windows.longest_silence
    if until == float("-inf"):
        return "a window needs its end: either until or minutes"
    if not until > max(since, draft.now):
        return "a window ends after it begins, and after now"
    if until - since > longest:
        return f"{kind} lasts at most {longest / 3600:g} h"
    if since - draft.now > windows.ahead:
        return f"a window begins at most {windows.ahead / 86_400:g} days from now"
    return ""


def _names(told: dict[str, Any], key: str) -> list[str]:
    found = told.get(key)
    return [str(one) for one in found] if isinstance(found, list | tuple) else []


def _reason(told: dict[str, Any]) -> str:
    found = told.get("reason")
    return one_line(found).strip()[:500] if isinstance(found, str) else ""


VERBS = {name: Verb(_refusal, _obey) for name in (*KINDS, END)}
