"""A real Request Tracker 5: one ticket for the acquirer's failure, through everything that may go wrong on the way.

Needs one that is up (its credentials in $PEERS_DIR/rt5/credentials.env); skipped, and says so, where there is none.
"""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from collector.database import Database, lanes, opened, shadow, upgrade
from rules.incident import Incident
from tests.acceptance.rt_peer import CREDENTIALS, Line, Peer, line
from tests.collector.desk import scene
from tests.collector.desk.scene import Chain, eventually, leading
from tests.collector.agents import CRITICAL

pytestmark = [
    pytest.mark.skipif(not CREDENTIALS.exists(), reason=f"no Request Tracker: {CREDENTIALS} is not there"),
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


def desk(folder: Path, peer: Peer, url: str, **more: Any) -> dict[str, Any]:
    (folder / "token").write_text(peer.token)
    return {
        "name": "desk",
        "kind": "rt",
        "url": url,
        "token_file": "token",
        "mode": "live",
        "poll": "1s",
        "timeout": "5s",
        "fields": {"Store": "{stores}", "Business Service": "{service}"},
        "resolve_fields": {"Close Code": "Resolved by monitoring"},
        **more,
    }


async def failed(chain: Chain) -> tuple[str, str]:
    """The acquirer fails; the incident's id and its ticket's key."""
    chain.acquirer_fails()
    incident = await eventually(lambda: chain.incident("acquirer-a"))
    return incident.id, f"tillwatch:acme:{incident.id}"


def known(chain: Chain) -> Incident:
    incident = chain.incident("acquirer-a")
    assert incident is not None
    return incident


def test_the_acquirers_failure_is_one_ticket_that_is_resolved_with_it(
    peer: Peer, tmp_path: Path, database: Database
) -> None:
    """Customers first, then where, CI, SLA, link and why; resolved when the incident is; every word of ours once."""

    async def scene_() -> None:
        settings = scene.config(tmp_path, URL, desk(tmp_path, peer, peer.url))
        async with leading(database, settings) as chain:
            id_, key = await failed(chain)
            began = time.monotonic()
            ticket = await eventually(lambda: known(chain).ticket)
            print(f"ticket {ticket.id} linked {time.monotonic() - began:.1f} s after the incident")
            [row] = await asyncio.to_thread(peer.tickets, key)
            assert (row["id"], row["Status"], row["Priority"]) == (ticket.id, "new", "100")
            assert row["Subject"].startswith("P1 Customers cannot pay by card: ")
            text = await asyncio.to_thread(peer.first_text, ticket.id)
            print(text)
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
            print(history)
            assert [kind for kind, _, _ in history].count("Create") == 1
            assert [kind for kind, _, _ in history].count("Comment") == 1
            assert {who for _, who, _ in history} == {"edgebot"}

    asyncio.run(scene_())
