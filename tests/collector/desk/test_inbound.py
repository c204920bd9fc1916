"""A desk that calls back: believed by its signature alone, and only so far that the ticket is read again."""

import asyncio
import base64
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from collector.database import Database
from collector.desk import inbound
from collector.desk.inbound import Delivery, Inbox
from collector.desk.webhook import secret_bytes, signature
from tests.collector.desk import scene
from tests.collector.desk.scene import Chain, eventually, leading
from tests.collector.desk.tracker import tracker

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
NOW = 1_800_000_000.0


def signed(id_: str, at: float, body: bytes = b"{}", secret: str = SECRET) -> Delivery:
    return Delivery(id_, str(int(at)), signature(secret_bytes(secret), id_, int(at), body), body)


def test_what_the_standards_own_library_signs_is_believed() -> None:
    standard = pytest.importorskip("standardwebhooks", reason="the dev dependency standardwebhooks is not installed")
    body = '{"data": {"ticket": "1"}}'
    with_library = standard.Webhook(SECRET).sign("msg_1", datetime.fromtimestamp(NOW, UTC), body)
    given = Delivery("msg_1", str(int(NOW)), f"v1a,another {with_library}", body.encode())
    assert Inbox(SECRET).judge(given, NOW) == "new"


@pytest.mark.parametrize(
    "change",
    [
        {"body": b"[]"},
        {"id": "msg_2"},
        {"id": ""},
        {"id": "m" * 300},
        {"timestamp": str(int(NOW) + 1)},
        {"timestamp": "now"},
        {"timestamp": ""},
        {"timestamp": "-5"},
        {"timestamp": "9" * 400},
        {"timestamp": "\u0661"},
        {"signatures": ""},
        {"signatures": "v1,"},
        {"signatures": "v2," + "A" * 44},
        {"signatures": "\u00e4 v1,\u00e4"},
    ],
)
def test_anything_else_is_forged(change: dict[str, Any]) -> None:
    assert Inbox(SECRET).judge(signed("msg_1", NOW)._replace(**change), NOW) == "forged"


def test_another_secret_is_forged() -> None:
    other = "whsec_" + base64.b64encode(bytes(32)).decode()
    assert Inbox(SECRET).judge(signed("msg_1", NOW, secret=other), NOW) == "forged"


def test_one_that_is_old_or_of_the_future_is_stale_and_not_remembered() -> None:
    inbox, given = Inbox(SECRET), signed("msg_1", NOW)
    assert [inbox.judge(given, NOW + off) for off in (301, -301, 299, 299)] == ["stale", "stale", "new", "repeated"]


def test_the_newest_deliveries_are_remembered_and_no_more() -> None:
    inbox = Inbox(SECRET)
    first = signed("msg_first", NOW)
    assert inbox.judge(first, NOW) == "new"
    for at in range(inbound.REMEMBERED - 1):
        inbox.judge(signed(f"msg_{at}", NOW), NOW)
    assert inbox.judge(first, NOW) == "repeated"
    inbox.judge(signed("msg_last", NOW), NOW)
    assert inbox.judge(first, NOW) == "new"


def desk(folder: Path, url: str, **more: Any) -> dict[str, Any]:
    """Polled once an hour: what comes back sooner was called."""
    (folder / "token").write_text("secret-token\n")
    (folder / "hook.secret").write_text(SECRET)
    settings = {"name": "desk", "kind": "rt", "url": url, "token_file": "token", "mode": "live", "rate": 200}
    return settings | {"poll": "1h", "timeout": "3s", "webhook_secret_file": "hook.secret"} | more


def call(chain: Chain, id_: str, ticket: str) -> str | None:
    return chain.desks.called("desk", signed(id_, datetime.now(UTC).timestamp()), ticket)


def test_a_call_has_the_ticket_read_at_once_and_believes_nothing_else(
    tmp_path: Path, sqlite_url: str, sqlite_database: Database
) -> None:
    """Nothing happened to the ticket: nothing happens here. Taken: acknowledged, without waiting for a poll."""

    async def story() -> None:
        async with (
            tracker() as server,
            leading(sqlite_database, scene.config(tmp_path, sqlite_url, desk(tmp_path, server.url))) as chain,
        ):
            chain.acquirer_fails()
            await eventually(chain.ticket)
            reads = server.asked["GET /ticket/N/history"]
            assert call(chain, "msg_1", "1") == "new"
            await eventually(lambda: server.asked["GET /ticket/N/history"] > reads)
            assert chain.state() == "open"
            server.acts(1, "Set", "Owner", "6", "31", "anna")
            assert call(chain, "msg_1", "1") == "repeated"
            assert call(chain, "msg_2", "1") == "new"
            await eventually(lambda: chain.state() == "acknowledged")
            for id_, ticket in (("msg_3", "999"), ("msg_4", "../queue/1"), ("msg_5", "1")):
                assert call(chain, id_, ticket) == "new"
            server.acts(1, "Status", "Status", "open", "resolved", "anna")
            assert call(chain, "msg_6", "") == "new"  # no number: the whole desk is asked
            await eventually(lambda: chain.state() == "resolved")

    asyncio.run(story())


def test_a_call_may_come_before_the_create_has_answered(
    tmp_path: Path, sqlite_url: str, sqlite_database: Database
) -> None:
    """Anna takes the ticket whose number we do not know yet: acknowledged, and still one ticket."""

    async def story() -> None:
        async with (
            tracker() as server,
            leading(sqlite_database, scene.config(tmp_path, sqlite_url, desk(tmp_path, server.url))) as chain,
        ):
            server.lose["POST /ticket"] = 1
            chain.acquirer_fails()
            await eventually(lambda: server.tickets)
            server.acts(1, "Set", "Owner", "6", "31", "anna")
            assert call(chain, "msg_1", "1") == "new"
            await eventually(lambda: chain.state() == "acknowledged")
            assert chain.ticket() is None
            await eventually(chain.ticket)
            assert list(server.tickets) == [1]

    asyncio.run(story())


def test_a_desk_without_a_secret_or_in_shadow_mode_takes_no_calls(
    tmp_path: Path, sqlite_url: str, sqlite_database: Database
) -> None:
    async def story() -> None:
        for more in ({"webhook_secret_file": ""}, {"mode": "shadow"}):
            settings = scene.config(tmp_path, sqlite_url, desk(tmp_path, "http://127.0.0.1:9", **more))
            async with leading(sqlite_database, settings) as chain:
                assert call(chain, "msg_1", "1") is None
                assert chain.desks.called("other", signed("msg_1", NOW), "1") is None

    asyncio.run(story())
