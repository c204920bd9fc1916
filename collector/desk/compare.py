"""What to change in a ticket: what we want, what is there, and what we last wrote, compared field by field. Pure.

Whoever changed a field after us owns it from then on: a title stays as a person wrote it, and the priority is only ever
raised, when our own view of it got worse.
"""

from typing import Literal

import msgspec

from collector.desk import deadline
from collector.desk.order import Difference, Order
from rules.course.incidents import PERSON_RESOLVED

State = Literal["open", "resolved", "gone"]
# Who last set a ticket's state: our account, the desk by itself, a person, or nobody since it was made.
By = Literal["us", "desk", "person", "nobody"]


class Seen(msgspec.Struct, frozen=True):
    """A ticket as it is at the desk. `gone`: deleted or rejected there, and not ours to revive.

    `owner` is empty for nobody, `due` the deadline of a desk that owns the clock and has one. `version` makes a change
    conditional: nobody else may have changed it meanwhile.
    """

    id: str
    key: str
    subject: str
    priority: int
    state: State
    owner: str = ""
    version: str = ""
    due: float | None = None


class Edit(msgspec.Struct, frozen=True):
    """None of a field: leave it."""

    subject: str | None = None
    priority: int | None = None
    state: Literal["open", "resolved"] | None = None

    @property
    def is_empty(self) -> bool:
        return self == Edit()


def edit(order: Order, seen: Seen, number: int) -> Edit:
    """`number` is the desk's own for the order's priority; the larger, the more urgent."""
    ours = order.wrote.is_ours(seen.subject)
    return Edit(
        subject=order.wording.subject if ours and seen.subject != order.wording.subject else None,
        priority=number if seen.priority < number > order.wrote.priority else None,
        state=_state(order, seen),
    )


def lacking(wanted: Edit, seen: Seen) -> list[str]:
    """The names of what the desk did not take although it may have said so."""
    pairs = (("subject", wanted.subject, seen.subject), ("priority", wanted.priority, seen.priority))
    found = [name for name, value, there in pairs if value is not None and value != there]
    return found + ["state"] * (wanted.state is not None and wanted.state != seen.state)


def is_left_to_owner(order: Order, seen: Seen) -> bool:
    """Well again by itself, but a person took it in the meantime: it stays with them (rule 22)."""
    return order.is_over and bool(seen.owner) and PERSON_RESOLVED not in order.incident.flags


def differences(order: Order, seen: Seen, number: int, by: By) -> list[Difference]:
    """What is not as we left it, long after; `seen` has our key. What a person did there is theirs, and only told."""
    if seen.state == "gone":
        return [] if order.is_over else [Difference("state", "open", "rejected or deleted", is_ours=False)]
    found = []
    if order.wrote.subject and seen.subject != order.wrote.subject:
        found.append(Difference("subject", repr(order.wrote.subject), repr(seen.subject), is_ours=False))
    wanted = max(number, order.wrote.priority)
    if seen.priority != wanted:
        is_ours = seen.priority < number > order.wrote.priority
        found.append(Difference("priority", str(wanted), str(seen.priority), is_ours))
    if order.is_over and seen.state == "open" and not is_left_to_owner(order, seen):
        # Opened again by a reply, or by the desk's own rules: somebody waits for an answer there.
        found.append(Difference("state", "resolved", "open", by in ("us", "nobody")))
    if not order.is_over and not order.is_held and seen.state == "resolved":
        found.append(Difference("state", "open", "resolved", by != "person"))
    return found + deadline.difference(order.desk, seen.due, order.incident)


def _state(order: Order, seen: Seen) -> Literal["open", "resolved"] | None:
    if order.is_over:
        return "resolved" if seen.state == "open" and not is_left_to_owner(order, seen) else None
    reopened = order.wrote.reopen or any(one.reopens for one in order.news)
    return "open" if reopened and seen.state == "resolved" else None
