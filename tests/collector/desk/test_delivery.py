"""From the outbox to a ticket server that fails in every way: one ticket an incident, nothing lost, nothing twice."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from collector.database import Database, lanes
from tests.collector.agents import CRITICAL, OK
from tests.collector.desk import scene
from tests.collector.desk.scene import Chain, eventually, leading
from tests.collector.desk.tracker import Tracker, tracker


def desk(folder: Path, url: str, **more: Any) -> dict[str, Any]:
    (folder / "token").write_text("secret-token\n")
    settings = {"name": "desk", "kind": "rt", "url": url, "token_file": "token", "mode": "live"}
    return settings | {"poll": "1s", "timeout": "1s", "rate": 200, "fields": {"Store": "{stores}"}} | more


def undelivered(database: Database) -> list[lanes.Lane]:
    with database.reading() as connection:
        return lanes.undelivered(connection, 10)


def trouble(database: Database) -> str:
    with database.reading() as connection:
        return lanes.troubles(connection).get("desk", "")


async def all_told(chain: Chain) -> None:
    await eventually(lambda: chain.engine.lag == 0 and not undelivered(chain.database))


def test_opened_updated_and_resolved_is_one_ticket(tmp_path: Path, database_url: str, database: Database) -> None:
    async def story() -> None:
        async with (
            tracker() as server,
            leading(database, scene.config(tmp_path, database_url, desk(tmp_path, server.url))) as chain,
        ):
            chain.acquirer_fails()
            await eventually(lambda: (one := chain.incident("acquirer-a")) and one.ticket)
            chain.sees(CRITICAL, "0004")
            await eventually(lambda: "4 stores" in server.tickets[1]["Subject"])
            assert "Changed: " in server.notes[1][1][1]
            chain.sees(OK)
            await eventually(lambda: server.tickets[1]["Status"] == "resolved")
            await all_told(chain)
            assert list(server.tickets) == [1]
            assert server.tickets[1]["Priority"] == "100"

    asyncio.run(story())


@pytest.mark.parametrize("lost", ["POST /ticket", "PUT /ticket/N", "POST /ticket/N/comment"])
def test_a_write_whose_answer_was_lost_is_not_done_twice(
    tmp_path: Path, sqlite_url: str, sqlite_database: Database, lost: str
) -> None:
    """The server did it and the time-out came first: the next attempt looks before it writes."""

    async def story() -> None:
        async with (
            tracker() as server,
            leading(sqlite_database, scene.config(tmp_path, sqlite_url, desk(tmp_path, server.url))) as chain,
        ):
            server.lose[lost] = 1
            chain.acquirer_fails()
            await eventually(lambda: (one := chain.incident("acquirer-a")) and one.ticket)
            chain.sees(CRITICAL, "0004")
            await eventually(lambda: "4 stores" in server.tickets[1]["Subject"])
            await all_told(chain)
            assert server.lose[lost] == 0
            assert list(server.tickets) == [1]
            marks = [mark for mark, _ in server.notes[1]]
            assert len(marks) == len(set(marks))

    asyncio.run(story())


def test_a_desk_that_asks_for_patience_gets_it(tmp_path: Path, sqlite_url: str, sqlite_database: Database) -> None:
    """429 with Retry-After: no request before that time, and then the ticket."""

    async def story() -> None:
        times: list[float] = []

        def busy(request: web.Request) -> web.Response | None:
            times.append(asyncio.get_running_loop().time())
            if len(times) == 4:  # the three of the check have passed
                return web.Response(status=429, headers={"Retry-After": "2"})
            return None

        async with tracker() as server:
            server.before = busy
            settings = scene.config(tmp_path, sqlite_url, desk(tmp_path, server.url))
            async with leading(sqlite_database, settings) as chain:
                await eventually(lambda: len(times) == 3)
                chain.acquirer_fails()
                await eventually(lambda: (one := chain.incident("acquirer-a")) and one.ticket)
        creation = [at for at in times if at > times[3]]
        assert creation[0] - times[3] >= 1.9

    asyncio.run(story())


def test_the_most_urgent_goes_first_after_a_breakdown(
    tmp_path: Path, sqlite_url: str, sqlite_database: Database
) -> None:
    async def story() -> None:
        async with tracker() as server:
            down = {"is": True}
            server.before = lambda _: web.Response(status=503) if down["is"] else None
            settings = scene.config(tmp_path, sqlite_url, desk(tmp_path, server.url))
            async with leading(sqlite_database, settings) as chain:
                chain.till_fails()
                await eventually(lambda: chain.incident("0001/pos-01"))
                chain.acquirer_fails()
                await eventually(lambda: chain.incident("acquirer-a"))
                await eventually(lambda: "503" in trouble(sqlite_database))
                down["is"] = False
                await eventually(lambda: len(server.order) == 2)
                assert [subject[:2] for subject in server.order] == ["P1", "P2"]
                await eventually(lambda: trouble(sqlite_database) == "")

    asyncio.run(story())


def test_what_a_desk_will_never_take_is_a_dead_letter_until_a_person_retries_it(
    tmp_path: Path, sqlite_url: str, sqlite_database: Database
) -> None:
    async def story() -> None:
        async with (
            tracker() as server,
            leading(sqlite_database, scene.config(tmp_path, sqlite_url, desk(tmp_path, server.url))) as chain,
        ):
            server.before = lambda request: (
                web.json_response({"message": "Field 'Store' is mandatory"}, status=422)
                if request.method == "POST"
                else None
            )
            chain.acquirer_fails()
            [dead] = await eventually(lambda: [one for one in undelivered(sqlite_database) if one.state == lanes.DEAD])
            assert "answered 422: " in dead.error
            assert "mandatory" in dead.error
            tries = server.asked["POST /ticket"]
            chain.sees(CRITICAL, "0004")
            await eventually(lambda: len(getattr(chain.incident("acquirer-a"), "stores", ())) == 4)
            await asyncio.sleep(1.2)
            assert server.asked["POST /ticket"] == tries == 1
            server.before = lambda _: None
            with sqlite_database.writing() as connection:
                assert lanes.retry(connection, "desk", dead.incident) == 1
            await eventually(lambda: server.tickets)
            await all_told(chain)

    asyncio.run(story())


def test_a_change_that_was_answered_but_not_made_is_noticed(
    tmp_path: Path, sqlite_url: str, sqlite_database: Database
) -> None:
    """200 and "has unresolved dependencies": the lane says so and asks again until it is taken."""

    async def story() -> None:
        async with (
            tracker() as server,
            leading(sqlite_database, scene.config(tmp_path, sqlite_url, desk(tmp_path, server.url))) as chain,
        ):
            server.refuse_status = True
            chain.acquirer_fails()
            await eventually(lambda: (one := chain.incident("acquirer-a")) and one.ticket)
            chain.acquirer_returns()
            await eventually(lambda: any("unresolved dep" in one.error for one in undelivered(sqlite_database)))
            assert server.tickets[1]["Status"] == "new"
            server.refuse_status = False
            await eventually(lambda: server.tickets[1]["Status"] == "resolved")
            await all_told(chain)

    asyncio.run(story())


def test_a_desk_that_ignores_conditions_or_lacks_the_keys_field_is_never_written_to(
    tmp_path: Path, sqlite_url: str, sqlite_database: Database
) -> None:
    async def story() -> None:
        async with tracker() as server:
            server.fields = ("Store",)
            settings = scene.config(tmp_path, sqlite_url, desk(tmp_path, server.url))
            async with leading(sqlite_database, settings) as chain:
                chain.acquirer_fails()
                await eventually(lambda: "no custom field 'Correlation ID'" in trouble(sqlite_database))
            server.fields = ("Correlation ID", "Store")
            server.add("somebody's", "tillwatch:nobody-has-this-key", who="anna")
            async with leading(sqlite_database, settings) as chain:
                await eventually(lambda: "conditions are ignored" in trouble(sqlite_database))
            assert server.asked["POST /ticket"] == 0
            assert [one.priority for one in undelivered(sqlite_database)] == [1]

    asyncio.run(story())


def test_a_wrong_token_loses_nothing(tmp_path: Path, sqlite_url: str, sqlite_database: Database) -> None:
    async def story() -> None:
        async with tracker() as server:
            settings = scene.config(tmp_path, sqlite_url, desk(tmp_path, server.url))
            (tmp_path / "token").write_text("expired")
            async with leading(sqlite_database, settings) as chain:
                chain.acquirer_fails()
                await eventually(lambda: "401" in trouble(sqlite_database))
                await eventually(lambda: undelivered(sqlite_database) or True)
            (tmp_path / "token").write_text("secret-token")
            async with leading(sqlite_database, settings):
                await eventually(lambda: server.tickets)

    asyncio.run(story())


def test_what_a_person_does_at_the_desk_comes_back_and_what_we_do_does_not(
    tmp_path: Path, sqlite_url: str, sqlite_database: Database
) -> None:
    async def story() -> None:
        async with (
            tracker() as server,
            leading(sqlite_database, scene.config(tmp_path, sqlite_url, desk(tmp_path, server.url))) as chain,
        ):
            chain.acquirer_fails()
            await eventually(lambda: (one := chain.incident("acquirer-a")) and one.ticket)
            server.acts(1, "Set", "Owner", "6", "99", "bot")
            server.acts(1, "Status", "Status", "new", "open", "RT_System")
            await asyncio.sleep(2.2)
            assert state_of(chain) == "open"
            server.acts(1, "Set", "Owner", "6", "31", "anna\x1b[2J")
            await eventually(lambda: state_of(chain) == "acknowledged")
            incident = chain.incident("acquirer-a")
            assert incident is not None
            assert incident.acknowledged_by == "anna (2J at desk"
            server.acts(1, "Status", "Status", "open", "resolved", "anna")
            await eventually(lambda: state_of(chain) == "resolved")
            await all_told(chain)
            assert [text for _, text in server.notes[1] if "Resolved" in text] == []

    asyncio.run(story())


def state_of(chain: Chain) -> str:
    incident = chain.incident("acquirer-a")
    return incident.state if incident else ""


def test_a_person_who_edits_at_the_same_time_wins(tmp_path: Path, sqlite_url: str, sqlite_database: Database) -> None:
    """Their title came between our reading and our writing: refused by the ETag, read again, left as it is."""

    async def story() -> None:
        async with (
            tracker() as server,
            leading(sqlite_database, scene.config(tmp_path, sqlite_url, desk(tmp_path, server.url))) as chain,
        ):
            chain.acquirer_fails()
            await eventually(lambda: (one := chain.incident("acquirer-a")) and one.ticket)
            server.before = _edits_once(server)
            chain.sees(CRITICAL, "0004")
            await eventually(lambda: server.tickets[1]["Subject"] == "anna's words")
            await all_told(chain)
            assert server.tickets[1]["Subject"] == "anna's words"
            chain.sees(OK)
            await eventually(lambda: server.tickets[1]["Status"] == "resolved")

    asyncio.run(story())


def _edits_once(server: Tracker) -> Any:
    left = [True]

    def edit(request: web.Request) -> None:
        if request.method == "PUT" and left:
            left.clear()
            server.tickets[1]["Subject"] = "anna's words"
            server.acts(1, "Set", "Subject", "", "anna's words")

    return edit
