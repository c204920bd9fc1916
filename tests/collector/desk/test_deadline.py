"""A desk that owns the clock (rule 18): its deadline is what we show, and nothing is judged by ours."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from collector.config import Config
from collector.database import Database, incidents, lanes
from collector.desk import deadline
from collector.desk.order import Changed
from collector.services import IncidentFilter
from rules.course.incident import Incident, Sla
from tests.collector.desk import scene
from tests.collector.desk.scene import Chain, eventually, leading
from tests.collector.desk.tracker import Tracker, tracker
from tests.collector.http.chain import incident

Story = Callable[[Tracker, Chain], Awaitable[None]]
NEVER, SIX, SEVEN = "1970-01-01T00:00:00Z", "2036-11-24T18:00:00Z", "2036-11-24T19:00:00Z"


def told(folder: Path, url: str, database: Database, story: Story, **more: Any) -> None:
    """Runs `story` once the acquirer's failure has its ticket, number 1."""

    async def scene_() -> None:
        async with tracker() as server, leading(database, settings(folder, url, server, **more)) as chain:
            chain.acquirer_fails()
            await eventually(chain.ticket)
            await story(server, chain)

    asyncio.run(scene_())


def settings(folder: Path, url: str, server: Tracker, **more: Any) -> Config:
    (folder / "token").write_text("secret-token")
    desk = {"name": "desk", "kind": "rt", "url": server.url, "token_file": "token", "mode": "live", "rate": 500}
    return scene.config(folder, url, desk | {"poll": "1h"} | more, pace=1.0)


def clock(chain: Chain) -> tuple[str, str]:
    """Whose it is, and the deadline to resolve."""
    row = chain.incident("acquirer-a")
    assert row is not None
    assert row.sla.resolve_by is not None
    return row.sla.owner, datetime.fromtimestamp(row.sla.resolve_by, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_its_deadline_is_followed_when_it_is_polled(tmp_path: Path, sqlite_url: str, sqlite_database: Database) -> None:
    """Set, moved, said again, and taken away: ours counts again. The story tells each once."""

    async def story(server: Tracker, chain: Chain) -> None:
        owner, ours = clock(chain)
        assert owner == ""
        for due in (SIX, SEVEN, SIX):
            server.acts(1, "Set", "Due", server.tickets[1]["Due"], due, "RT_System")
            await eventually(lambda due=due: clock(chain) == ("desk", due))
        searches = server.asked["GET /tickets"]
        await eventually(lambda: server.asked["GET /tickets"] > searches + 1)
        server.acts(1, "Set", "Due", SIX, NEVER)
        await eventually(lambda: clock(chain) == ("", ours))
        row = chain.incident("acquirer-a")
        assert row is not None
        with sqlite_database.reading() as connection:
            lines = [one.actor for one in incidents.story(connection, row.id) if one.kind == "clock"]
        assert lines == ["desk"] * 4
        server.acts(1, "Set", "Due", NEVER, SEVEN)
        await eventually(lambda: clock(chain) == ("desk", SEVEN))
        server.acts(1, "Set", "Due", SEVEN, "next week")  # no date, so none is set
        await eventually(lambda: clock(chain) == ("", ours))

    told(tmp_path, sqlite_url, sqlite_database, story, poll="1s", owns_clock=True)


def test_what_was_not_polled_is_followed_when_it_is_compared(
    tmp_path: Path, sqlite_url: str, sqlite_database: Database
) -> None:
    async def story(server: Tracker, chain: Chain) -> None:
        server.tickets[1]["Due"] = SIX
        await eventually(lambda: clock(chain) == ("desk", SIX))
        reads = server.asked["GET /ticket/N"]
        await eventually(lambda: server.asked["GET /ticket/N"] > reads + 2)
        with sqlite_database.reading() as connection:
            assert lanes.differing(connection, 10) == []

    told(tmp_path, sqlite_url, sqlite_database, story, poll="1h", compare="200ms", owns_clock=True)


def test_the_deadline_of_a_desk_that_does_not_own_the_clock_is_its_own_affair(
    tmp_path: Path, sqlite_url: str, sqlite_database: Database
) -> None:
    async def story(server: Tracker, chain: Chain) -> None:
        before = clock(chain)
        server.acts(1, "Set", "Due", NEVER, SIX)
        searches, reads = server.asked["GET /tickets"], server.asked["GET /ticket/N"]
        await eventually(
            lambda: server.asked["GET /tickets"] > searches + 1 and server.asked["GET /ticket/N"] > reads + 1
        )
        assert clock(chain) == before
        with sqlite_database.reading() as connection:
            assert lanes.differing(connection, 10) == []

    told(tmp_path, sqlite_url, sqlite_database, story, poll="1s", compare="200ms")


def test_what_a_desk_said_while_it_owned_the_clock_is_forgotten_when_it_does_not(
    tmp_path: Path, sqlite_url: str, sqlite_database: Database
) -> None:
    """Two lives of the collector, `owns_clock` on and off."""
    ours = ("", "")

    async def followed(server: Tracker, chain: Chain) -> None:
        nonlocal ours
        ours = clock(chain)
        server.tickets[1]["Due"] = SIX
        await eventually(lambda: clock(chain) == ("desk", SIX))

    async def switched_off() -> None:
        async with tracker() as server:
            server.add("as it was", f"tillwatch:acme:{known.id}")
            server.tickets[1]["Due"] = SIX
            async with leading(sqlite_database, settings(tmp_path, sqlite_url, server, compare="200ms")) as chain:
                assert clock(chain) == ("desk", SIX)
                await eventually(lambda: clock(chain) == ours)

    told(tmp_path, sqlite_url, sqlite_database, followed, compare="200ms", owns_clock=True)
    with sqlite_database.reading() as connection:
        (known,) = incidents.listed(connection, IncidentFilter(), 10)
    asyncio.run(switched_off())


def running(**sla: Any) -> Incident:
    return msgspec.structs.replace(incident(1), opened_at=100.0, state="open", sla=Sla(**sla))


@pytest.mark.parametrize(
    ("row", "due", "arguments"),
    [
        (running(resolve_by=200.0), 300.0, {"desk": "desk", "resolve_by": 300.0}),
        (
            running(resolve_by=300.0),
            300.0,
            {"desk": "desk", "resolve_by": 300.0},
        ),  # the same by chance: whose it is, is news
        (running(resolve_by=300.0, owner="desk"), 300.0, None),
        (running(resolve_by=300.0, owner="desk"), None, {"desk": "desk"}),
        (running(resolve_by=300.0), None, None),
        (msgspec.structs.replace(running(), opened_at=None), 300.0, None),
        (msgspec.structs.replace(running(), state="resolved"), 300.0, None),
    ],
)
def test_only_what_is_news_is_told(row: Incident, due: float | None, arguments: dict[str, Any] | None) -> None:
    command = deadline.news("desk", Changed("k", "1", due), row, 150.0)
    assert (command.arguments if command else None) == arguments
    assert bool(deadline.difference("desk", due, row)) is (arguments is not None)


def test_a_difference_is_told_in_words() -> None:
    (found,) = deadline.difference("desk", 300.0, running(resolve_by=200.0))
    assert str(found) == "due is 1970-01-01 00:05:00 UTC, not never (theirs)"
