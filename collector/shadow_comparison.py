"""Rule 29: a day of a desk's own tickets beside what we decided: caught, missed, false, and how much earlier. Pure."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Literal, NamedTuple

import msgspec

from collector.database.own_tickets import OwnTicket
from rules.course.incident import Incident
from rules.course.restore import DUPLICATE

Verdict = Literal["caught", "missed", "false", "ours alone"]
WITHIN = 7_200.0  # seconds that a ticket may be made before an incident began, or after it was over
_NOT_MEASURED = ("manual:", "rule:")


class Day(NamedTuple):
    """From `since` to before `until`, in seconds UTC."""

    since: float
    until: float

    def holds(self, at: float) -> bool:
        return self.since <= at < self.until


class Compared(NamedTuple):
    """A ticket with our incident, or either alone. `earlier`: seconds from our opening to the ticket."""

    verdict: Verdict
    at: float
    ticket: OwnTicket | None = None
    incident: Incident | None = None
    earlier: float | None = None


def day_of(text: str) -> Day:
    """Of a date in UTC (`2026-11-27`). Raises ValueError."""
    try:
        begins = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()
    except ValueError as error:
        raise ValueError(f"found {text[:40]!r}, expected a day such as 2026-11-27") from error
    return Day(begins, begins + 86_400)


def compared(day: Day, incidents: Iterable[Incident], tickets: Iterable[OwnTicket]) -> list[Compared]:
    """What was opened on `day`, by us or at the desk, in the order of time.

    Both may hold more than the day's: a ticket of 00:10 catches what we opened at 23:55. A ticket of something that we
    saw and held back is missed all the same, and says which incident. Whatever nobody there noticed is false, unless a
    person confirmed it here.
    """
    ours = [row for row in incidents if not row.cause.startswith(_NOT_MEASURED) and DUPLICATE not in row.flags]
    actionable = [row for row in ours if row.opened_at is not None]
    matches = [(ticket, _match(ticket, actionable) or _match(ticket, ours)) for ticket in tickets]
    found = [_of_theirs(ticket, row) for ticket, row in matches if day.holds(ticket.opened_at)]
    met = {row.id for _, row in matches if row is not None}
    found += [
        Compared("ours alone" if row.judged == "confirmed" else "false", row.opened_at, incident=row)
        for row in actionable
        if row.opened_at is not None and day.holds(row.opened_at) and row.id not in met
    ]
    return sorted(found, key=lambda one: (one.at, one.verdict))


def mean_minutes_earlier(found: Sequence[Compared]) -> float | None:
    """Over what was caught; negative when people were first."""
    earlier = [one.earlier for one in found if one.earlier is not None]
    return sum(earlier) / len(earlier) / 60 if earlier else None


class ComparedLine(msgspec.Struct, frozen=True):
    """`false`: only ours, and nobody confirmed it; `ours alone`: only ours, and confirmed. Empty: there is none."""

    verdict: Verdict
    at: str
    ticket: str
    incident: str
    number: int | None
    store: str
    ci: str
    category: str
    minutes_earlier: float | None
    held_back: str


class ShadowComparison(msgspec.Struct, frozen=True):
    """A day (UTC). `tickets` are the desk's own; where there are none for the day, nothing was imported or nothing was
    noticed. The counts are of all, `items` at most `limit`.
    """

    desk: str
    day: str
    tickets: int
    incidents: int
    caught: int
    missed: int
    false: int
    ours_alone: int
    minutes_earlier: float | None
    items: list[ComparedLine]


def comparison(desk: str, day: Day, found: Sequence[Compared], limit: int) -> ShadowComparison:
    count = {verdict: sum(one.verdict == verdict for one in found) for verdict in ("caught", "missed", "false")}
    caught = {one.incident.id for one in found if one.verdict == "caught" and one.incident is not None}
    alone = [one for one in found if one.ticket is None]
    return ShadowComparison(
        desk=desk,
        day=datetime.fromtimestamp(day.since, UTC).date().isoformat(),
        tickets=len(found) - len(alone),
        incidents=len(caught) + len(alone),
        caught=count["caught"],
        missed=count["missed"],
        false=count["false"],
        ours_alone=len(alone) - count["false"],
        minutes_earlier=mean_minutes_earlier(found),
        items=[_line(one) for one in found[:limit]],
    )


def _match(ticket: OwnTicket, rows: Iterable[Incident]) -> Incident | None:
    """The incident that the ticket is most likely about: of the CI before of the store, then the nearest in time."""
    found = [row for row in rows if _is_about(ticket, row)]
    return min(found, key=lambda row: (ticket.ci != row.ci, abs(ticket.opened_at - _began(row)), row.id), default=None)


def _is_about(ticket: OwnTicket, row: Incident) -> bool:
    if ticket.category and ticket.category != row.category:
        return False
    over = row.restored_at or row.resolved_at or float("inf")
    if not row.started_at - WITHIN <= ticket.opened_at <= over + WITHIN:
        return False
    at_store = not row.home or ticket.store in ("", row.home)
    if ticket.ci:
        return at_store and ticket.ci in (row.ci, *row.symptoms, *row.affected.cis)
    return ticket.store in row.stores


def _of_theirs(ticket: OwnTicket, row: Incident | None) -> Compared:
    if row is None or row.opened_at is None:
        return Compared("missed", ticket.opened_at, ticket, row)
    return Compared("caught", ticket.opened_at, ticket, row, ticket.opened_at - row.opened_at)


def _began(row: Incident) -> float:
    return row.opened_at if row.opened_at is not None else row.started_at


def _line(one: Compared) -> ComparedLine:
    ticket, row = one.ticket, one.incident
    held = row.suppressed.reason if row is not None and row.opened_at is None and row.suppressed is not None else ""
    return ComparedLine(
        verdict=one.verdict,
        at=datetime.fromtimestamp(one.at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        ticket=ticket.ticket if ticket is not None else "",
        incident=row.id if row is not None else "",
        number=row.number if row is not None else None,
        store=ticket.store if ticket is not None else row.home if row is not None else "",
        ci=row.ci if row is not None else ticket.ci if ticket is not None else "",
        category=row.category if row is not None else ticket.category if ticket is not None else "",
        minutes_earlier=None if one.earlier is None else one.earlier / 60,
        held_back=held,
    )
