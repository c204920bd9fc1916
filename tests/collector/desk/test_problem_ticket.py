"""A problem at a help desk: one ticket of its own in the lane that incidents have, and what people do to it there."""

import asyncio
import time
from pathlib import Path
from typing import Any

import yaml

from collector.database import Database, decisions, lanes
from collector.database.decisions import Commit, Due
from collector.database.leases import take_lead
from collector.desk import compare, wording
from collector.desk.compare import Seen
from collector.desk.order import News, Order, Wording, Wrote
from collector.desk.settings import FOR_TICKETS
from collector.desk.wording import Frame
from rules.course.incident import Suppression
from rules.decision import Change, Effect
from rules.given import policy
from rules.repeats.problem import Problem, as_ticket
from rules.rows import encode
from tests.collector.desk import scene
from tests.collector.desk.scene import eventually, leading
from tests.collector.desk.test_delivery import desk
from tests.collector.desk.test_wording import KNOWN, incident
from tests.collector.desk.tracker import tracker

PROBLEM = Problem(
    id="p1",
    number=3,
    key="pos_outage/model=T2000",
    category="pos_outage",
    subject="model=T2000",
    title="POS system outage on model=T2000",
    service="checkout",
    first_at=1_000_000.0,
    last_at=1_000_900.0,
    opened_at=1_000_900.0,
    hold_until=2_000_000.0,
    count=10,
    cis=("0001/pos-01", "0002/pos-01"),
    change="CHG0031337",
    resolver_group="problem-management",
)


def test_a_problem_is_a_ticket_of_its_own_and_a_person_at_the_desk_resolves_it(
    tmp_path: Path, sqlite_url: str, sqlite_database: Database
) -> None:
    async def story() -> None:
        async with tracker() as server:
            settings = scene.config(tmp_path, sqlite_url, desk(tmp_path, server.url))
            at_once: dict[str, Any] = policy.scaled(policy.load("retail"), scene.PACE)
            at_once["problems"]["on_item"] = 1
            (tmp_path / "policy.yaml").write_text(yaml.safe_dump(at_once, sort_keys=False))
            async with leading(sqlite_database, settings) as chain:
                chain.acquirer_fails()
                await eventually(lambda: len(server.tickets) == 2)
                subject = "Problem #1: Payment gateway timeout on Acquirer A"
                number = next(at for at, one in server.tickets.items() if one["Subject"] == subject)

                def problem() -> Problem:
                    (row,) = chain.engine.state.problems.values()
                    return row

                await eventually(lambda: problem().ticket)
                assert (known := problem().ticket) is not None
                assert (known.id, problem().incidents) == (str(number), (chain.incidents()[0].id,))
                server.acts(number, "Status", "Status", "open", "resolved", "bob")
                await eventually(lambda: not problem().is_open)
                assert len(server.tickets) == 2

    asyncio.run(story())


def committed(database: Database, problem: Problem | None, *effects: Effect) -> None:
    """The engine keeps the problem so, or no longer."""
    with database.writing() as connection:
        old = decisions.engine_row(connection).position
        term = take_lead(connection, "me", time.time(), 1.0) or 0
        body = None if problem is None else encode(Change("problems", problem.id, problem))
        due = [Due(old + 1, 0.0, effect) for effect in effects]
        decisions.commit(connection, Commit(old, old + 1, term, [("problems", "p1", body)], [], [], due))


def test_a_desk_that_is_new_gets_the_problems_that_are_open_and_what_is_forgotten_leaves_nothing(
    database: Database,
) -> None:
    committed(database, PROBLEM, Effect("open_problem", "p1", "p1:open"))
    with database.writing() as connection:
        lanes.begin(connection, "desk", 1)
        lanes.take_up(connection, "desk", 1)
        (claimed,) = lanes.claim(connection, "desk", lanes.Lease("me", 0.0, 90.0), 10, FOR_TICKETS)
    assert (claimed.incident.id, claimed.incident.ci, claimed.lane.priority) == ("p1", "model=T2000", 3)
    committed(database, None)
    with database.reading() as connection:
        assert lanes.lane(connection, "desk", "p1") is None
        assert decisions.effects(connection) == []


def test_a_problems_ticket_says_on_which_more_it_is_noted(database: Database) -> None:
    committed(database, PROBLEM, Effect("open_problem", "p1", "p1:open"))
    with database.writing() as connection:
        lanes.begin(connection, "desk", 1)
        lanes.take_up(connection, "desk", 1)
        (first,) = lanes.claim(connection, "desk", lanes.Lease("me", 0.0, 90.0), 10, FOR_TICKETS)
        lanes.finish(connection, first.lane, "me", lanes.Kept("7", "u", b""))
    committed(database, PROBLEM, Effect("note_ci", "p1", "p1:ci:0003/pos-01", "0003/pos-01", "problem #3"))
    with database.writing() as connection:
        assert lanes.feed(connection, "desk", FOR_TICKETS)
        (second,) = lanes.claim(connection, "desk", lanes.Lease("me", 1.0, 90.0), 10, FOR_TICKETS)
    news = [News(*one) for one in second.effects]
    frame = Frame("tillwatch:acme:p1", "https://noc.example", 1_001_000.0)
    assert wording.wording(KNOWN, second.incident, news, frame).note == "Noted on 0003/pos-01"


def test_a_problems_ticket_says_what_it_is_and_where_all_of_it_is() -> None:
    words = wording.wording(
        KNOWN, as_ticket(PROBLEM), [], Frame("tillwatch:acme:p1", "https://noc.example", 1_001_000.0)
    )
    assert words.subject == "Problem #3: POS system outage on model=T2000"
    for line in (
        "Priority: P3 (problem), problem #3",
        "How much: 2 stores, hit: 0001/pos-01, 0002/pos-01",
        "Changes: CHG0031337",
        "Resolver group: problem-management",
        "All of it: https://noc.example/problems/p1",
    ):
        assert line in words.body.splitlines()


def test_an_incidents_ticket_names_its_problem_and_the_changes_before_it() -> None:
    row = incident(problem="p1", changes=("CHG0031337", "[CHG2]"))
    body = wording.wording(KNOWN, row, [], Frame("k", "https://noc.example", 1_001_000.0)).body
    assert "Problem: https://noc.example/problems/p1" in body
    assert "Changes: CHG0031337, (CHG2)" in body


def again(**fields: Any) -> Order:
    """It was held when it began again, and is opened now (`:open:1`), or is held still."""
    news = (News("i1:open:1", 9, 0.0, "open_ticket", "store-systems", "Till 1 failing"),)
    row = incident(opened_at=1_000_950.0, **fields) if not fields else incident(**fields)
    return Order(
        desk="d", key="k", mark="m", incident=row, news=news, wording=Wording("s", "b"), wrote=Wrote("s", 1), at=0.0
    )


RESOLVED = Seen("7", "k", "s", 2, "resolved")


def test_what_was_held_when_it_began_again_opens_its_ticket_and_says_so() -> None:
    order = again()
    assert compare.edit(order, RESOLVED, 2).state == "open"
    note = wording.wording(KNOWN, order.incident, order.news, Frame("k", "", 0.0)).note
    assert note == "Failed again: Till 1 failing"


def test_the_ticket_of_what_is_held_is_left_as_it_is() -> None:
    held = again(suppressed=Suppression("always healed by itself", 1.0, "27 problem"), opened_at=None)
    assert [one.field for one in compare.differences(held, RESOLVED, 2, "nobody")] == []
    assert [one.field for one in compare.differences(again(), RESOLVED, 2, "nobody")] == ["state"]
