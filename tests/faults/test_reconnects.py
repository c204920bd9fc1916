"""Row 25: everybody comes back at once, as after a broker's restart."""

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing

import pytest

from bench import rig, synthetic
from tests.faults.agents_at_once import AgentAtOnce

AGENTS = int(os.environ.get("TILLWATCH_RECONNECTS", "3000"))
CHECKS = 30
AFTER = 60.0  # seconds, four pulses: whoever was not noticed to be back would be said to be silent
PULSE = 15.0
PATIENCE = 240.0


@pytest.mark.timeout(900)
@pytest.mark.shows("row 25", "3,000 agents that reconnect at once are all acknowledged, and nobody is said to be gone")
def test_everybody_is_back_soon_and_nobody_is_said_to_be_gone(figure: Callable[[str], None]) -> None:
    with rig.running(synthetic.cmdb(AGENTS, CHECKS), patience=PATIENCE) as running:
        before = running.collector.memory_info().rss
        new, back = asyncio.run(_storms(running.broker_port))
        grown = (running.collector.memory_info().rss - before) / 2**20
        database = f"file:{running.folder}/collector.db?mode=ro"
        with closing(sqlite3.connect(database, uri=True)) as connection:
            [(incidents,)] = connection.execute("SELECT count(*) FROM incidents").fetchall()
            letters = connection.execute("SELECT reason, count FROM dead_letter_counts").fetchall()
    figure(f"{AGENTS} agents of {CHECKS} checks all acknowledged: {new:.1f} s when new, {back:.1f} s when back")
    figure(f"{incidents} incidents, the collector {grown:.0f} MiB larger")
    assert (incidents, letters) == (0, [])
    assert grown < 64 + AGENTS * CHECKS * 4 / 1024, "more than 4 KiB a check"


async def _storms(port: int) -> tuple[float, float]:
    """Seconds until all were acknowledged, at the first hello and after all lines were cut."""
    agents = [AgentAtOnce(port, synthetic.SyntheticStore(number, CHECKS)) for number in range(AGENTS)]
    new = await _storm(agents)
    await asyncio.gather(*(agent.drop() for agent in agents))
    back = await _storm(agents)
    end = time.monotonic() + AFTER
    while time.monotonic() < end:
        for agent in agents:
            agent.pulse()
            await asyncio.sleep(PULSE / 2 / len(agents))
        await asyncio.sleep(PULSE / 3)
    await asyncio.gather(*(agent.drop() for agent in agents))
    return new, back


async def _storm(agents: list[AgentAtOnce]) -> float:
    begin = time.monotonic()
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(agent.connect() for agent in agents))
        await asyncio.gather(*(agent.acked.wait() for agent in agents))
    return time.monotonic() - begin
