"""Rule 25: which window holds an incident back, and in which words that is said."""

from rules.course.finding import Finding, instant
from rules.course.incident import Incident, Reason, Suppression
from rules.draft import Draft
from rules.given import graph
from rules.given.keys import ref_of
from rules.planned import recurrence
from rules.planned.window import RULE, Window

_BY_HAND = "manual:"  # causes of incidents that a person made: whoever makes one wants it seen


def suppression(draft: Draft, finding: Finding, row: Incident | None) -> Suppression | None:
    """Of the incident that `finding` is or becomes. What has its ticket already goes on; only a silence quiets that."""
    held = holding(draft, finding, row)
    return None if held is None else Suppression(sentence(draft, held, finding.home), held.over, RULE)


def holding(draft: Draft, finding: Finding, row: Incident | None) -> Window | None:
    """The window that holds it longest."""
    if finding.cause.startswith(_BY_HAND):
        return None
    found = [
        window
        for window in covering(draft, finding.home, _ref(finding), finding.category)
        if window.holds(finding.started_at, draft.now)
        and (window.kind == "silence" or row is None or row.opened_at is None)
    ]
    return max(found, key=lambda window: (window.over, window.id), default=None)


def covering(draft: Draft, store: str, ref: str, category: str) -> list[Window]:
    """The windows that name the store, the CI or something that it needs, whether they run or not."""
    if not draft.has_windows():
        return []
    known = draft.windows_on((store, ref, *graph.ancestors(draft.estate.graph, ref)))
    return [window for window in known if not window.expected or category in window.expected]


def quieted(draft: Draft, store: str) -> bool:
    """Whether the whole store is in a window now: then what it says against others proves nothing."""
    return draft.has_windows() and any(window.is_running(draft.now) for window in draft.windows_on((store,)))


def reasons(draft: Draft, store: str, ref: str) -> list[Reason]:
    """What is said of a store or a CI whose failures are held now, or would be."""
    if not draft.has_windows():
        return []
    known = draft.windows_on((store, ref, *graph.ancestors(draft.estate.graph, ref)))
    now = [window for window in known if window.since <= draft.now < window.over]
    return [Reason(RULE, sentence(draft, window, store)) for window in now]


def sentence(draft: Draft, window: Window, store: str) -> str:
    """In the store's local time, where there is one."""
    until = instant(draft, store, window.until)
    again = f" ({recurrence.words(window.repeats)})" if window.repeats is not None else ""
    return f"{window.kind} until {until}{again}, by {window.actor}: {window.reason}"


def _ref(finding: Finding) -> str:
    """The CI that the cause is about; for a store's own path to a shared CI, that CI."""
    return ref_of(finding.cause.partition(":")[2])
