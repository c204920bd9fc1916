"""A webhook that is slow, redirects inward or leads to 169.254.169.254: timed out or blocked, and nothing is lost."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from collector.config import parse
from collector.database import Database, lanes
from collector.desk.reach import Inward, refusal, sockets
from contract.documents import DocumentError
from tests.collector.desk import scene
from tests.collector.desk.scene import eventually, leading
from tests.collector.desk.test_webhook import hook

INSIDE = ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "::1", "fd00::1", "::ffff:10.0.0.1"]
NEVER = ["169.254.169.254", "fe80::1", "0.0.0.0", "::", "224.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe"]


@pytest.mark.parametrize("address", INSIDE)
def test_the_inside_is_refused_unless_it_was_allowed(address: str) -> None:
    assert "write allow_private: true" in refusal(ip_address(address), private=False)
    assert refusal(ip_address(address), private=True) == ""


@pytest.mark.parametrize("address", NEVER)
def test_where_no_help_desk_is_nobody_is_let_to(address: str) -> None:
    assert "never there" in refusal(ip_address(address), private=True)


@pytest.mark.parametrize("address", ["192.0.43.8", "2001:4860:4860::8888", "64:ff9b::c000:2b08"])
def test_the_world_is_open(address: str) -> None:
    assert refusal(ip_address(address), private=False) == ""


def test_the_socket_is_refused_for_the_address_that_a_name_led_to() -> None:
    with pytest.raises(Inward, match=r"10\.0\.0\.1"):
        sockets(private=False)((2, 1, 6, "", ("10.0.0.1", 443)))


@pytest.mark.parametrize(
    ("kind", "url", "more", "said"),
    [
        ("webhook", "https://10.0.0.1/hook", "", "write allow_private: true"),
        ("webhook", "https://10.0.0.1/hook", ", allow_private: true", ""),
        ("webhook", "https://[::1]/hook", "", "write allow_private: true"),
        ("webhook", "https://169.254.169.254/hook", ", allow_private: true", "never there"),
        ("rt", "https://10.0.0.1", "", ""),
        ("rt", "https://10.0.0.1", ", allow_private: false", "write allow_private: true"),
    ],
)
def test_an_address_that_is_written_out_is_looked_at_when_the_file_is_read(
    kind: str, url: str, more: str, said: str
) -> None:
    text = f"""
deployment: acme
broker: {{url: "mqtt://127.0.0.1"}}
database: "sqlite:///x.db"
cmdb: [{{kind: yaml, path: cmdb.yaml}}]
help_desk: [{{name: d, token_file: t, kind: {kind}, url: "{url}"{more}}}]
"""
    if not said:
        assert parse(text, "collector.yaml").help_desk[0].url == url
        return
    with pytest.raises(DocumentError, match=said):
        parse(text, "collector.yaml")


@asynccontextmanager
async def server(answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[int]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def tell(folder: Path, url: str, **more: Any) -> dict[str, Any]:
    return hook(folder, url) | more


def lane(database: Database) -> lanes.Lane | None:
    with database.reading() as connection:
        return next(iter(lanes.undelivered(connection, 1)), None)


def trouble(database: Database) -> str:
    with database.reading() as connection:
        return lanes.troubles(connection).get("hook", "")


def test_a_name_that_leads_inward_is_not_connected_to(
    tmp_path: Path, sqlite_url: str, sqlite_database: Database
) -> None:
    """`localhost` is a name like any other; the news waits, and the trouble says what to write."""
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response()

    async def story() -> None:
        async with server(answer) as port:
            url = f"http://localhost:{port}/hook"
            blocked = scene.config(tmp_path, sqlite_url, tell(tmp_path, url, allow_private=False))
            async with leading(sqlite_database, blocked) as chain:
                chain.acquirer_fails()
                await eventually(lambda: "allow_private: true" in trouble(sqlite_database))
                waits = lane(sqlite_database)
                assert waits is not None
                assert waits.state == lanes.PENDING
            assert asked == []
            allowed = scene.config(tmp_path, sqlite_url, tell(tmp_path, url, allow_private=True))
            async with leading(sqlite_database, allowed):
                await eventually(lambda: asked)

    asyncio.run(story())


def test_a_redirect_inward_is_not_followed(tmp_path: Path, sqlite_url: str, sqlite_database: Database) -> None:
    inside: list[str] = []

    async def secret(request: web.Request) -> web.Response:
        inside.append(request.path)
        return web.Response()

    async def story() -> None:
        async with server(secret) as within:

            async def away(_: web.Request) -> web.Response:
                return web.Response(status=307, headers={"Location": f"http://127.0.0.1:{within}/admin"})

            async with server(away) as port:
                settings = scene.config(tmp_path, sqlite_url, tell(tmp_path, f"http://127.0.0.1:{port}/hook"))
                async with leading(sqlite_database, settings) as chain:
                    chain.acquirer_fails()
                    dead = await eventually(lambda: (one := lane(sqlite_database)) and one.state == lanes.DEAD and one)
        assert "answered 307" in dead.error
        assert inside == []

    asyncio.run(story())


def test_a_receiver_that_drips_its_answer_has_its_time_all_in_all(
    tmp_path: Path, sqlite_url: str, sqlite_database: Database
) -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        while True:
            await answer.write(b".")
            await asyncio.sleep(0.2)

    async def story() -> None:
        async with server(drip) as port:
            desk = tell(tmp_path, f"http://127.0.0.1:{port}/hook", timeout="1s")
            async with leading(sqlite_database, scene.config(tmp_path, sqlite_url, desk)) as chain:
                chain.acquirer_fails()
                await eventually(lambda: "no answer from POST within 1 s" in trouble(sqlite_database))
                assert getattr(lane(sqlite_database), "state", "") == lanes.PENDING

    asyncio.run(story())
