"""Rule 10: how bad it is that a store cannot be reached. Nobody sees what it sells, so the CMDB and its people say."""

from typing import NamedTuple

from rules.course.finding import instant, judged_as_open
from rules.course.incident import Incident, Level, Priority, Reason
from rules.course.incidents import CANNOT_SELL
from rules.draft import Draft
from rules.given.playbook import Band, number
from rules.impact import offline

RULE = "10 unreachable"


class Judged(NamedTuple):
    """`until` is when it must be judged anew although nothing comes; None: not of itself."""

    priority: Priority
    urgency: Level
    reason: Reason
    until: float | None = None


def judged(draft: Draft, store: str, known: Incident | None, since: float) -> Judged:
    """Of a store that is silent `since`; `known` is its incident so far."""
    rules = draft.policy.unreachable
    if not judged_as_open(draft, store):
        return _judged(rules.closed, 3, "closed")
    if known is not None and known.state != "resolved" and CANNOT_SELL in known.flags:
        return _judged(rules.cannot_sell, 2, "trading, and the store says that it cannot sell")
    tills = offline.told(draft, store, since)
    if tills is None:
        return _judged(rules.trading, 2, "trading")
    if draft.now < tills.until:
        if tills.until == float("inf"):
            return _judged(rules.trading, 2, "trading")
        at = instant(draft, store, tills.until)
        return _judged(rules.trading, 2, f"trading, and its tills sell offline until {at}", tills.until)
    return _judged(rules.cannot_sell, 2, "trading, and its tills do not sell offline, or no longer")


def _judged(band: Band, urgency: Level, text: str, until: float | None = None) -> Judged:
    return Judged(number(band), urgency, Reason(RULE, f"{text}: {band}"), until)
