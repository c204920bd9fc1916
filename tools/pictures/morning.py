"""A bad morning to take pictures of: the demo's chain at the product's own pace, with several things broken at once."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

from contract.units import Duration
from tillwatch import api, broker
from tillwatch.api import Api
from tillwatch.demo.run import Plan, chained, staged
from tillwatch.demo.scenario import Fault
from tillwatch.demo.stage import Stage, cause
from tillwatch.ports import LOOPBACK, free_port

STORES = 50
OPEN_WITHIN = 120.0  # seconds
LANES = 8
FAULTS = [
    Fault(devices=["pos-02", "pos-05"], become="stopped"),
    Fault(devices=["sync-01"], says={"behind_seconds": 5400}),
    Fault(devices=["sign-01"], says={"screen": "dark"}),
    Fault(stores=20, check="acquirer-a/http", text="timed out: no answer within 3 s", after=Duration(1)),
    Fault(devices=["acquirer-a"], become="hung"),
]
AND_THEN = Fault(devices=["sw-01", "pos-*"], become="stopped")
FAILING = {"acquirer-a", "0001/pos-02", "0001/pos-05", "0001/sync-01", "0001/sign-01"}
Json = dict[str, Any]


class Morning(NamedTuple):
    """A chain with an open incident for each of FAILING, and the way to make it worse."""

    site: Api
    stage: Stage

    async def worsen(self) -> None:
        """The switch of store 0001 dies with all its tills. Raises TimeoutError when no incident comes of it."""
        await cause(self.stage, AND_THEN)
        await _eventually(lambda: _all_explained(self.site))


@asynccontextmanager
async def broken(folder: Path, say: Callable[[str], None]) -> AsyncIterator[Morning]:
    """The chain with what is broken in it. Raises TimeoutError when its incidents do not come."""
    port = free_port()
    plan = Plan([], STORES, speed=1.0, once=True, port=port, folder=folder)
    site = Api(f"http://{LOOPBACK}:{port}")
    with broker.running(folder / "broker") as line:
        async with staged(plan, line) as stage, chained(plan, line, stage, asyncio.Event()):
            say(f"collector and {STORES + 1} agents are up; waiting until all were heard")
            await _eventually(lambda: _all_heard(site))
            for fault in FAULTS:
                say(f"broken: {await cause(stage, fault)}")
            await _eventually(lambda: _all_open(site))
            yield Morning(site, stage)


async def found(site: Api, ci: str) -> Json:
    """The unresolved incident of `ci`."""
    return next(one for one in await _unresolved(site) if one["ci"] == ci)


async def _all_heard(site: Api) -> bool:
    stores = (await asyncio.to_thread(api.get, site, "stores", limit="500"))["items"]
    return all(store["status"] == "ok" for store in stores)


async def _all_open(site: Api) -> bool:
    seen = await _unresolved(site)
    shared = [one for one in seen if one["ci"] == "acquirer-a" and len(one["stores"]) > 15]
    return {one["ci"] for one in seen} >= FAILING and bool(shared)


async def _all_explained(site: Api) -> bool:
    seen = await _unresolved(site)
    return any(one["ci"] == "0001/sw-01" and len(one["symptoms"]) >= LANES for one in seen)


async def _unresolved(site: Api) -> list[Json]:
    page = await asyncio.to_thread(api.get, site, "incidents", state="open,acknowledged", limit="100")
    items: list[Json] = page["items"]
    return items


async def _eventually(condition: Callable[[], Awaitable[bool]]) -> None:
    end = time.monotonic() + OPEN_WITHIN
    while not await condition():
        if time.monotonic() > end:
            raise TimeoutError(f"not so within {OPEN_WITHIN:g} s")
        await asyncio.sleep(0.5)
