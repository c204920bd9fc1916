"""What desks in shadow mode would have been sent, as the API and the command line both show it."""

from collections.abc import Sequence

import msgspec

from collector.database.shadow import Row, Sum
from collector.instants import text_of_instant


class UnsentLine(msgspec.Struct, frozen=True):
    """One request that was not sent. `action` is create, update or resolve; `body` the ticket's text, or the note."""

    at: str
    desk: str
    region: str
    category: str
    incident: str
    number: int
    action: str
    subject: str
    body: str


class UnsentSum(msgspec.Struct, frozen=True):
    """A desk, region and category: tickets that would have been made, changes and resolutions not sent."""

    desk: str
    region: str
    category: str
    tickets: int
    updates: int
    resolves: int


class ShadowReport(msgspec.Struct, frozen=True):
    """`summary` is of everything that was asked for, `items` a page of it, oldest first; `next` leads on."""

    tickets: int
    unsent: int
    summary: list[UnsentSum]
    items: list[UnsentLine]
    next: str | None


def report(rows: Sequence[Row], sums: Sequence[Sum], following: str | None = None) -> ShadowReport:
    summary = [UnsentSum(*one) for one in sums]
    unsent = sum(one.tickets + one.updates + one.resolves for one in summary)
    return ShadowReport(
        tickets=sum(one.tickets for one in summary),
        unsent=unsent,
        summary=summary,
        items=[_line(row) for row in rows],
        next=following,
    )


def _line(row: Row) -> UnsentLine:
    unsent = row.unsent
    return UnsentLine(
        at=text_of_instant(unsent.at),
        desk=unsent.desk,
        region=row.region,
        category=row.category,
        incident=unsent.incident,
        number=row.number,
        action=unsent.action,
        subject=unsent.subject,
        body=unsent.body,
    )
