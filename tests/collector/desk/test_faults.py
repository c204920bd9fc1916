"""A desk that accepts and times out, is down, wants patience, whose people close the ticket: row 33 of the faults."""

import asyncio
from pathlib import Path

from aiohttp import web

from collector.database import Database, lanes
from tests.acceptance.rt_peer import line
from tests.collector.agents import CRITICAL, OK
from tests.collector.desk import scene
from tests.collector.desk.scene import eventually, leading
from tests.collector.desk.test_delivery import all_told, desk, undelivered
from tests.collector.desk.tracker import tracker


def test_through_all_of_it_there_is_one_ticket_told_in_order_and_no_fight(
    tmp_path: Path, sqlite_url: str, sqlite_database: Database
) -> None:
    """What happened while it was away arrives in two comments; what a person rejected stays rejected."""

    async def story() -> None:
        async with tracker() as server, line(server.url) as wire:
            settings = scene.config(tmp_path, sqlite_url, desk(tmp_path, wire.url, compare="1s"), pace=60.0)
            async with leading(sqlite_database, settings) as chain:
                server.lose["POST /ticket"] = 1  # accepts, then times out
                chain.acquirer_fails()
                await eventually(chain.ticket)
                assert server.lose["POST /ticket"] == 0

                await wire.cut()  # down, and much happens
                chain.sees(CRITICAL, "0004")
                await eventually(lambda: any(one.error for one in undelivered(sqlite_database)))
                chain.sees(CRITICAL, "0005")
                for state in (OK, CRITICAL):
                    chain.sees(state, "0005")
                    await eventually(lambda: chain.engine.lag == 0)
                asked = server.asked.total()
                patience = [web.Response(status=429, headers={"Retry-After": "1"})]
                server.before = lambda _: patience.pop() if patience else None
                await wire.open_()
                await eventually(lambda: not patience and "5 stores" in server.tickets[1]["Subject"])
                await all_told(chain)
                assert server.asked.total() - asked < 30
                changes = ["4 stores", "5 stores"]  # what was being said when it went away, and all the rest in one
                assert all(one in text for one, (_, text) in zip(changes, server.notes[1][1:], strict=True))

                server.acts(1, "Status", "Status", "new", "rejected", "anna")
                await eventually(lambda: chain.state() == "resolved")
                written = len(server.history[1])
                chain.sees(OK)
                chain.sees(CRITICAL, "0004")
                await asyncio.sleep(2.5)  # polls, and comparisons
                assert (server.tickets[1]["Status"], len(server.history[1])) == ("rejected", written)
                key = server.tickets[1]["CustomFields"]
                assert [number for number, one in server.tickets.items() if one["CustomFields"] == key] == [1]
                assert [one for one in undelivered(sqlite_database) if one.state == lanes.DEAD] == []

    asyncio.run(story())
