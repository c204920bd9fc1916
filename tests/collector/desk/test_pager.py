"""A pager: who has to be called up is, once, and what is over calls nobody up."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from collector.config import Config
from collector.database import Database, lanes, shadow
from tests.collector.desk import scene
from tests.collector.desk.scene import Chain, eventually, leading
from tests.collector.desk.test_webhook import SECRET, Received, hook, receiver, undelivered


def pager(folder: Path, url: str, **more: str) -> dict[str, Any]:
    return hook(folder, url) | {"name": "duty", "kind": "pager"} | more


def types(got: list[Received]) -> list[str]:
    return [json.loads(body)["type"] for _, body in got]


@asynccontextmanager
async def watched(database: Database, settings: Config) -> AsyncIterator[Chain]:
    """A chain whose pager has begun to listen."""
    async with leading(database, settings) as chain:
        await eventually(lambda: "duty" in troubles(database))
        yield chain


def troubles(database: Database) -> dict[str, str]:
    with database.reading() as connection:
        return lanes.troubles(connection)


def is_done(chain: Chain, database: Database) -> bool:
    return chain.engine.lag == 0 and chain.state() == "resolved" and not undelivered(database)


def test_a_p1_calls_its_group_up_once_and_says_when_it_is_over(
    tmp_path: Path, sqlite_url: str, sqlite_database: Database
) -> None:
    """The ticket's webhook beside it hears of the ticket and of no page."""
    standard = pytest.importorskip("standardwebhooks", reason="the dev dependency standardwebhooks is not installed")

    async def story() -> tuple[list[Received], list[Received]]:
        async with receiver([]) as (url, calls), receiver([]) as (other, tickets):
            settings = scene.config(tmp_path, sqlite_url, pager(tmp_path, url), hook(tmp_path, other))
            async with watched(sqlite_database, settings) as chain:
                chain.acquirer_fails()
                await eventually(lambda: calls and tickets)
                chain.acquirer_returns()
                await eventually(lambda: is_done(chain, sqlite_database))
        return calls, tickets

    calls, tickets = asyncio.run(story())
    assert types(calls) == ["page.raised", "page.over"]
    raised = standard.Webhook(SECRET).verify(calls[0][1], calls[0][0])["data"]
    assert set(raised["to"]) == {"payments", "payments-duty", "AcquirerCo", "major-incident-manager"}
    assert raised["subject"].startswith("P1 Customers cannot pay by card")
    assert {one["kind"] for one in raised["news"]} == {"page", "escalate", "propose_major"}
    assert json.loads(calls[1][1])["data"]["key"] == raised["key"]
    assert set(types(tickets)) == {"incident.opened", "incident.resolved"}
    assert all(one["kind"] != "page" for _, body in tickets for one in json.loads(body)["data"]["news"])


def test_nobody_is_called_up_for_what_is_over_by_the_time_the_pager_answers(
    tmp_path: Path, sqlite_url: str, sqlite_database: Database
) -> None:
    async def story() -> None:
        async with receiver([503]) as (url, got):
            settings = scene.config(tmp_path, sqlite_url, pager(tmp_path, url), pace=6_000.0)
            async with watched(sqlite_database, settings) as chain:
                chain.acquirer_fails()
                await eventually(lambda: got)
                chain.acquirer_returns()
                await eventually(lambda: is_done(chain, sqlite_database))
                assert types(got)[1:] == ["page.over"]

    asyncio.run(story())


def test_a_pager_that_is_new_calls_nobody_up_for_what_began_before(
    tmp_path: Path, sqlite_url: str, sqlite_database: Database
) -> None:
    async def story() -> None:
        async with receiver([]) as (url, got):
            before = scene.config(tmp_path, sqlite_url)
            async with leading(sqlite_database, before) as chain:
                chain.acquirer_fails()
                await eventually(lambda: chain.state() == "open")
            async with watched(sqlite_database, scene.config(tmp_path, sqlite_url, pager(tmp_path, url))) as chain:
                chain.till_fails()
                await eventually(lambda: got)
                assert {json.loads(body)["data"]["incident"]["ci"] for _, body in got} == {"0001/pos-01"}

    asyncio.run(story())


def test_in_shadow_mode_it_is_recorded_who_would_have_been_called_up(
    tmp_path: Path, sqlite_url: str, sqlite_database: Database
) -> None:
    async def story() -> None:
        async with receiver([]) as (url, got):
            settings = scene.config(tmp_path, sqlite_url, pager(tmp_path, url, mode="shadow"))
            async with watched(sqlite_database, settings) as chain:
                chain.acquirer_fails()
                await eventually(lambda: recorded(sqlite_database))
            assert not got

    asyncio.run(story())
    assert "Called up payments: P1: Card payment" in recorded(sqlite_database)[0]


def recorded(database: Database) -> list[str]:
    with database.reading() as connection:
        return [row.unsent.body for row in shadow.listed(connection, shadow.Asked())]
