"""A desk that goes live by and by: what its shadow holds back is recorded, and sent once it is let go."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from collector.config import parse
from collector.database import Database, shadow
from collector.desk.settings import HelpDesk, Shadow
from contract.documents import DocumentError
from tests.collector.agents import CRITICAL, OK
from tests.collector.desk import scene
from tests.collector.desk.scene import eventually, leading
from tests.collector.desk.test_settings import CONFIG
from tests.collector.desk.test_shadow import undelivered
from tests.collector.desk.test_webhook import hook, receiver
from tests.collector.desk.tracker import tracker
from tests.collector.http.chain import incident


def desk(folder: Path, url: str, **held: list[str]) -> dict[str, Any]:
    (folder / "token").write_text("secret-token")
    settings = {"name": "desk", "kind": "rt", "url": url, "token_file": "token", "mode": "live", "poll": "1h"}
    return settings | {"rate": 200, "shadow": held}


def recorded(database: Database) -> list[tuple[str, str, str]]:
    with database.reading() as connection:
        rows = shadow.listed(connection, shadow.Asked())
    return [(row.region, row.category, row.unsent.action) for row in rows]


@pytest.mark.parametrize(
    ("held", "is_held"),
    [
        (Shadow(), False),
        (Shadow(regions=["north"]), True),
        (Shadow(regions=["south"]), False),
        (Shadow(categories=["pos_outage"]), True),
        (Shadow(regions=["south"], categories=["pos_outage"]), True),
    ],
)
def test_a_region_or_a_category_is_held_back(held: Shadow, *, is_held: bool) -> None:
    """incident 1 is a pos_outage of the north."""
    settings = HelpDesk(name="d", kind="rt", url="https://rt.example", token_file="t", mode="live", shadow=held)
    assert settings.holds_back(incident(1)) is is_held


def test_in_shadow_mode_everything_is_and_the_chain_belongs_to_no_region() -> None:
    whole = HelpDesk(name="d", kind="rt", url="https://rt.example", token_file="t")
    assert whole.holds_back(incident(1))
    of_no_region = HelpDesk(
        name="d", kind="rt", url="https://rt.example", token_file="t", mode="live", shadow=Shadow(regions=[""])
    )
    assert not of_no_region.holds_back(incident(1, region=""))


def test_what_is_let_go_gets_its_ticket_and_what_is_taken_back_is_sent_no_more(
    tmp_path: Path, database_url: str, database: Database
) -> None:
    """Held: recorded while the till's ticket is made. Let go: made, with the first words. Held again: not a request."""

    async def story() -> None:
        async with tracker() as server:

            def config(**held: list[str]) -> Any:
                return scene.config(tmp_path, database_url, desk(tmp_path, server.url, **held), pace=60.0)

            async with leading(database, config(categories=["payment_gateway"])) as chain:
                chain.acquirer_fails()
                chain.till_fails()
                await eventually(lambda: chain.ticket("0001/pos-01"))
                await eventually(lambda: recorded(database)[:1] == [("north", "payment_gateway", "create")])
                await eventually(lambda: not undelivered(database))
                assert [one["Subject"][:12] for one in server.tickets.values()] == ["P2 Customers"]
            async with leading(database, config()) as chain:
                await eventually(chain.ticket)
                await eventually(lambda: not undelivered(database))
                assert server.tickets[2]["Subject"].startswith("P1 Customers cannot pay by card")
                assert server.notes[2][0][1].startswith("Customers cannot pay by card.\n")
            async with leading(database, config(regions=["north"])) as chain:
                writes = {what: count for what, count in server.asked.items() if not what.startswith("GET")}
                chain.sees(CRITICAL, "0004")
                chain.sees(OK, check="pos-01/tcp")
                await eventually(lambda: ("north", "payment_gateway", "update") in recorded(database)[1:])
                await eventually(lambda: not undelivered(database))
                assert {what: count for what, count in server.asked.items() if not what.startswith("GET")} == writes
            async with leading(database, config()) as chain:
                await eventually(lambda: "4 stores" in server.tickets[2]["Subject"])
                assert len(server.tickets) == 2

    asyncio.run(story())


def test_a_webhook_that_is_let_go_hears_of_what_is_open_as_opened(
    tmp_path: Path, sqlite_url: str, sqlite_database: Database
) -> None:
    async def story() -> None:
        async with receiver([]) as (url, got):
            held = hook(tmp_path, url) | {"shadow": {"regions": ["north"]}}
            async with leading(sqlite_database, scene.config(tmp_path, sqlite_url, held, pace=60.0)) as chain:
                chain.acquirer_fails()
                await eventually(lambda: recorded(sqlite_database) and not undelivered(sqlite_database))
                chain.till_fails()
                chain.sees(OK, "0001", check="pos-01/tcp")  # over before it is let go
                await eventually(lambda: chain.state("0001/pos-01") == "resolved")
                await eventually(lambda: not undelivered(sqlite_database))
            assert got == []
            async with leading(sqlite_database, scene.config(tmp_path, sqlite_url, hook(tmp_path, url), pace=60.0)):
                await eventually(lambda: got and not undelivered(sqlite_database))
            kinds = [(json.loads(body)["type"], json.loads(body)["data"]["incident"]["ci"]) for _, body in got]
            assert kinds == [("incident.opened", "acquirer-a")]

    asyncio.run(story())


def test_a_misspelt_shadow_is_told() -> None:
    with pytest.raises(DocumentError, match="did you mean 'regions'"):
        parse(CONFIG % ", shadow: {region: [north]}", "collector.yaml")


def test_a_region_or_category_that_nobody_knows_is_told(
    tmp_path: Path, sqlite_url: str, sqlite_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        async with tracker() as server:
            held = desk(tmp_path, server.url, regions=["north", "nort"], categories=["pos_outage", "pos"])
            async with leading(sqlite_database, scene.config(tmp_path, sqlite_url, held)) as chain:
                chain.acquirer_fails()
                await eventually(lambda: recorded(sqlite_database))
                assert server.tickets == {}

    asyncio.run(story())
    told = [one.getMessage() for one in caplog.records if "holds nothing back" in one.getMessage()]
    assert [line.partition("back: ")[2] for line in told] == [
        "region 'nort' is not in the CMDB",
        "category 'pos' is not in the policy",
    ]
