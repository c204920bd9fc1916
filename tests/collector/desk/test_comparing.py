"""Tickets that differ from what we want long after they were written: who did it says what follows."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from collector.database import Database, lanes
from tests.collector.agents import CRITICAL, OK
from tests.collector.desk import scene
from tests.collector.desk.scene import Chain, eventually, leading
from tests.collector.desk.tracker import Tracker, tracker
from tillwatch import cli

Story = Callable[[Tracker, Chain], Awaitable[None]]


def desk(folder: Path, url: str, **more: Any) -> dict[str, Any]:
    """Polled once an hour and compared five times a second: what is noticed was compared."""
    (folder / "token").write_text("secret-token\n")
    settings = {"name": "desk", "kind": "rt", "url": url, "token_file": "token", "mode": "live", "rate": 500}
    return settings | {"poll": "1h", "compare": "200ms", "timeout": "2s"} | more


def told(folder: Path, url: str, database: Database, story: Story, pace: float = 200.0) -> None:
    """Runs `story` once the acquirer's failure has its ticket, number 1."""

    async def scene_() -> None:
        async with tracker() as server:
            settings = scene.config(folder, url, desk(folder, server.url), pace=pace)
            async with leading(database, settings) as chain:
                chain.acquirer_fails()
                await eventually(chain.ticket)
                await settled(server)
                await story(server, chain)

    asyncio.run(scene_())


async def settled(server: Tracker) -> None:
    """Compared once more, whatever was under way before."""
    seen = server.asked["GET /ticket/N"]
    await eventually(lambda: server.asked["GET /ticket/N"] >= seen + 2)


def differences(database: Database) -> list[str]:
    with database.reading() as connection:
        return [one.error for one in lanes.differing(connection, 10)]


def by_us(server: Tracker, kind: str) -> int:
    return sum(row["Type"] == kind and row["Creator"]["id"] == "bot" for row in server.history[1])


def test_a_ticket_that_only_the_desk_itself_closed_is_opened_again_once(
    tmp_path: Path, sqlite_url: str, sqlite_database: Database
) -> None:
    """A rule of the desk closes what still fails: opened again. It insists: left, counted, and shown; no fight."""

    async def story(server: Tracker, chain: Chain) -> None:
        server.acts(1, "Status", "Status", "new", "resolved", "RT_System")
        await eventually(lambda: server.tickets[1]["Status"] == "open")
        assert chain.state() == "open"
        await settled(server)
        assert differences(sqlite_database) == []
        server.acts(1, "Status", "Status", "open", "resolved", "RT_System")
        await eventually(lambda: differences(sqlite_database) == ["state is resolved, not open (ours)"])
        await settled(server)
        assert server.tickets[1]["Status"] == "resolved"
        assert chain.desks.differences == {("desk", "state"): 2}
        chain.sees(OK)  # over: as wanted again
        await eventually(lambda: chain.state() == "resolved")
        await eventually(lambda: differences(sqlite_database) == [])

    told(tmp_path, sqlite_url, sqlite_database, story)


def test_a_resolve_that_got_lost_is_made_up_for(tmp_path: Path, sqlite_url: str, sqlite_database: Database) -> None:
    async def story(server: Tracker, chain: Chain) -> None:
        chain.sees(OK)
        await eventually(lambda: server.tickets[1]["Status"] == "resolved")
        server.tickets[1]["Status"] = "new"  # as after a restore of the desk's backup
        await eventually(lambda: server.tickets[1]["Status"] == "resolved")

    told(tmp_path, sqlite_url, sqlite_database, story)


def test_a_person_who_opens_it_again_reopens_the_incident(
    tmp_path: Path, sqlite_url: str, sqlite_database: Database
) -> None:
    async def story(server: Tracker, chain: Chain) -> None:
        chain.sees(OK)
        await eventually(lambda: server.tickets[1]["Status"] == "resolved")
        server.acts(1, "Status", "Status", "resolved", "open", "anna")
        await eventually(lambda: chain.state() == "open")
        await settled(server)
        assert by_us(server, "Status") + by_us(server, "Set") == resolves(server)

    told(tmp_path, sqlite_url, sqlite_database, story)


def test_a_person_who_opens_it_again_before_we_read_it_back_is_not_fought_with(
    tmp_path: Path, sqlite_url: str, sqlite_database: Database
) -> None:
    async def story(server: Tracker, chain: Chain) -> None:
        def anna_is_quick(_: object) -> None:
            if server.tickets[1]["Status"] == "resolved":
                server.after = lambda _: None
                server.acts(1, "Status", "Status", "resolved", "open", "anna")

        server.after = anna_is_quick
        chain.sees(OK)
        await eventually(lambda: chain.state() == "open" and resolves(server))
        await settled(server)
        assert (resolves(server), server.tickets[1]["Status"]) == (1, "open")

    told(tmp_path, sqlite_url, sqlite_database, story)


def resolves(server: Tracker) -> int:
    return sum(row["NewValue"] == "resolved" and row["Creator"]["id"] == "bot" for row in server.history[1])


def test_a_reply_that_opened_it_again_is_left_to_people(
    tmp_path: Path, sqlite_url: str, sqlite_database: Database
) -> None:
    async def story(server: Tracker, chain: Chain) -> None:
        chain.sees(OK)
        await eventually(lambda: server.tickets[1]["Status"] == "resolved")
        await settled(server)  # read back: what undoes a write before that makes it not taken, and it is written again
        server.acts(1, "Status", "Status", "resolved", "open", "RT_System")
        await eventually(lambda: differences(sqlite_database) == ["state is open, not resolved (theirs)"])
        await settled(server)
        assert (server.tickets[1]["Status"], chain.state()) == ("open", "resolved")

    told(tmp_path, sqlite_url, sqlite_database, story)


def test_a_person_who_closes_it_unheard_is_heard_when_it_is_compared(
    tmp_path: Path, sqlite_url: str, sqlite_database: Database
) -> None:
    """Their closing is theirs: the incident follows, and the ticket is not opened again for it."""

    async def story(server: Tracker, chain: Chain) -> None:
        server.acts(1, "Status", "Status", "new", "resolved", "anna")
        await eventually(lambda: chain.state() == "resolved")
        await settled(server)
        assert server.tickets[1]["Status"] == "resolved"
        assert chain.desks.differences == {}

    told(tmp_path, sqlite_url, sqlite_database, story, pace=1.0)


def test_a_persons_words_and_priority_are_shown_and_left(
    tmp_path: Path, sqlite_url: str, sqlite_database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    async def story(server: Tracker, chain: Chain) -> None:
        ours = server.tickets[1]["Subject"]
        server.tickets[1] |= {"Subject": "acquirer \x1b[2J again", "Priority": "60"}
        server.acts(1, "Set", "Subject", ours, "acquirer again")
        await eventually(lambda: differences(sqlite_database))
        assert await asyncio.to_thread(cli.main, ["tickets", "list", "--config", str(tmp_path / "collector.yaml")]) == 0
        await settled(server)
        assert (server.tickets[1]["Priority"], server.tickets[1]["Subject"][:8]) == ("60", "acquirer")
        assert chain.desks.differences == {("desk", "subject"): 1, ("desk", "priority"): 1}
        server.tickets[1] |= {"Subject": ours, "Priority": "100"}
        await eventually(lambda: differences(sqlite_database) == [])

    told(tmp_path, sqlite_url, sqlite_database, story)
    out = capsys.readouterr().out
    assert "differs" in out
    assert "\x1b" not in out


def test_a_ticket_that_is_gone_or_lost_its_key_is_shown(
    tmp_path: Path, sqlite_url: str, sqlite_database: Database
) -> None:
    async def story(server: Tracker, chain: Chain) -> None:
        key = server.tickets[1]["CustomFields"][0]["values"]
        server.tickets[1]["CustomFields"][0]["values"] = []
        await eventually(lambda: [one[:7] for one in differences(sqlite_database)] == ["key is "])
        server.tickets[1]["CustomFields"][0]["values"] = key
        await eventually(lambda: differences(sqlite_database) == [])
        gone = server.tickets.pop(1)
        await eventually(lambda: [one[:14] for one in differences(sqlite_database)] == ["ticket is gone"])
        assert server.asked["POST /ticket"] == 1
        server.tickets[1] = gone
        chain.sees(CRITICAL, "0004")
        await eventually(lambda: "4 stores" in server.tickets[1]["Subject"])

    told(tmp_path, sqlite_url, sqlite_database, story)
