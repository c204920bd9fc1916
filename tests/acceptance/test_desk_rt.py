"""A real Request Tracker 5: one ticket for the acquirer's failure, through everything that may go wrong on the way.

One that is up is taken (its credentials in $PEERS_DIR/rt5/credentials.env), or one is started by the scripts beside
this repository or in $TILLWATCH_SHARED/peers; skipped, and says so, where they are not.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collector.database import Database, incidents, lanes, opened, shadow, upgrade
from rules.course.incident import Incident
from tests.acceptance.rt_peer import Peer, desk, line, request_tracker  # noqa: F401 - a fixture
from tests.collector.agents import CRITICAL, OK
from tests.collector.desk import scene
from tests.collector.desk.scene import Chain, eventually, leading
from tests.collector.desk.test_inbound import SECRET, signed

pytestmark = [
    pytest.mark.usefixtures("request_tracker"),
    pytest.mark.timeout(180),
]

URL = "sqlite:///unused.db"  # the database is handed in


@pytest.fixture
def peer() -> Peer:
    return Peer()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = opened(f"sqlite:///{tmp_path}/collector.db")
    upgrade(made)
    yield made
    made.close()


async def failed(chain: Chain) -> tuple[str, str]:
    """The acquirer fails; the incident's id and its ticket's key."""
    chain.acquirer_fails()
    incident = await eventually(lambda: chain.incident("acquirer-a"))
    return incident.id, f"tillwatch:acme:{incident.id}"


def known(chain: Chain) -> Incident:
    incident = chain.incident("acquirer-a")
    assert incident is not None
    return incident


@pytest.mark.shows(
    "2.5",
    "Request Tracker receives exactly one ticket for the acquirer's failure, with impact, CI, "
    "stores, SLA times and link; it is resolved when the incident is",
)
def test_the_acquirers_failure_is_one_ticket_that_is_resolved_with_it(
    peer: Peer, tmp_path: Path, database: Database, figure: Callable[[str], None]
) -> None:
    """Customers first, then where, CI, SLA, link and why; resolved when the incident is; every word of ours once."""

    async def scene_() -> None:
        settings = scene.config(tmp_path, URL, desk(tmp_path, peer, peer.url), pace=60.0)
        async with leading(database, settings) as chain:
            id_, key = await failed(chain)
            began = time.monotonic()
            ticket = await eventually(lambda: known(chain).ticket)
            linked = time.monotonic() - began
            [row] = await asyncio.to_thread(peer.tickets, key)
            assert (row["id"], row["Status"], row["Priority"]) == (ticket.id, "new", "100")
            assert row["Subject"].startswith("P1 Customers cannot pay by card: ")
            text = await asyncio.to_thread(peer.first_text, ticket.id)
            assert text.startswith("Customers cannot pay by card.\n")
            for part in (
                "Where: Leeds Briggate (0001), York (0002), Hull (0003)",
                "Configuration item: Acquirer A (acquirer-a; payment_gateway)",
                "Respond by: ",
                "Resolve by: ",
                "Vendor: AcquirerCo",
                "Why:\n* ",
                f"https://noc.example/incidents/{id_}",
            ):
                assert part in text, part
            assert ticket.url == f"{peer.url}/Ticket/Display.html?id={ticket.id}"
            chain.acquirer_returns()
            await eventually(lambda: known(chain).state == "resolved")
            await eventually(lambda: peer.tickets(key)[0]["Status"] == "resolved")
            await asyncio.sleep(3)  # polls: nothing of ours comes back as somebody's
            assert known(chain).state == "resolved"
            assert len(await asyncio.to_thread(peer.tickets, key)) == 1
            history = await asyncio.to_thread(peer.history, ticket.id)
            assert [kind for kind, _, _ in history].count("Create") == 1
            assert [kind for kind, _, _ in history].count("Comment") == 1
            assert {who for _, who, _ in history} == {"edgebot"}
            figure(f"1 ticket, linked {linked:.1f} s after the incident; 1 comment; resolved")

    asyncio.run(scene_())


@pytest.mark.shows("2.5", "A ticket that a person takes there shows as acknowledged here, and what they wrote stays")
def test_a_ticket_that_a_person_takes_shows_as_acknowledged_and_stays_theirs(
    peer: Peer, tmp_path: Path, database: Database
) -> None:
    """Taken, retitled and lowered at the desk: acknowledged here, their words stay, and they resolve it, not we."""

    async def scene_() -> None:
        settings = scene.config(tmp_path, URL, desk(tmp_path, peer, peer.url), pace=60.0)
        async with leading(database, settings) as chain:
            _, key = await failed(chain)
            ticket = (await eventually(lambda: known(chain).ticket)).id
            for body in ({"Owner": "agent"}, {"Subject": "acquirer again", "Priority": 60}):
                await asyncio.to_thread(peer.ask, "PUT", f"/ticket/{ticket}", body)
            await eventually(lambda: known(chain).state == "acknowledged")
            assert known(chain).acknowledged_by == "agent at desk"
            chain.sees(CRITICAL, "0004", text="no answer from the acquirer")
            await eventually(lambda: len(known(chain).stores) == 4)
            await eventually(lambda: ("Comment", "edgebot", "") in peer.history(ticket))
            chain.acquirer_returns()
            chain.sees(OK, "0004")
            await eventually(lambda: known(chain).restored_at)
            await asyncio.sleep(7)  # stable is five seconds here
            [row] = await asyncio.to_thread(peer.tickets, key)
            assert (row["Status"], row["Subject"], row["Priority"]) == ("new", "acquirer again", "60")
            await asyncio.to_thread(peer.ask, "PUT", f"/ticket/{ticket}", {"Status": "resolved"})
            await eventually(lambda: known(chain).state == "resolved")
            with database.reading() as connection:
                lines = [one for one in incidents.story(connection, known(chain).id) if one.kind == "resolved"]
            assert [one.actor for one in lines] == ["agent at desk"]

    asyncio.run(scene_())


@pytest.mark.shows(
    "–", "A deadline that is set at a desk that owns the clock is shown here, and nothing is judged by ours"
)
def test_a_deadline_that_is_set_there_is_ours_where_the_desk_owns_the_clock(
    peer: Peer, tmp_path: Path, database: Database
) -> None:
    """Set, and taken away again. RT takes a date of ISO 8601 for none at all, so it is written as people write one."""

    async def scene_() -> None:
        settings = scene.config(tmp_path, URL, desk(tmp_path, peer, peer.url, owns_clock=True), pace=1.0)
        async with leading(database, settings) as chain:
            await failed(chain)
            ticket = (await eventually(lambda: known(chain).ticket)).id
            ours = known(chain).sla
            assert ours.owner == ""
            await asyncio.to_thread(peer.ask, "PUT", f"/ticket/{ticket}", {"Due": "2036-11-24 18:00:00"})
            await eventually(lambda: known(chain).sla.owner == "desk")
            theirs = datetime(2036, 11, 24, 18, tzinfo=UTC).timestamp()
            assert (known(chain).sla.respond_by, known(chain).sla.resolve_by) == (None, theirs)
            await asyncio.to_thread(peer.ask, "PUT", f"/ticket/{ticket}", {"Due": "1970-01-01 00:00:00"})
            await eventually(lambda: known(chain).sla == ours)

    asyncio.run(scene_())


@pytest.mark.shows("2.5", "Request Tracker down for the whole scenario and started afterwards ends in the same ticket")
def test_a_desk_that_is_down_for_the_whole_of_it_gets_the_same_ticket_afterwards(
    peer: Peer, tmp_path: Path, database: Database
) -> None:
    async def scene_() -> None:
        async with line(peer.url) as wire:
            await wire.cut()
            settings = scene.config(tmp_path, URL, desk(tmp_path, peer, wire.url), pace=60.0)
            async with leading(database, settings) as chain:
                _, key = await failed(chain)
                chain.acquirer_returns()
                await eventually(lambda: known(chain).state == "resolved")
                assert await asyncio.to_thread(peer.tickets, key) == []
                with database.reading() as connection:
                    assert "failed" in lanes.troubles(connection)["desk"]
            async with leading(database, settings) as chain:  # and the collector was restarted meanwhile
                await wire.open_()
                await eventually(lambda: [row["Status"] for row in peer.tickets(key)] == ["resolved"], 90)
                await eventually(lambda: not waiting(database))
                [row] = await asyncio.to_thread(peer.tickets, key)
                assert (row["Status"], row["Priority"]) == ("resolved", "100")
                assert row["Subject"].startswith("P1 Customers cannot pay by card: ")

    asyncio.run(scene_())


@pytest.mark.shows("2.5", "An answer that is lost makes no second ticket and no second comment")
def test_a_create_whose_answer_was_lost_makes_no_second_ticket(peer: Peer, tmp_path: Path, database: Database) -> None:
    async def scene_() -> None:
        async with line(peer.url) as wire:
            wire.lose_answer_to = b"POST /REST/2.0/ticket "
            settings = scene.config(tmp_path, URL, desk(tmp_path, peer, wire.url), pace=60.0)
            async with leading(database, settings) as chain:
                _, key = await failed(chain)
                ticket = (await eventually(lambda: known(chain).ticket)).id
                assert wire.lose_answer_to == b""
                assert [row["id"] for row in await asyncio.to_thread(peer.tickets, key)] == [ticket]
                wire.lose_answer_to = f"POST /REST/2.0/ticket/{ticket}/comment ".encode()
                chain.sees(CRITICAL, "0004", text="no answer from the acquirer")
                await eventually(lambda: not wire.lose_answer_to)
                await eventually(lambda: not waiting(database))
                kinds = [kind for kind, _, _ in await asyncio.to_thread(peer.history, ticket)]
                assert (kinds.count("Create"), kinds.count("Comment")) == (1, 1)

    asyncio.run(scene_())


@pytest.mark.shows("2.5", "Two tickets with one key become one")
def test_two_tickets_of_one_incident_become_one(peer: Peer, tmp_path: Path, database: Database) -> None:
    """A second ticket with the key, as a request would leave that arrived after everybody had given it up."""

    async def scene_() -> None:
        settings = scene.config(tmp_path, URL, desk(tmp_path, peer, peer.url), pace=60.0)
        async with leading(database, settings) as chain:
            _, key = await failed(chain)
            ticket = (await eventually(lambda: known(chain).ticket)).id
            twin = {"Queue": "Incidents", "Subject": "late twin", "CustomFields": {"Correlation ID": key}}
            await asyncio.to_thread(peer.ask, "POST", "/ticket", twin)
            assert len(await asyncio.to_thread(peer.tickets, key)) == 2
            chain.acquirer_returns()
            await eventually(lambda: [row["Status"] for row in peer.tickets(key)] == ["resolved"])
            assert [row["id"] for row in await asyncio.to_thread(peer.tickets, key)] == [ticket]

    asyncio.run(scene_())


@pytest.mark.shows("2.5", "In shadow mode no request leaves, and the report lists them")
def test_shadow_mode_sends_nothing_and_lists_what_it_would_have(
    peer: Peer, tmp_path: Path, database: Database, figure: Callable[[str], None]
) -> None:
    async def scene_() -> None:
        async with line(peer.url) as wire:
            settings = scene.config(tmp_path, URL, desk(tmp_path, peer, wire.url, mode="shadow"), pace=60.0)
            async with leading(database, settings) as chain:
                _, key = await failed(chain)
                chain.acquirer_returns()
                await eventually(lambda: known(chain).state == "resolved")
                await eventually(lambda: not waiting(database))
            with database.reading() as connection:
                unsent = [row.unsent for row in shadow.listed(connection, shadow.Asked())]
            assert [one.action for one in unsent] == ["create", "resolve"]
            assert unsent[0].body.startswith("Customers cannot pay by card.")
            assert wire.connections == 0
            figure(f"{wire.connections} connections to the desk; the report: {', '.join(one.action for one in unsent)}")
            assert await asyncio.to_thread(peer.tickets, key) == []

    asyncio.run(scene_())


@pytest.mark.shows("2.5", "A desk that calls back is read at once")
def test_a_desk_that_calls_back_is_read_at_once(peer: Peer, tmp_path: Path, database: Database) -> None:
    """Polled once an hour; a signed call, and the person's taking is here."""
    (tmp_path / "hook.secret").write_text(SECRET)

    async def scene_() -> None:
        called = {"poll": "1h", "webhook_secret_file": "hook.secret"}
        settings = scene.config(tmp_path, URL, desk(tmp_path, peer, peer.url, **called), pace=60.0)
        async with leading(database, settings) as chain:
            await failed(chain)
            ticket = (await eventually(lambda: known(chain).ticket)).id
            await asyncio.to_thread(peer.ask, "PUT", f"/ticket/{ticket}", {"Owner": "agent"})
            assert chain.desks.called("desk", signed("msg_1", time.time()), ticket) == "new"
            began = time.monotonic()
            await eventually(lambda: known(chain).state == "acknowledged")
            print(f"acknowledged {time.monotonic() - began:.1f} s after the call")

    asyncio.run(scene_())


@pytest.mark.shows("2.5", "A ticket that a person opens again is an open incident again")
def test_a_ticket_that_a_person_opens_again_is_an_open_incident_again(
    peer: Peer, tmp_path: Path, database: Database
) -> None:
    """And one that they retitled and lowered is compared, shown as different, and left."""

    async def scene_() -> None:
        settings = scene.config(tmp_path, URL, desk(tmp_path, peer, peer.url, compare="2s"), pace=60.0)
        async with leading(database, settings) as chain:
            _, key = await failed(chain)
            ticket = (await eventually(lambda: known(chain).ticket)).id
            chain.acquirer_returns()
            await eventually(lambda: peer.tickets(key)[0]["Status"] == "resolved")
            await asyncio.to_thread(peer.ask, "PUT", f"/ticket/{ticket}", {"Status": "open"})
            await eventually(lambda: known(chain).state == "open")
            await asyncio.to_thread(peer.ask, "PUT", f"/ticket/{ticket}", {"Subject": "again", "Priority": 60})
            await eventually(lambda: differing(database))
            assert {field for _, field in chain.desks.differences} == {"subject", "priority"}
            [row] = await asyncio.to_thread(peer.tickets, key)
            assert (row["Status"], row["Subject"], row["Priority"]) == ("open", "again", "60")

    asyncio.run(scene_())


def differing(database: Database) -> list[lanes.Lane]:
    with database.reading() as connection:
        return lanes.differing(connection, 10)


def waiting(database: Database) -> list[lanes.Lane]:
    with database.reading() as connection:
        return lanes.undelivered(connection, 10)
