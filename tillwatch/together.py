"""A collector and agents in one process, and in which order they come and go."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager

from collector.app import Collector
from tillwatch.failure import CommandFailed

Run = Callable[[asyncio.Event], Awaitable[None]]
READY_WITHIN = 30.0  # seconds


@asynccontextmanager
async def running(
    collector: Collector, agents: Iterable[Run], stop: asyncio.Event
) -> AsyncIterator[asyncio.Task[None]]:
    """The collector, and once it is ready the agents, until the block is left; then agents go first, saying goodbye.

    The task that is handed out ends only when something failed, with what failed. `stop` ends the wait for the
    collector. Raises CommandFailed when the collector does not get ready.
    """
    stop_collector, stop_agents = asyncio.Event(), asyncio.Event()
    serving = asyncio.create_task(collector.run(stop_collector))
    watching: list[asyncio.Task[None]] = []
    try:
        await _ready(collector, serving, stop)
        watching = [asyncio.create_task(_ran(agent, stop_agents)) for agent in agents]
        failure = asyncio.create_task(_first_failure([serving, *watching]))
        try:
            yield failure
        finally:
            failure.cancel()
            await asyncio.gather(failure, return_exceptions=True)
    finally:
        stop_agents.set()
        await asyncio.gather(*watching, return_exceptions=True)
        stop_collector.set()
        await asyncio.gather(serving, return_exceptions=True)


async def until(stop: asyncio.Event, failure: asyncio.Task[None]) -> None:
    """Until `stop` is set. Raises what failed before that."""
    stopping = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait([stopping, failure], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if failure in done:
        failure.result()


async def _ready(collector: Collector, serving: asyncio.Task[None], stop: asyncio.Event) -> None:
    waits = [asyncio.create_task(collector.ready.wait()), asyncio.create_task(stop.wait())]
    await asyncio.wait([serving, *waits], timeout=READY_WITHIN, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    if serving.done():
        serving.result()
        raise CommandFailed("the collector ended before it was ready")
    if not collector.ready.is_set() and not stop.is_set():
        raise CommandFailed(f"the collector was not ready within {READY_WITHIN:g} s: {collector.services.readiness()}")


async def _ran(agent: Run, stop: asyncio.Event) -> None:
    await agent(stop)


async def _first_failure(tasks: list[asyncio.Task[None]]) -> None:
    """Ends when the first of them does: nothing here ends by itself unless something is wrong."""
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()
    raise CommandFailed("a part ended by itself")
