"""The lanes' transactions on both databases: who may work on one, what it says, and in which order."""

import msgspec

from collector.database import Database, decisions, lanes
from collector.database.decisions import Commit, Due
from collector.database.lanes import Claimed, Kept, Lease, Setback
from collector.database.leases import take_lead
from collector.desk.settings import FOR_TICKETS
from collector.services import DeskQueue
from rules.course.incident import Incident, Priority
from rules.decision import Effect

DESK = "desk"


def incident(number: int, priority: Priority) -> Incident:
    return Incident(
        id=f"i{number}",
        number=number,
        cause=f"c{number}",
        category="pos_outage",
        service="checkout",
        ci="0001/pos-01",
        title="t",
        state="open",
        priority=priority,
        worst_priority=priority,
        started_at=0.0,
        learnt_at=0.0,
    )


def decided(database: Database, one: Incident, *kinds: str) -> int:
    """The engine commits effects for the incident, at the next position."""
    with database.writing() as connection:
        old = decisions.engine_row(connection).position
        term = take_lead(connection, "me", 0.0, 1.0) or 0
        new = old + 1
        effects = [Due(new, 0.0, Effect(kind, one.id, f"{one.id}:{kind}:{new}", "duty", kind)) for kind in kinds]  # type: ignore[arg-type]
        decisions.commit(connection, Commit(old, new, term, [], [one], [], effects))
    return new


def begun(database: Database) -> None:
    with database.writing() as connection:
        lanes.begin(connection, DESK, 0)
        lanes.take_up(connection, DESK, 0)


def claimed(database: Database, holder: str = "a", now: float = 0.0, most: int = 10) -> list[Claimed]:
    with database.writing() as connection:
        while lanes.feed(connection, DESK, FOR_TICKETS):
            pass
        return lanes.claim(connection, DESK, Lease(holder, now, now + 90.0), most, FOR_TICKETS)


def test_p1_goes_first_and_what_happened_meanwhile_is_taken_together(database: Database) -> None:
    begun(database)
    decided(database, incident(1, 3), "open_ticket", "page")
    decided(database, incident(2, 1), "open_ticket", "escalate")
    decided(database, incident(1, 3), "update_ticket")
    found = claimed(database)
    assert [one.lane.incident for one in found] == ["i2", "i1"]
    assert [effect.kind for effect in found[1].effects] == ["open_ticket", "update_ticket"]


def test_one_holder_at_a_time_and_the_next_waits_until_the_lease_is_over(database: Database) -> None:
    """A dead holder's request may still be on its way; its successor has the same intent and knows that it repeats."""
    begun(database)
    decided(database, incident(1, 1), "open_ticket")
    [first] = claimed(database, "a")
    assert not first.repeated
    later = decided(database, incident(1, 1), "update_ticket")
    assert claimed(database, "b", now=89.0) == []
    [second] = claimed(database, "b", now=91.0)
    assert second.repeated
    assert (second.lane.sending, second.lane.wanted) == (first.lane.sending, later)
    assert [effect.kind for effect in second.effects] == ["open_ticket"]
    with database.writing() as connection:
        assert not lanes.finish(connection, first.lane, "a", Kept("1", "", b""))
        assert lanes.finish(connection, second.lane, "b", Kept("2", "u", b""))
    [third] = claimed(database, "b", now=92.0)
    assert (third.lane.ticket, third.repeated) == ("2", False)
    assert [effect.kind for effect in third.effects] == ["update_ticket"]


def test_a_lane_that_was_put_off_waits_and_a_dead_one_waits_for_a_person(database: Database) -> None:
    begun(database)
    decided(database, incident(1, 1), "open_ticket")
    [one] = claimed(database)
    with database.writing() as connection:
        assert lanes.postpone(connection, one.lane, "a", Setback(50.0, 3, "busy"))
    assert claimed(database, now=49.0) == []
    [again] = claimed(database, now=50.0)
    assert (again.lane.attempts, again.repeated) == (3, True)
    with database.writing() as connection:
        assert lanes.bury(connection, again.lane, "a", "no " * 1000)
    decided(database, incident(1, 1), "update_ticket")
    assert claimed(database, now=1000.0) == []
    with database.writing() as connection:
        [dead] = lanes.undelivered(connection, 10)
        assert (dead.state, len(dead.error)) == (lanes.DEAD, 500)
        assert lanes.counts(connection) == {(DESK, lanes.DEAD): 1}
        assert lanes.retry(connection, DESK) == 1
    assert len(claimed(database, now=1001.0)) == 1


def test_a_restart_reads_on_where_it_was_and_a_page_is_nobodys_lane(database: Database) -> None:
    begun(database)
    decided(database, incident(1, 1), "open_ticket")
    assert len(claimed(database)) == 1
    begun(database)
    decided(database, incident(2, 2), "page")
    assert claimed(database) == []


def test_many_effects_of_one_entry_are_never_split(database: Database) -> None:
    """More of them at one position than a transaction reads at once: all are taken, and what follows too."""
    begun(database)
    many = [incident(number, 2) for number in range(1, lanes.A_FEED + 50)]
    with database.writing() as connection:
        term = take_lead(connection, "me", 0.0, 1.0) or 0
        effects = [Due(1, 0.0, Effect("open_ticket", one.id, f"{one.id}:open")) for one in many]
        decisions.commit(connection, Commit(0, 1, term, [], many, [], effects))
    decided(database, incident(5_000, 1), "open_ticket")
    assert claimed(database, most=1)[0].lane.incident == "i5000"
    with database.reading() as connection:
        assert len(lanes.undelivered(connection, 5_000)) == len(many) + 1


def test_what_was_heard_only_grows(database: Database) -> None:
    begun(database)
    decided(database, incident(1, 1), "open_ticket")
    claimed(database)
    for cursor, serial in ((10.0, 5), (20.0, 3)):
        with database.writing() as connection:
            lanes.note_polled(connection, DESK, cursor)
            lanes.note_heard(connection, DESK, {"i1": serial, "unknown": 9})
    with database.reading() as connection:
        assert lanes.heard(connection, DESK, ["i1", "unknown"]) == {"i1": 5}
        assert lanes.polled(connection, DESK) == 20.0
        lane = lanes.lane(connection, DESK, "i1")
    assert lane is not None
    assert msgspec.structs.asdict(lane)["heard"] == 5


def test_a_queue_counts_what_waits_and_tells_since_when_and_names_every_desk(database: Database) -> None:
    """A desk that has nothing to do is a zero, not a gap: nobody can miss a number that was never there."""
    begun(database)
    decided(database, incident(1, 1), "open_ticket")
    decided(database, incident(2, 3), "open_ticket")
    [first, second] = claimed(database)
    with database.writing() as connection:
        lanes.bury(connection, first.lane, "a", "no such queue")
        lanes.tell(connection, DESK, "401 Unauthorized")
        desk, other = lanes.queues(connection, {DESK: FOR_TICKETS, "other": FOR_TICKETS})
    assert (desk.pending, desk.dead, desk.since, desk.trouble) == (1, 1, 0.0, "401 Unauthorized")
    assert other == DeskQueue("other")
    with database.writing() as connection:
        lanes.finish(connection, second.lane, "a", Kept("2", "u", b""))
        [desk] = lanes.queues(connection, {DESK: FOR_TICKETS})
    assert (desk.pending, desk.since) == (0, None)
