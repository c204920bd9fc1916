"""How an incident becomes exactly one ticket at a desk that promises nothing: look up, create, read back, converge.

A create that timed out may have been done, so nothing is created before the key was looked up, and what two creates
made is merged. HTTP success proves nothing, so whatever was written is read again and compared.
"""

from typing import Protocol

import msgspec

from collector.desk import compare
from collector.desk.compare import By, Edit, Seen
from collector.desk.order import Difference, NotTaken, Order, Receipt, Refused, Unavailable, Wrote
from rules.course.incident import Priority
from rules.course.restore import DUPLICATE

CHANGED_MEANWHILE = 412  # HTTP's answer to a stale If-Match
_TRIES = 3  # against a person who edits at the same time


class System(Protocol):
    """A ticket system's own words for what we need of it."""

    def number(self, priority: Priority) -> int: ...

    def url_of(self, ticket: str) -> str: ...

    async def look_up(self, key: str) -> list[Seen]:
        """Every ticket that carries exactly `key`, oldest first."""

    async def read(self, ticket: str) -> Seen | None:
        """The ticket, or what it was merged into; None when there is none."""

    async def create(self, order: Order) -> str: ...

    async def change(self, seen: Seen, wanted: Edit, order: Order) -> str:
        """Returns what the desk said to it. Raises Refused with status 412 when somebody was faster."""

    async def has_note(self, ticket: str, mark: str) -> bool: ...

    async def add_note(self, ticket: str, mark: str, text: str) -> None: ...

    async def merge(self, ticket: str, into: str) -> None: ...

    async def states_by(self, ticket: str) -> list[By]:
        """Who set its state, the last of them last."""


async def deliver(system: System, order: Order) -> Receipt:
    """Has the desk's one ticket for the order's key be as the order wants it. Raises DeskError."""
    seen = await _found(system, order)
    if seen is None:
        if not _wants_ticket(order):
            return Receipt(told="over before it was told: no ticket")
        seen = await _created(system, order)
        order = msgspec.structs.replace(order, wrote=Wrote(seen.subject, seen.priority))
    else:
        await _noted(system, order, seen)
    if seen.key != order.key:
        return _receipt(system, order, seen, f"merged by a person into {seen.id}: only notes are added there")
    if seen.state == "gone":
        return _receipt(system, order, seen, "deleted or rejected at the desk: left so")
    left = "left to its owner" if compare.is_left_to_owner(order, seen) and seen.state == "open" else ""
    seen, lost = await _edited(system, order, seen)
    return _receipt(system, order, seen, "; ".join(filter(None, (left, lost))))


async def differences(system: System, order: Order) -> list[Difference]:
    """The order's known ticket, compared with what we want of it. Raises DeskError."""
    seen = await system.read(order.ticket)
    if seen is None:
        found = await system.look_up(order.key)
        there = f"gone; {found[0].id} has the key" if found else "gone"
        return [Difference("ticket", order.ticket, there, bool(found))]
    if seen.key != order.key:
        return [Difference("key", order.key, seen.key or "empty", is_ours=False)]
    is_open = seen.state == "open"
    by = await system.states_by(seen.id) if is_open == order.is_over and seen.state != "gone" else []
    return compare.differences(order, seen, system.number(order.priority), by[-1] if by else "nobody")


async def _found(system: System, order: Order) -> Seen | None:
    """The known ticket; otherwise, after an attempt that ended nobody knows how, and at the end, all with the key."""
    if order.ticket and not order.repeated and not order.is_over:
        known = await system.read(order.ticket)
        if known is not None:
            return known
    return await _converged(system, order)


async def _converged(system: System, order: Order) -> Seen | None:
    found = await system.look_up(order.key)
    for extra in found[1:]:
        await system.merge(extra.id, found[0].id)
    if found:
        return found[0] if len(found) == 1 else await system.read(found[0].id)
    return await system.read(order.ticket) if order.ticket else None


def _wants_ticket(order: Order) -> bool:
    """What is still open, and what was opened unheard; but a duplicate that no desk knows needs no ticket to close."""
    if not order.is_over:
        return True
    return any(one.opens for one in order.news) and DUPLICATE not in order.incident.flags


async def _created(system: System, order: Order) -> Seen:
    ticket = await system.create(order)
    seen = await _converged(system, order)
    if seen is None:
        made = await system.read(ticket)
        if made is None:
            raise Unavailable(f"said that it made ticket {ticket}, which is not there", answered=True)
        raise Refused(f"ticket {ticket} was made without the key {order.key}: the key's field was not kept")
    return seen


async def _noted(system: System, order: Order, seen: Seen) -> None:
    """Unless the first text has it, or it is an end that was made there: their own words would come back to them."""
    ended_there = seen.state == "gone" or (order.is_over and seen.state == "resolved")
    is_known = ended_there or any(one.opens and not one.reopens for one in order.news)
    text = "" if is_known else order.wording.note
    if text and not (order.repeated and await system.has_note(seen.id, order.mark)):
        await system.add_note(seen.id, order.mark, text)


async def _edited(system: System, order: Order, seen: Seen) -> tuple[Seen, str]:
    """The ticket as it is after our changes, and what the desk quietly did not take. Raises NotTaken for its state."""
    for _ in range(_TRIES):
        wanted = compare.edit(order, seen, system.number(order.priority))
        if wanted.is_empty:
            return seen, ""
        try:
            said = await system.change(seen, wanted, order)
        except Refused as error:
            if error.status != CHANGED_MEANWHILE:
                raise
            said = ""
        after = await system.read(seen.id)
        if after is None:
            raise Unavailable(f"ticket {seen.id} went away while it was changed", answered=True)
        lost, seen = compare.lacking(wanted, after), after
        if said and "state" in lost:
            if (await system.states_by(seen.id))[-2:] == ["us", "person"]:
                return seen, "set otherwise by a person at once: left so until that is heard"
            raise NotTaken(f"ticket {seen.id} did not become {wanted.state}: {said[:300]}")
        if said:
            return seen, f"not taken: {', '.join(lost)}: {said[:300]}" if lost else ""
    raise NotTaken(f"ticket {seen.id} was changed by somebody else each time")


def _receipt(system: System, order: Order, seen: Seen, told: str) -> Receipt:
    """What we wrote is what stands there now where it is still ours; a person's words stay theirs."""
    ours = seen.subject == order.wording.subject or order.wrote.is_ours(seen.subject)
    wrote = Wrote(
        seen.subject if ours else order.wrote.subject,
        max(order.wrote.priority, system.number(order.priority)),
        repaired=order.wrote.repaired and not order.has_turned,
    )
    return Receipt(seen.id, system.url_of(seen.id), wrote, told)
