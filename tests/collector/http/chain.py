"""A small chain in memory that keeps the promises of collector.services.Services, and incidents to fill it with."""

import asyncio
import base64
import itertools
from array import array
from collections.abc import Mapping
from typing import Any

import msgspec

from collector.database.own_tickets import OwnTicket
from collector.database.shadow import Asked, Row, Sum, Unsent
from collector.desk.inbound import Delivery, Inbox, Verdict
from collector.fleet import AgentView, Fleet, Shape
from collector.services import (
    ChangeEvent,
    Counters,
    DeadLetter,
    DeskQueue,
    IncidentFilter,
    Outcome,
    PageKey,
    Readiness,
    Request,
)
from collector.shadow_comparison import Day
from contract.ids import part_of
from contract.status import Status
from rules.course.incident import Affected, Incident, Reason, Sla, Suppression, TimelineEntry
from rules.decision import Change
from rules.given import policy
from rules.sight.belief import CheckState, ItemState
from rules.state import AgentState, State

NOW = 1_800_000_000.0
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
CMDB: dict[str, Any] = {
    "stores": [
        {"id": "0042", "name": "Leeds Briggate", "region": "north", "agents": ["0042-server"]},
        {"id": "0043", "name": "York Coney Street", "region": "north", "agents": ["0043-server"]},
        {"id": "0077", "name": "Bath", "region": "south", "agents": ["0077-server"]},
    ],
    "items": [
        {"id": "sw-01", "store": "0042", "class": "switch"},
        *(
            {
                "id": f"pos-{at:02d}",
                "store": "0042",
                "class": "till",
                "name": f"Till {at}",
                "depends_on": ["sw-01"],
                "provides": ["checkout"],
            }
            for at in range(1, 9)
        ),
        {"id": "sign-01", "store": "0077", "class": "sign", "name": "Window <sign>"},
        {"id": "acquirer-a", "class": "acquirer", "vendor": "AcquirerCo", "provides": ["card_payment"]},
    ],
}


def incident(number: int, **changes: Any) -> Incident:
    """A P2 of Leeds that began `number` minutes before NOW, unless told otherwise."""
    known = Incident(
        id=f"{number:016x}",
        number=number,
        cause=f"pos_outage:0042/pos-{number:02d}",
        category="pos_outage",
        service="checkout",
        ci=f"0042/pos-{number:02d}",
        title=f"Checkout: {number} of 8 lanes down at Leeds Briggate (0042)",
        state="open",
        priority=2,
        worst_priority=2,
        started_at=NOW - 60.0 * number,
        learnt_at=NOW - 60.0 * number + 4,
        opened_at=NOW - 60.0 * number + 4,
        stores=("0042",),
        region="north",
        affected=Affected(number, 8, (f"0042/pos-{number:02d}",), "lanes"),
        reasons=(Reason("7 capacity", f"{number} of 8 lanes are down"),),
        sla=Sla(respond_by=NOW + 900, resolve_by=NOW + 14_400),
    )
    return msgspec.structs.replace(known, **changes)


class Listener:
    def __init__(self, chain: "Chain", size: int) -> None:
        self.queue: asyncio.Queue[ChangeEvent | None] = asyncio.Queue(size)
        self._chain = chain

    def close(self) -> None:
        self._chain.listeners.remove(self)


class Chain:
    """Three stores. `happen` commits a version of an incident; commands acknowledge, resolve and note."""

    def __init__(self) -> None:
        self.started_at = NOW - 3600
        self.deployment = "acme"
        self.counters = Counters(messages=10, results=500, records=7, dead_letters={"garbage": 2})
        self.fleet = Fleet()
        self.now = NOW
        self.ready = True
        self.listeners: list[Listener] = []
        self.requests: list[Request] = []
        self.letters = [
            DeadLetter(at, NOW - at, "garbage", f"not JSON <{at}>", "tillwatch/1/00/x/live", 4, at % 2 == 0, False)
            for at in range(1, 8)
        ]
        self.inbox = Inbox(SECRET)
        self.hints: list[str] = []
        self.asked = Asked()
        self.own_tickets: list[OwnTicket] = []
        self.unsent_rows = [
            Row(at, at, "north", "pos_outage", Unsent("desk", f"{at:016x}", NOW, "create", "P2 <b>", "text"))
            for at in range(1, 6)
        ]
        self.hashes: dict[str, str] = {}
        self.stories: dict[str, list[TimelineEntry]] = {}
        self._all: dict[str, Incident] = {}
        self._position = 100
        self._state = State.empty()
        self._state.put(Change("meta", "policy", policy.load("retail")))
        self._state.put(Change("meta", "cmdb", CMDB))
        for store in CMDB["stores"]:
            self.heard(store["agents"][0], store["id"])

    def heard(self, agent: str, store: str) -> None:
        keys = tuple(f"pos-{at:02d}/tcp" for at in range(1, 9)) if store == "0042" else ("sign-01/http",)
        before = self.fleet.views.get(agent)
        version = before.version + 1 if before else 1
        shape = before.shape if before else Shape(keys)
        ms = array("f", [12.5] * len(keys))
        self.fleet.views[agent] = AgentView(
            agent, store, shape, bytes(len(keys)), ms, {}, self.now, self.now, 0, 0, None, version
        )
        self._state.put(Change("agents", agent, AgentState(heard_at=self.now)))
        for seq, key in enumerate(keys):
            self._state.put(Change("checks", f"{agent}/{key}", CheckState(Status.OK, self.now, 1, seq + 1, 15.0)))

    def grow(self, part: str, agents: int, checks: int) -> list[str]:
        """So many agents of the part, in one store. Returns all of the part, the older ones too."""
        ids = (f"agent-{at}" for at in itertools.count())
        more = list(itertools.islice((id_ for id_ in ids if part_of(id_) == part), agents))
        store = {"id": "9999", "name": "Large", "region": "north", "agents": more}
        self._state.put(Change("meta", "cmdb", CMDB | {"stores": [*CMDB["stores"], store]}))
        shape, statuses = Shape(tuple(f"ci-{at}/tcp" for at in range(checks))), bytes(checks)
        ms = array("f", [1.0] * checks)
        for agent in more:
            self.fleet.views[agent] = AgentView(
                agent, "9999", shape, statuses, ms, {}, self.now, self.now, 0, 0, None, 1
            )
        return [agent for agent in self.fleet.views if part_of(agent) == part]

    def fails(self, ref: str) -> None:
        self._state.put(Change("items", ref, ItemState(Status.CRITICAL, self.now, self.now, "connection refused")))

    def happen(self, known: Incident, story: str = "opened") -> None:
        self._position += 1
        self._all[known.id] = known
        self._state.put(Change("incidents", known.id, known))
        self.stories.setdefault(known.id, []).append(TimelineEntry(known.id, self.now, story, known.title))
        for listener in self.listeners:
            listener.queue.put_nowait(ChangeEvent(self._position, self.now, "incident", known.id, known))

    def happen_late(self, known: Incident, seconds: float) -> None:
        """In the engine's state at once, in the database later."""
        self._state.put(Change("incidents", known.id, known))
        asyncio.get_running_loop().call_later(seconds, self.happen, known)

    def forget_everything(self) -> None:
        self.fleet.views.clear()
        self._state.put(Change("meta", "cmdb", {}))

    def clock(self) -> float:
        return self.now

    def state(self) -> State:
        return self._state

    def position(self) -> int:
        return self._position

    def readiness(self) -> Readiness:
        return Readiness(
            database=True,
            broker=self.ready,
            leader=True,
            engine_lag=0,
            ingest_alive=True,
            last_message_age=1.5,
            documents_read_at=self.now,
        )

    def registry(self) -> Mapping[str, str]:
        return self._state.estate.agent_store

    def certificates(self) -> Mapping[str, float]:
        return {"http": NOW + 86_400}

    def expected(self) -> Mapping[str, str]:
        return self.hashes

    def subscribe(self, size: int = 1_000) -> Listener:
        self.listeners.append(Listener(self, size))
        return self.listeners[-1]

    async def incidents(self, wanted: IncidentFilter, limit: int, after: PageKey | None = None) -> list[Incident]:
        found = [
            one
            for one in self._all.values()
            if (wanted.state is None or one.state in wanted.state)
            and (wanted.priority is None or one.priority in wanted.priority)
            and (wanted.store is None or wanted.store in one.stores)
            and (wanted.regions is None or one.region in wanted.regions)
            and (wanted.since is None or one.started_at >= wanted.since)
            and (wanted.suppressed is None or (one.suppressed is not None) == wanted.suppressed)
            and (wanted.category is None or one.category == wanted.category)
        ]
        newest = sorted(found, key=lambda one: (-one.started_at, one.id))
        return [one for one in newest if after is None or (-one.started_at, one.id) > (-after.started_at, after.id)][
            :limit
        ]

    async def incident(self, id_: str) -> Incident | None:
        return self._all.get(id_)

    async def timeline(self, incident: str) -> list[TimelineEntry]:
        return self.stories.get(incident, [])

    async def state_at(self, at: float) -> State:
        if at < self.started_at:
            raise LookupError("the journal begins later")
        return self._state

    async def submit(self, request: Request) -> Outcome:
        self.requests.append(request)
        known = self._all.get(request.incident)
        phases = {"acknowledge": "acknowledged", "resolve": "resolved"}
        if known is not None and known.state == phases.get(request.name):
            return Outcome(self._position, False, (), (Reason("lifecycle", f"it is {known.state} already"),))
        after = known or incident(99, title=request.arguments["title"])
        if request.name in phases:
            after = msgspec.structs.replace(after, state=phases[request.name], acknowledged_by=request.actor)
        self.happen(after, request.name)
        return Outcome(self._position, True, (after.id,), (Reason("lifecycle", request.name),))

    def desk_called(self, desk: str, delivery: Delivery, ticket: str) -> Verdict | None:
        if desk != "desk":
            return None
        verdict = self.inbox.judge(delivery, self.now)
        self.hints += [ticket] * (verdict == "new")
        return verdict

    async def unsent(self, asked: Asked, limit: int, after: int) -> tuple[list[Row], list[Sum]]:
        self.asked = asked
        rows = [row for row in self.unsent_rows if row.id > after]
        return rows[:limit], [Sum("desk", "north", "pos_outage", len(self.unsent_rows), 0, 0)]

    async def compared(self, desk: str, day: Day) -> tuple[list[Incident], list[OwnTicket]]:
        lasting = [one for one in self._all.values() if one.started_at < day.until]
        return lasting, [one for one in self.own_tickets if one.desk == desk and day.holds(one.opened_at)]

    async def desk_queues(self) -> list[DeskQueue]:
        return [DeskQueue("desk", 2, 1, NOW - 90), DeskQueue("hook", trouble="401 Unauthorized")]

    async def dead_letters(self, limit: int, before: int | None = None) -> list[DeadLetter]:
        return [letter for letter in reversed(self.letters) if before is None or letter.id < before][:limit]

    async def dead_letter(self, id_: int) -> DeadLetter | None:
        return next((letter for letter in self.letters if letter.id == id_), None)

    async def retry_dead_letter(self, id_: int) -> bool:
        letter = await self.dead_letter(id_)
        return letter is not None and letter.whole


HELD = Suppression("symptom of 0042/sw-01")
