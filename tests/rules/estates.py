"""Small estates and the statements of agents for tests."""

from typing import Any

from contract.records import Record, Transition
from contract.status import Status
from rules import engine, rows
from rules.course.incident import Incident
from rules.decision import Decision
from rules.entries import CmdbLoaded, JournalEntry, PolicyLoaded, Records, Tick
from rules.given import policy
from rules.rehearsal.storyteller import Fleet
from rules.state import State

START = 1_794_819_600.0  # 2026-11-16 09:00 UTC, a Monday
RETAIL = policy.load("retail")
CRITICAL, OK = Status.CRITICAL, Status.OK


def store(number: int, **more: Any) -> dict[str, Any]:
    name = f"{number:04d}"
    return {"id": name, "agents": [f"{name}-s"], "region": "north", "carrier": "bt", **more}


def till(number: int, name: str = "pos-01", **more: Any) -> dict[str, Any]:
    return {"id": name, "store": f"{number:04d}", "class": "pos_terminal", "provides": ["checkout"], **more}


def chain(stores: int = 3) -> dict[str, Any]:
    """Stores with a switch, four tills that need it and a sign; an acquirer that all of them vote on."""
    items: list[dict[str, Any]] = [{"id": "acquirer-a", "class": "payment_gateway", "provides": ["card_payment"]}]
    for number in range(1, stores + 1):
        items.append({"id": "sw-01", "store": f"{number:04d}", "class": "network_switch"})
        items += [till(number, f"pos-0{lane}", depends_on=["sw-01"]) for lane in range(1, 5)]
        items.append({"id": "sign", "store": f"{number:04d}", "class": "signage", "provides": ["promotions"]})
    return {"stores": [store(number) for number in range(1, stores + 1)], "items": items}


class Story:
    """An engine that is told things; `journal` and `decisions` are all that went in and came out."""

    def __init__(self, cmdb: dict[str, Any], document: dict[str, Any] | None = None) -> None:
        self.state = State.empty()
        self.fleet = Fleet()
        self.now = START
        self.journal: list[JournalEntry] = []
        self.decisions: list[Decision] = []
        self.tell(CmdbLoaded(at=START, document=cmdb))
        self.tell(PolicyLoaded(at=START, name="retail", document=document or RETAIL))
        self.tell(Tick(at=START))

    def tell(self, entry: JournalEntry) -> list[Decision]:
        self.journal.append(entry)
        made = engine.run(self.state, entry)
        self.decisions += made
        return made

    def say(self, agent: str, checks: dict[str, Status], **more: Any) -> list[Decision]:
        said: list[Record] = self.fleet.transitions(agent, checks, self.now)
        return self.tell(
            Records(**{"at": self.now, "agent": agent, "generation": 1, "live": True} | more, records=said)
        )

    def say_backlog(self, records: list[Transition]) -> list[Decision]:
        """A page of what the first store's agent could not say before."""
        page: list[Record] = list(records)
        return self.tell(Records(at=self.now, agent="0001-s", generation=1, live=False, records=page))

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.tell(Tick(at=self.now))

    def incidents(self) -> list[Incident]:
        return sorted(self.state.incidents.values(), key=lambda row: row.number)


def digest(decisions: list[Decision]) -> list[tuple[str, str, bytes]]:
    """Everything that the decisions changed, as bytes."""
    changes = [change for decision in decisions for change in decision.changes]
    return [(change.table, change.key, b"" if change.row is None else rows.encode(change)) for change in changes]
