"""An engine and its help desks on a real database, and the acquirer that five stores share and that fails."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import yaml

from collector import documents
from collector.clock import SystemClock
from collector.config import Config, parse
from collector.database import Database, incidents, journal
from collector.desk.opening import Desks
from collector.engine_loop import EngineLoop
from collector.holder import myself
from collector.services import IncidentFilter
from contract.status import Status
from rules.course.incident import Incident, Ticket
from rules.entries import AgentHeard, JournalEntry, SeenBelief, Snapshot
from rules.given import policy
from tests.collector.agents import CRITICAL, OK

PATIENCE = 30.0
PACE = 600.0  # five minutes of stable health are half a second
NAMES = ("Leeds Briggate", "York", "Hull", "Bradford", "Selby")
STORES = [f"{number:04d}" for number in range(1, len(NAMES) + 1)]
CMDB = {
    "stores": [
        {"id": store, "name": name, "region": "north", "carrier": "bt", "agents": [f"{store}-s"]}
        for store, name in zip(STORES, NAMES, strict=True)
    ],
    "items": [
        {
            "id": "acquirer-a",
            "class": "payment_gateway",
            "name": "Acquirer A",
            "vendor": "AcquirerCo",
            "provides": ["card_payment"],
        },
        {"id": "pos-01", "store": "0001", "class": "pos_terminal", "provides": ["checkout"], "group": "lanes"},
        {"id": "pos-02", "store": "0001", "class": "pos_terminal", "provides": ["checkout"], "group": "lanes"},
    ],
}


def config(folder: Path, database: str, *desks: dict[str, Any], port: int = 1, pace: float = PACE) -> Config:
    (folder / "cmdb.yaml").write_text(yaml.safe_dump(CMDB))
    (folder / "policy.yaml").write_text(yaml.safe_dump(_soon_over(pace), sort_keys=False))
    document = {
        "deployment": "acme",
        "broker": {"url": f"mqtt://127.0.0.1:{port}"},
        "database": database,
        "cmdb": [{"kind": "yaml", "path": "cmdb.yaml"}],
        "policy": "policy.yaml",
        "http": {"listen": "127.0.0.1:0", "public_url": "https://noc.example"},
        "help_desk": list(desks),
    }
    text = yaml.safe_dump(document)
    (folder / "collector.yaml").write_text(text)
    return parse(text, "collector.yaml", folder)


def _soon_over(pace: float) -> dict[str, Any]:
    """Belief and ending are `pace` times as fast; meanwhile nobody is called up and no clock is at risk."""
    shipped = policy.load("retail")
    faster = policy.scaled(shipped, pace)
    return shipped | {section: faster[section] for section in ("evidence", "ending")}


class Chain:
    """Five stores' snapshots, put into the journal as the ingest would, and the incidents that come of it."""

    def __init__(self, database: Database, engine: EngineLoop, desks: Desks) -> None:
        self.database, self.engine, self.desks = database, engine, desks
        self._beliefs: dict[str, dict[str, SeenBelief]] = {store: {} for store in STORES}
        self._seq = 0

    def sees(self, state: Status, *stores: str, check: str = "acquirer-a/http", text: str = "") -> None:
        """Each of the stores believes so from now on."""
        self._seq += 1
        now = time.time()
        entries: list[JournalEntry] = []
        for store in stores or STORES:
            beliefs = self._beliefs[store]
            beliefs[check] = SeenBelief(check, state, now, 1, self._seq, 15.0, text)
            snapshot = Snapshot(at=now, agent=f"{store}-s", beliefs=list(beliefs.values()))
            entries += [AgentHeard(at=now, agent=f"{store}-s"), snapshot]
        with self.database.writing() as connection:
            journal.append(connection, entries)
        self.engine.wake()

    def acquirer_fails(self) -> None:
        self.sees(OK)
        self.sees(CRITICAL, *STORES[:3], text="no answer from the acquirer")

    def acquirer_returns(self) -> None:
        self.sees(OK, *STORES[:3])

    def ticket(self, ci: str = "acquirer-a") -> Ticket | None:
        incident = self.incident(ci)
        return incident.ticket if incident else None

    def state(self, ci: str = "acquirer-a") -> str:
        incident = self.incident(ci)
        return incident.state if incident else ""

    def till_fails(self, text: str = "connection refused") -> None:
        self.sees(CRITICAL, "0001", check="pos-01/tcp", text=text)
        self.sees(OK, "0001", check="pos-02/tcp")

    def incidents(self) -> list[Incident]:
        with self.database.reading() as connection:
            return incidents.listed(connection, IncidentFilter(), 100)

    def incident(self, ci: str) -> Incident | None:
        return next((one for one in self.incidents() if one.ci == ci), None)


@asynccontextmanager
async def leading(database: Database, settings: Config) -> AsyncIterator[Chain]:
    """An engine that leads, with its desks, until the block ends."""
    clock, holder, stop = SystemClock(), myself(), asyncio.Event()
    engine = EngineLoop(
        database, documents.read(documents.sources(settings)), settings.keep, holder, clock, version="1"
    )
    desks = Desks(settings, database, engine, holder, clock)
    tasks = [asyncio.create_task(engine.run(stop)), *map(asyncio.create_task, desks.work(stop))]
    try:
        await eventually(lambda: engine.term is not None and engine.position >= 3)
        yield Chain(database, engine, desks)
    finally:
        stop.set()
        await asyncio.wait_for(asyncio.gather(*tasks), PATIENCE)


async def eventually(found: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """The first true answer, asked in a thread: a test may ask a server there."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if value := await asyncio.to_thread(found):
            return value
        await asyncio.sleep(0.02)
    raise AssertionError("it did not happen")
