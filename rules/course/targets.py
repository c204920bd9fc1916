"""Rule 18: how long an incident may take: by priority, and where the policy says so by category and by service."""

from typing import NamedTuple

from rules.course.incident import Incident, Priority
from rules.draft import Draft
from rules.given import calendars
from rules.given.calendars import Work
from rules.given.hours import UTC_ZONE
from rules.given.numbers import SlaException, Target
from rules.given.policy import Policy


class Deadlines(NamedTuple):
    respond_by: float
    resolve_by: float


def target(policy: Policy, row: Incident, priority: Priority) -> Target:
    """The most specific wins: category and service, then category, then service, then the priority's own."""
    if not policy.sla.exceptions:
        return policy.sla.of(priority)
    found = [(_rank(one), one) for one in policy.sla.exceptions if one.fits(row.category, row.service)]
    for _, one in sorted(found, key=lambda found: -found[0]):
        special = one.of(priority)
        if special is not None:
            return special
    return policy.sla.of(priority)


def deadlines(draft: Draft, row: Incident, respond_since: float, resolve_since: float) -> Deadlines:
    """For its priority, its clocks begun at these instants."""
    known = target(draft.policy, row, row.priority)
    if known.resolve is not None:
        resolve_by = resolve_since + known.resolve
    else:
        resolve_by = calendars.business_days_later(work(draft, row), resolve_since, known.resolve_business_days)
    return Deadlines(respond_since + known.respond, resolve_by)


def work(draft: Draft, row: Incident) -> Work:
    """The business calendar that the incident goes by, in its store's time zone; in UTC when it is of no store."""
    known = draft.estate.hours.get(row.home)
    calendar = calendars.of(draft.policy.business_calendars, draft.estate.stores.get(row.home), row.region)
    return Work(calendar, known.zone if known is not None else UTC_ZONE)


def _rank(one: SlaException) -> int:
    return 2 * bool(one.category) + bool(one.service)
