"""What a receiver of our webhooks gets, checked with the Standard Webhooks project's own library."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from collector.database import Database, lanes
from collector.desk.webhook import secret_bytes
from tests.collector.agents import OK
from tests.collector.desk import scene
from tests.collector.desk.scene import eventually, leading

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
Received = tuple[dict[str, str], bytes]


@asynccontextmanager
async def receiver(answers: list[int]) -> AsyncIterator[tuple[str, list[Received]]]:
    """A server that remembers what it got, and answers with `answers`, then 200."""
    got: list[Received] = []

    async def take(request: web.Request) -> web.Response:
        got.append(({name.lower(): value for name, value in request.headers.items()}, await request.read()))
        return web.Response(status=answers.pop(0) if answers else 200)

    app = web.Application()
    app.router.add_post("/hook", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook", got
    finally:
        await runner.cleanup()


def hook(folder: Path, url: str) -> dict[str, Any]:
    (folder / "secret").write_text(SECRET)
    return {
        "name": "hook",
        "kind": "webhook",
        "url": url,
        "token_file": "secret",
        "mode": "live",
        "allow_private": True,
    }


def test_every_message_verifies_with_the_standards_own_library(
    tmp_path: Path, sqlite_url: str, sqlite_database: Database
) -> None:
    """Opened and resolved arrive signed; a changed body, another secret and an old timestamp do not verify."""
    standard = pytest.importorskip("standardwebhooks", reason="the dev dependency standardwebhooks is not installed")

    async def story() -> list[Received]:
        async with receiver([]) as (url, got):
            settings = scene.config(tmp_path, sqlite_url, hook(tmp_path, url))
            async with leading(sqlite_database, settings) as chain:
                chain.acquirer_fails()
                await eventually(lambda: any(json.loads(body)["type"] == "incident.opened" for _, body in got))
                chain.sees(OK)
                await eventually(lambda: any(json.loads(body)["type"] == "incident.resolved" for _, body in got))
        return got

    got = asyncio.run(story())
    verifier = standard.Webhook(SECRET)
    opened = verifier.verify(got[0][1], got[0][0])
    assert opened["data"]["incident"]["ci"] == "acquirer-a"
    assert opened["data"]["incident"]["priority"] == "P1"
    assert opened["data"]["text"].startswith("Customers cannot pay by card.")
    assert all(verifier.verify(body, headers) for headers, body in got)
    assert len({headers["webhook-id"] for headers, _ in got}) == len(got)
    headers, body = got[0]
    for wrong_headers, wrong_body in (
        (headers, body.replace(b"P1", b"P3")),
        ({**headers, "webhook-id": "msg_other"}, body),
        ({**headers, "webhook-timestamp": "1000000000"}, body),
    ):
        with pytest.raises(standard.WebhookVerificationError):
            verifier.verify(wrong_body, wrong_headers)
    other = standard.Webhook("whsec_" + base64.b64encode(bytes(32)).decode())
    with pytest.raises(standard.WebhookVerificationError):
        other.verify(body, headers)


def test_a_repeat_has_the_same_id_so_that_the_receiver_can_leave_it_out(
    tmp_path: Path, sqlite_url: str, sqlite_database: Database
) -> None:
    async def story() -> None:
        async with receiver([503, 503]) as (url, got):
            settings = scene.config(tmp_path, sqlite_url, hook(tmp_path, url), pace=1.0)
            async with leading(sqlite_database, settings) as chain:
                chain.acquirer_fails()
                await eventually(lambda: len(got) == 3)
                assert len({headers["webhook-id"] for headers, _ in got}) == 1
                await eventually(lambda: chain.engine.lag == 0 and not undelivered(sqlite_database))
                assert len(got) == 3

    asyncio.run(story())


def test_a_receiver_that_is_gone_for_good_is_a_dead_letter(
    tmp_path: Path, sqlite_url: str, sqlite_database: Database
) -> None:
    async def story() -> None:
        async with receiver([410]) as (url, _):
            settings = scene.config(tmp_path, sqlite_url, hook(tmp_path, url))
            async with leading(sqlite_database, settings) as chain:
                chain.acquirer_fails()
                await eventually(lambda: [one.state for one in undelivered(sqlite_database)] == [lanes.DEAD])

    asyncio.run(story())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("whsec_ÄÖÜ", "ASCII|base64"),
        ("whsec_!!", "base64"),
        ("whsec_" + base64.b64encode(b"short").decode(), "5 bytes, expected 24 to 64"),
    ],
)
def test_a_secret_that_is_none_is_refused_and_not_repeated(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        secret_bytes(text)
    assert text.removeprefix("whsec_") not in str(caught.value)


def undelivered(database: Database) -> list[lanes.Lane]:
    with database.reading() as connection:
        return lanes.undelivered(connection, 10)
