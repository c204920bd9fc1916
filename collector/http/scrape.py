"""What Prometheus asks for: the product and the chain in few numbers, every check in 64 parts, and where those are."""

import asyncio
import gzip
from typing import Annotated

import msgspec
from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest

from collector.http import operator_shapes
from collector.http.call import Call, NoQuery
from collector.http.problems import Refused
from collector.metrics import agents, desks, rollups
from collector.metrics import part as parts
from collector.metrics.blocks import Blocks
from collector.metrics.instruments import Incidents, Itself
from collector.metrics.lines import CONTENT_TYPE
from collector.metrics.pages import MOST_PAGES, MOST_SAMPLES, pages_for
from collector.metrics.roster import Roster
from collector.services import Services
from rules.given.estate import Estate

ROLLUPS_KEPT = 5.0  # seconds: several Prometheus servers share one count of the chain
COMPRESS_ABOVE = 1024


class ChecksQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    part: Annotated[str, msgspec.Meta(pattern=r"^([0-5][0-9]|6[0-3])\Z", description="00 to 63")]
    page: Annotated[int, msgspec.Meta(ge=0, lt=MOST_PAGES, description="from 0")] = 0
    pages: Annotated[int, msgspec.Meta(ge=1, le=MOST_PAGES, description="into how many the part is cut")] = 1


class Scrape:
    """What is kept between scrapes: the registry, the blocks and the chain's numbers."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._registry = CollectorRegistry()
        self._registry.register(Itself(services))
        self._blocks = Blocks()
        self._roster = Roster()
        self._rollups = (float("-inf"), "")
        self._expected: Estate | None = None
        self.incidents = Incidents(self._registry, services.started_at)

    async def product(self) -> bytes:
        now = self._services.clock()
        if not 0 <= now - self._rollups[0] < ROLLUPS_KEPT:
            waiting = desks.text(await self._services.desk_queues(), now)
            views = list(filter(None, map(self._services.fleet.views.get, self._services.registry())))
            state = self._services.state()
            self._rollups = (now, rollups.text(state, views) + waiting + self._agents_text())
            self._expect(state.estate)
        return generate_latest(self._registry) + self._rollups[1].encode()

    def _agents_text(self) -> str:
        stores = self._services.state().estate.stores.values()
        return agents.text(stores, self._services.fleet.installed, self._services.expected())

    def part(self, wanted: ChecksQuery) -> bytes:
        """A page of a part. Raises Refused when it holds more than a scrape may."""
        state, fleet = self._services.state(), self._services.fleet.views
        members = self._current().members(wanted.part, wanted.page, wanted.pages)
        views = [view for agent in members.agents if (view := fleet.get(agent)) is not None]
        rest = [
            parts.of_agents(views, self._services.fleet.quarantined),
            parts.of_stores(state, members.stores, fleet),
            parts.of_services(state, members.stores, self._services.clock()),
            parts.of_items(state, members.stores, members.shared),
        ]
        body = self._blocks.text(views) + "".join(rest).encode()
        held = body.count(b"\n") - body.count(b"\n# ") - 1  # every line but the heads
        if held > MOST_SAMPLES:
            raise Refused(400, "Too much for one scrape", f"{held} samples; /sd lists the pages of part {wanted.part}")
        return body

    def listed(self) -> list[ChecksQuery]:
        """Every page of every part that has anything in it."""
        sizes = self._current().sizes(self._services.state(), self._services.fleet.views)
        return [
            ChecksQuery(part, page, pages)
            for part, samples in sorted(sizes.items())
            for pages in [pages_for(samples)]
            for page in range(pages)
        ]

    def _expect(self, estate: Estate) -> None:
        if estate is not self._expected:
            self._expected = estate
            categories = estate.policy.categories if estate.policy is not None else ()
            self.incidents.expect(categories, {store.region for store in estate.stores.values()})

    def _current(self) -> Roster:
        agents, estate = self._services.registry(), self._services.state().estate
        if self._roster.update(agents, estate):
            self._blocks.forget_all_but(agents)
        return self._roster


SCRAPE: web.AppKey[Scrape] = web.AppKey("scrape", Scrape)


async def metrics(call: Call[NoQuery, None]) -> web.StreamResponse:
    return await _answer(call.request, await _kept(call).product())


async def checks(call: Call[ChecksQuery, None]) -> web.StreamResponse:
    return await _answer(call.request, _kept(call).part(call.query))


async def discovery(call: Call[NoQuery, None]) -> list[operator_shapes.ScrapeTarget]:
    """One target a page, at the address under which we were asked."""
    labels = {"__metrics_path__": "/metrics/checks", "__scheme__": call.request.scheme}
    return [
        operator_shapes.ScrapeTarget(
            [call.request.host],
            labels | {"__param_part": one.part, "__param_page": str(one.page), "__param_pages": str(one.pages)},
        )
        for one in _kept(call).listed()
    ]


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
