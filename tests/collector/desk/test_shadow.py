import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from collector.database import Database, lanes, shadow
from tests.collector.desk import scene
from tests.collector.desk.scene import eventually, leading
from tests.collector.desk.tracker import tracker
from tillwatch import cli


def desk(folder: Path, url: str, mode: str) -> dict[str, Any]:
    (folder / "token").write_text("secret-token")
    return {"name": "desk", "kind": "rt", "url": url, "token_file": "token", "mode": mode, "poll": "1s"}


def undelivered(database: Database) -> list[lanes.Lane]:
    with database.reading() as connection:
        return lanes.undelivered(connection, 10)


def test_shadow_mode_asks_nothing_and_lists_what_it_would_have_sent(
    tmp_path: Path, sqlite_url: str, sqlite_database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same scenario, no request, no token needed; the report has the ticket, its text and its end."""

    async def story() -> None:
        async with tracker() as server:
            settings = scene.config(tmp_path, sqlite_url, desk(tmp_path, server.url, "shadow"))
            (tmp_path / "token").unlink()
            async with leading(sqlite_database, settings) as chain:
                chain.acquirer_fails()
                await eventually(lambda: listed(sqlite_database) and not undelivered(sqlite_database))
                chain.acquirer_returns()
                await eventually(lambda: listed(sqlite_database)[-1].action == "resolve")
                incident = chain.incident("acquirer-a")
                assert incident is not None
                assert incident.ticket is None
            assert server.asked == {}

    asyncio.run(story())
    assert cli.main(["shadow", "report", "--config", str(tmp_path / "collector.yaml")]) == 0
    out = capsys.readouterr().out
    assert "P1 Customers cannot pay by card" in out
    assert "1 tickets would have been made, " in out
    assert cli.main(["shadow", "report", "--json", "--config", str(tmp_path / "collector.yaml")]) == 0
    document = json.loads(capsys.readouterr().out)
    rows = document["items"]
    assert [row["action"] for row in rows if row["action"] != "update"] == ["create", "resolve"]
    [of_kind] = document["summary"]
    assert (of_kind["desk"], of_kind["region"], of_kind["category"]) == ("desk", "north", "payment_gateway")
    assert (of_kind["tickets"], of_kind["resolves"], document["tickets"]) == (1, 1, 1)
    assert rows[0]["body"].startswith("Customers cannot pay by card.")
    later = ["--since", "2100-01-01T00:00:00Z", "--text"]
    assert cli.main(["shadow", "report", *later, "--config", str(tmp_path / "collector.yaml")]) == 0
    assert capsys.readouterr().out.startswith("0 tickets")


def listed(database: Database, **asked: Any) -> list[shadow.Unsent]:
    with database.reading() as connection:
        return [row.unsent for row in shadow.listed(connection, shadow.Asked(**asked))]


def test_from_shadow_to_live_what_is_still_open_gets_its_ticket(
    tmp_path: Path, sqlite_url: str, sqlite_database: Database
) -> None:
    async def story() -> None:
        async with tracker() as server:
            settings = scene.config(tmp_path, sqlite_url, desk(tmp_path, server.url, "shadow"))
            async with leading(sqlite_database, settings) as chain:
                chain.acquirer_fails()
                await eventually(lambda: listed(sqlite_database))
            live = scene.config(tmp_path, sqlite_url, desk(tmp_path, server.url, "live"))
            async with leading(sqlite_database, live) as chain:
                await eventually(lambda: (one := chain.incident("acquirer-a")) and one.ticket)
            assert len(server.tickets) == 1

    asyncio.run(story())


def test_a_new_desk_gets_what_is_open_and_no_history(
    tmp_path: Path, sqlite_url: str, sqlite_database: Database
) -> None:
    async def story() -> None:
        async with leading(sqlite_database, scene.config(tmp_path, sqlite_url)) as chain:
            chain.acquirer_fails()
            await eventually(lambda: chain.incident("acquirer-a"))
            chain.acquirer_returns()
            await eventually(lambda: (one := chain.incident("acquirer-a")) and one.state == "resolved")
            chain.till_fails()
            await eventually(lambda: (one := chain.incident("0001/pos-01")) and one.opened_at)
        async with tracker() as server:
            settings = scene.config(tmp_path, sqlite_url, desk(tmp_path, server.url, "live"))
            async with leading(sqlite_database, settings) as chain:
                await eventually(lambda: (one := chain.incident("0001/pos-01")) and one.ticket)
                await eventually(lambda: not undelivered(sqlite_database))
            assert ["checkout" in ticket["Subject"] for ticket in server.tickets.values()] == [True]

    asyncio.run(story())


def test_what_waits_and_what_is_wrong_is_told_on_the_command_line(
    tmp_path: Path, sqlite_url: str, sqlite_database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    async def story() -> None:
        settings = scene.config(tmp_path, sqlite_url, desk(tmp_path, "http://127.0.0.1:9", "live"))
        async with leading(sqlite_database, settings) as chain:
            chain.acquirer_fails()
            await eventually(lambda: chain.incident("acquirer-a"))
            await eventually(lambda: undelivered(sqlite_database))

    asyncio.run(story())
    config = ["--config", str(tmp_path / "collector.yaml")]
    assert cli.main(["tickets", "list", *config]) == 0
    out = capsys.readouterr().out
    assert "desk: GET failed: ClientConnectorError" in out
    assert "waits" in out
    assert cli.main(["tickets", "list", "--json", *config]) == 0
    assert [item["priority"] for item in json.loads(capsys.readouterr().out)["items"]] == ["P1"]
    assert cli.main(["tickets", "retry", "desk", *config]) == 1
    assert "nothing was refused by desk" in capsys.readouterr().err
