"""What Prometheus asks for: the product and the chain in few numbers, every check in 64 parts, and where those are."""

import asyncio
import gzip
from collections.abc import Mapping
from typing import Annotated

import msgspec
from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest

from collector.http import shapes
from collector.http.call import Call, NoQuery
from collector.http.problems import Refused
from collector.metrics import agents, rollups
from collector.metrics import part as parts
from collector.metrics.blocks import Blocks
from collector.metrics.instruments import Incidents, Itself
from collector.metrics.lines import CONTENT_TYPE
from collector.services import Services
from contract.ids import part_of

ROLLUPS_KEPT = 5.0  # seconds: several Prometheus servers share one count of the chain
COMPRESS_ABOVE = 1024


class ChecksQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    part: Annotated[str, msgspec.Meta(pattern=r"^([0-5][0-9]|6[0-3])\Z", description="00 to 63")]


class Scrape:
    """What is kept between scrapes: the registry, the blocks, the chain's numbers, and who belongs to which part."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._registry = CollectorRegistry()
        self._registry.register(Itself(services))
        self._blocks = Blocks()
        self._rollups = (float("-inf"), "")
        self._agents: Mapping[str, str] = {}
        self._by_part: dict[str, list[str]] = {}
        self.incidents = Incidents(self._registry, services.started_at)

    def product(self) -> bytes:
        now = self._services.clock()
        if not 0 <= now - self._rollups[0] < ROLLUPS_KEPT:
            views = list(filter(None, map(self._services.fleet.views.get, self._services.registry())))
            self._rollups = (now, rollups.text(self._services.state(), views) + self._agents_text())
        return generate_latest(self._registry) + self._rollups[1].encode()

    def _agents_text(self) -> str:
        stores = self._services.state().estate.stores.values()
        return agents.text(stores, self._services.fleet.installed, self._services.expected())

    def part(self, part: str) -> bytes:
        state, fleet = self._services.state(), self._services.fleet.views
        views = [view for agent in self._members().get(part, ()) if (view := fleet.get(agent)) is not None]
        stores = [store for store in state.estate.stores if part_of(store) == part]
        rest = [
            parts.of_agents(views),
            parts.of_stores(state, stores, fleet),
            parts.of_services(state, stores, self._services.clock()),
            parts.of_items(state, stores, part),
        ]
        return self._blocks.text(views) + "".join(rest).encode()

    def listed(self) -> list[str]:
        """The parts that have anything in them."""
        stores = {part_of(store) for store in self._services.state().estate.stores}
        return sorted(stores | set(self._members()))

    def _members(self) -> dict[str, list[str]]:
        registry = self._services.registry()
        if registry is not self._agents:
            self._agents, self._by_part = registry, {}
            for agent in registry:
                self._by_part.setdefault(part_of(agent), []).append(agent)
            self._blocks.forget_all_but(registry)
        return self._by_part


SCRAPE: web.AppKey[Scrape] = web.AppKey("scrape", Scrape)


async def metrics(call: Call[NoQuery, None]) -> web.StreamResponse:
    return await _answer(call.request, _kept(call).product())


async def checks(call: Call[ChecksQuery, None]) -> web.StreamResponse:
    return await _answer(call.request, _kept(call).part(call.query.part))


async def discovery(call: Call[NoQuery, None]) -> list[shapes.ScrapeTarget]:
    """One target a part, at the address under which we were asked."""
    labels = {"__metrics_path__": "/metrics/checks", "__scheme__": call.request.scheme}
    return [shapes.ScrapeTarget([call.request.host], labels | {"__param_part": part}) for part in _kept(call).listed()]


def _kept(call: Call[NoQuery, None] | Call[ChecksQuery, None]) -> Scrape:
    if call.person.regions is not None:
        raise Refused(
            403, "Not your region", f"these numbers are the whole chain's; {call.person.actor} sees a part of it"
        )
    return call.request.app[SCRAPE]


async def _answer(request: web.Request, body: bytes) -> web.Response:
    response = web.Response(headers={"Content-Type": CONTENT_TYPE, "Vary": "Accept-Encoding"})
    if len(body) > COMPRESS_ABOVE and "gzip" in request.headers.get("Accept-Encoding", ""):
        # zlib lets go of the interpreter's lock; level 1 is a third of the default's cost and nearly as small.
        body = await asyncio.to_thread(gzip.compress, body, 1)
        response.headers["Content-Encoding"] = "gzip"
    response.body = body
    return response
