"""The devices of a few stores, and what goes wrong with them: all of it follows from the seed."""

from random import Random
from typing import Any, NamedTuple

from contract.status import Status
from tests.simulation.timeline import START

STORES = ("0001", "0002", "0003")
TILLS = ("pos-01", "pos-02", "pos-03", "pos-04")
SHARED = "acquirer-a"
INTERVAL = 15.0
CALM = 60.0  # seconds in which every agent is met before anything goes wrong
CHAOS = 600.0
HEALED = START + CALM + CHAOS
END = HEALED + 300.0


class Trouble(NamedTuple):
    """A device is not well from `begins` to `ends`, in true time."""

    device: str
    begins: float
    ends: float
    status: Status


class Script(NamedTuple):
    troubles: tuple[Trouble, ...]

    def status(self, store: str, ci: str, at: float) -> Status:
        """What a probe in `store` would find at `at`. Whatever is behind a dead switch does not answer."""
        own = SHARED if ci == SHARED else f"{store}/{ci}"
        devices = (own, f"{store}/sw-01") if ci in TILLS else (own,)
        found = [one.status for one in self.troubles if one.device in devices and one.begins <= at < one.ends]
        return Status.CRITICAL if Status.CRITICAL in found else max(found, default=Status.OK)


def agent_of(store: str) -> str:
    return f"{store}-server"


def cmdb() -> dict[str, Any]:
    items: list[dict[str, Any]] = [{"id": SHARED, "class": "payment_gateway", "provides": ["card_payment"]}]
    for store in STORES:
        items.append({"id": "sw-01", "store": store, "class": "network_switch"})
        items += [
            {"id": till, "store": store, "class": "pos_terminal", "provides": ["checkout"], "depends_on": ["sw-01"]}
            for till in TILLS
        ]
    stores = [{"id": store, "agents": [agent_of(store)], "region": "north", "carrier": "acme"} for store in STORES]
    return {"stores": stores, "items": items}


def checks() -> list[tuple[str, str]]:
    """(check key, ci) that every agent has."""
    return [("sw-01/icmp", "sw-01"), *((f"{till}/tcp", till) for till in TILLS), (f"{SHARED}/http", SHARED)]


def written(seed: int) -> Script:
    """Failures that outlast the chaos, and some that heal within it."""
    chance = Random(f"{seed}/script")
    troubles = [one for store in STORES for one in _of_store(store, chance)]
    if chance.random() < 0.3:
        begins = START + CALM + chance.uniform(0, CHAOS)
        troubles.append(Trouble(SHARED, begins, HEALED + chance.uniform(90, 180), Status.CRITICAL))
    return Script(tuple(troubles))


def _of_store(store: str, chance: Random) -> list[Trouble]:
    """One lane in four, so that no two stores make a chain incident of it; in the first store more."""
    devices = chance.sample(TILLS, chance.choice((1, 1, 2, 3))) if store == STORES[0] else [chance.choice(TILLS)]
    if store == STORES[1] and chance.random() < 0.4:
        devices.append("sw-01")
    return [one for device in devices for one in _of_device(f"{store}/{device}", chance)]


def _of_device(device: str, chance: Random) -> list[Trouble]:
    begins = START + CALM + chance.uniform(0, CHAOS - 120)
    status = Status.CRITICAL if chance.random() < 0.85 else Status.WARNING
    if chance.random() < 0.6:
        return [Trouble(device, begins, HEALED + chance.uniform(90, 180), status)]
    heals = begins + chance.uniform(40, 300)
    again = heals + chance.uniform(40, 300)
    first = Trouble(device, begins, heals, status)
    return [first] if again > HEALED - 60 else [first, Trouble(device, again, HEALED + 150, Status.CRITICAL)]
