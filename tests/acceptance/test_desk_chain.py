"""The acquirer fails for forty stores: exactly one ticket in a real Request Tracker 5, whatever happens to that.

One that is up is taken (its credentials in $PEERS_DIR/rt5/credentials.env), or one is started by the scripts beside
this repository or in $TILLWATCH_SHARED/peers; skipped, and says so, where they are not.
"""

import asyncio
import json
import secrets
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from collector.database import lanes, shadow
from rules.course.incident import Incident
from tests.acceptance.desk_chain import STORES, Chain, chain, start_rt, stop_rt
from tests.acceptance.rt_peer import SCRIPTS, Peer, desk, request_tracker  # noqa: F401 - a fixture
from tests.collector.desk.scene import eventually
from tillwatch import cli

pytestmark = [
    pytest.mark.usefixtures("request_tracker"),
    pytest.mark.timeout(300),
]
PATIENT = {"poll": "3s", "timeout": "10s", "compare": "5s"}
RT_PATIENCE = 120.0  # seconds: it answers one request after another, and a busy machine makes each long
TITLE = f"P1 Customers cannot pay by card: Card payment: acquirer-a failing, seen from {STORES} stores"


@pytest.fixture
def deployment() -> str:
    return f"acme-{secrets.token_hex(4)}"


async def fails(stores: Chain) -> Incident:
    began = time.monotonic()
    stores.acquirer_fails()
    known = await stores.until(lambda one: len(one.stores) == STORES)
    print(
        f"\nthe incident knows all {STORES} stores {time.monotonic() - began:.1f} s after the first could have failed"
    )
    return known


async def returns(stores: Chain) -> None:
    stores.acquirer_returns()
    await stores.until(lambda one: one.state == "resolved")


def tickets(deployment: str) -> list[tuple[str, str, str]]:
    """All that this run made: (subject, status, priority)."""
    query = f"'CF.{{Correlation ID}}' LIKE 'tillwatch:{deployment}:'"
    found = Peer().ask("GET", "/tickets", query=query, fields="Subject,Status,Priority", per_page="100")["items"]
    return [(one["Subject"], one["Status"], one["Priority"]) for one in found]


@pytest.mark.shows("2.5", "There is exactly one ticket and it is resolved with the incident")
def test_there_is_exactly_one_ticket_and_it_is_resolved_with_the_incident(
    tmp_path: Path, deployment: str, figure: Callable[[str], None]
) -> None:
    """Impact, stores, CI, SLA times and link are in it; nothing else is made, then or later."""

    async def story() -> None:
        peer = Peer()
        async with chain(tmp_path, deployment, desk(tmp_path, peer, peer.url, **PATIENT)) as stores:
            known = await fails(stores)
            began = time.monotonic()
            ticket = (await stores.until(lambda one: one.ticket)).ticket
            figure(f"{STORES} stores, 1 ticket, linked {time.monotonic() - began:.1f} s after the incident")
            assert ticket is not None
            text = await asyncio.to_thread(peer.first_text, ticket.id)
            print(text)
            assert text.startswith("Customers cannot pay by card.\n\nWhere: Store 00")
            for part in (
                "Configuration item: acquirer-a (payment_gateway)",
                "Priority: P1 ",
                "Respond by: 20",
                "Resolve by: 20",
                "Vendor: AcquirerCo",
                f"In the console: https://noc.example/incidents/{known.id}",
            ):
                assert part in text, part
            await eventually(lambda: tickets(deployment) == [(TITLE, "new", "100")], RT_PATIENCE)
            await returns(stores)
            await eventually(lambda: tickets(deployment) == [(TITLE, "resolved", "100")], RT_PATIENCE)
            await asyncio.sleep(8)  # polls and comparisons
            assert await asyncio.to_thread(tickets, deployment) == [(TITLE, "resolved", "100")]
            assert (await stores.acquirer()).state == "resolved"
            assert stores.collector.desks.differences == {}
            assert {who for _, who, _ in peer.history(ticket.id)} == {"edgebot"}

    asyncio.run(story())


@pytest.mark.shows("2.5", "Taken by a person there it is acknowledged here")
def test_taken_by_a_person_there_it_is_acknowledged_here(tmp_path: Path, deployment: str) -> None:
    async def story() -> None:
        peer = Peer()
        async with chain(tmp_path, deployment, desk(tmp_path, peer, peer.url, **PATIENT)) as stores:
            await fails(stores)
            ticket = (await stores.until(lambda one: one.ticket)).ticket
            assert ticket is not None
            await asyncio.to_thread(peer.ask, "PUT", f"/ticket/{ticket.id}", {"Owner": "agent"})
            known = await stores.until(lambda one: one.state == "acknowledged")
            assert known.acknowledged_by == "agent at desk"

    asyncio.run(story())


@pytest.mark.skipif(not SCRIPTS.exists(), reason=f"{SCRIPTS}, which stop and start RT, is absent")
@pytest.mark.shows("2.5", "A desk that is started after all of it has the same ticket")
def test_a_desk_that_is_started_after_all_of_it_has_the_same_ticket(tmp_path: Path, deployment: str) -> None:
    async def story() -> None:
        url = Peer().url
        await asyncio.to_thread(stop_rt)
        try:
            async with chain(tmp_path, deployment, desk(tmp_path, Peer(), url, **PATIENT)) as stores:
                await fails(stores)
                await returns(stores)
                with stores.collector.database.reading() as connection:
                    assert "Connect call failed" in lanes.troubles(connection)["desk"]
                await asyncio.to_thread(start_rt)
                await eventually(lambda: tickets(deployment) == [(TITLE, "resolved", "100")], RT_PATIENCE)
        finally:
            await asyncio.to_thread(start_rt)

    asyncio.run(story())


@pytest.mark.shows("2.5", "In shadow mode no request leaves and the report lists them")
def test_in_shadow_mode_no_request_leaves_and_the_report_lists_them(
    tmp_path: Path, deployment: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A socket that listens at the desk's address hears nothing at all."""

    async def story(url: str) -> None:
        async with chain(tmp_path, deployment, desk(tmp_path, Peer(), url, mode="shadow", **PATIENT)) as stores:
            await fails(stores)
            await returns(stores)
            database = stores.collector.database
            await eventually(lambda: unsent(database)[-1:] == ["resolve"])

    def unsent(database: Any) -> list[str]:
        with database.reading() as connection:
            return [row.unsent.action for row in shadow.listed(connection, shadow.Asked())]

    with socket.create_server(("127.0.0.1", 0)) as listener:
        asyncio.run(story(f"http://127.0.0.1:{listener.getsockname()[1]}"))
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()
    config = str(tmp_path / "collector.yaml")
    assert cli.main(["shadow", "report", "--config", config]) == 0
    shown = capsys.readouterr().out
    with capsys.disabled():
        print(shown)
    assert cli.main(["shadow", "report", "--json", "--config", config]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["tickets"] == 1
    assert [one["tickets"] for one in report["summary"]] == [1]
    assert report["items"][-1]["subject"] == TITLE
    assert "AcquirerCo" in report["items"][0]["body"]
    assert tickets(deployment) == []
