"""Who may write: one engine at a time, fenced by a term, and one ingest worker for each of the 64 parts.

Lease times are compared with the caller's clock. A wrong clock costs availability, never correctness: the engine's
every commit is fenced by its term, and an ingest commit holds its parts' rows.
"""

from collections.abc import Callable, Iterable

from sqlalchemy import Connection, bindparam, or_, select, update

from collector.database.tables import engine, parts

# Made once: they run every few seconds, and making one costs more than running it.
_RENEW_LEAD = update(engine).where(engine.c.term == bindparam("ours")).values(until=bindparam("led_until"))
_TAKE_PARTS = (
    update(parts)
    .where(or_(parts.c.until <= bindparam("now"), parts.c.holder == bindparam("me")))
    .values(holder=bindparam("taken_by"), until=bindparam("taken_until"))
)
_PARTS_OF = select(parts.c.part).where(parts.c.holder == bindparam("me"))


class SteppedDown(Exception):  # noqa: N818 - past tense, as all events here
    """Somebody else leads, or the position moved: what we hold in memory is no longer the truth."""


class PartsLost(Exception):  # noqa: N818
    """Another ingest worker holds a part that we were about to write for."""


def take_lead(connection: Connection, holder: str, now: float, lease: float) -> int | None:
    """A new term for `holder` until `now` + `lease`; None while another's lease runs."""
    taken = connection.execute(
        update(engine)
        .where(or_(engine.c.until <= now, engine.c.holder == holder, engine.c.holder == ""))
        .values(term=engine.c.term + 1, holder=holder, until=now + lease)
    )
    return int(connection.execute(select(engine.c.term)).scalar_one()) if taken.rowcount else None


def renew_lead(connection: Connection, term: int, now: float, lease: float) -> None:
    """Raises SteppedDown when another term has begun."""
    renewed = connection.execute(_RENEW_LEAD, {"ours": term, "led_until": now + lease})
    if not renewed.rowcount:
        raise SteppedDown(f"term {term} is over")


def resign_lead(connection: Connection, term: int) -> None:
    """Lets a successor begin at once. Without effect when another already leads."""
    connection.execute(update(engine).where(engine.c.term == term).values(holder="", until=0.0))


def advance(connection: Connection, old: int, new: int, term: int) -> None:
    """The fence of every engine commit: moves the position, or raises SteppedDown and so undoes the transaction."""
    moved = connection.execute(
        update(engine).where(engine.c.position == old, engine.c.term == term).values(position=new)
    )
    if not moved.rowcount:
        raise SteppedDown(f"term {term} at position {old} is not the engine's state any more")


def bury(connection: Connection, is_gone: Callable[[str], bool]) -> list[str]:
    """Ends the leases of holders that `is_gone` knows to be dead, and returns those."""
    held = {
        *connection.execute(select(engine.c.holder)).scalars(),
        *connection.execute(select(parts.c.holder)).scalars(),
    }
    gone = sorted(holder for holder in held if holder and is_gone(holder))
    for table in (engine, parts):
        connection.execute(update(table).where(table.c.holder.in_(gone)).values(holder="", until=0.0))
    return gone


def take_parts(connection: Connection, holder: str, now: float, lease: float) -> frozenset[int]:
    """Takes or renews every part that is free or ours; returns those that `holder` now has."""
    connection.execute(_TAKE_PARTS, {"now": now, "me": holder, "taken_by": holder, "taken_until": now + lease})
    return frozenset(connection.execute(_PARTS_OF, {"me": holder}).scalars())


def hold_parts(connection: Connection, holder: str, wanted: Iterable[int]) -> None:
    """Locks the rows of `wanted` until the commit, so that nobody takes them meanwhile. Raises PartsLost."""
    numbers = sorted(set(wanted))
    rows = select(parts.c.part).where(parts.c.part.in_(numbers), parts.c.holder == holder)
    held = connection.execute(rows.order_by(parts.c.part).with_for_update(read=True)).scalars().all()
    if len(held) != len(numbers):
        raise PartsLost(f"parts {sorted(set(numbers) - set(held))} belong to another ingest worker")


def release_parts(connection: Connection, holder: str) -> None:
    connection.execute(update(parts).where(parts.c.holder == holder).values(holder="", until=0.0))
