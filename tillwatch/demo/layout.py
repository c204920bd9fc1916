"""The demo's chain on paper: what the watched store has, what the CMDB says of it, and what its agent asks.

Store 0001 has real devices; the others have an agent that only says what it would have measured (demo/simulated.py).
"""

from typing import Any

from tillwatch.demo.device import Device, http_device, tcp_device

STORE = "0001"
AGENT = "0001-server"
LANES = [f"pos-{lane:02d}" for lane in range(1, 9)]
SIMULATED_LANES = LANES[:2]
REGIONS = ("north", "midlands", "south", "west")
CARRIERS = ("LineCo", "FibreCo")
MOST_BEHIND = 900  # seconds that a healthy inventory sync may be behind

# What every simulated store asks: its own tills, and what all stores share.
SIMULATED_CHECKS = [*(f"{lane}/tcp" for lane in SIMULATED_LANES), "acquirer-a/http", "reference/tcp"]


def devices() -> dict[str, Device]:
    """All devices by name, switched off."""
    made = [
        tcp_device("sw-01"),
        *map(tcp_device, LANES),
        http_device("sign-01", {"screen": "lit"}),
        http_device("sync-01", {"behind_seconds": 12}),
        http_device("acquirer-a", {"state": "authorising"}),
        http_device("web-shop", {"state": "selling"}),
        tcp_device("reference"),
    ]
    return {device.name: device for device in made}


def simulated_stores(count: int) -> list[str]:
    return [f"{number:04d}" for number in range(2, count + 2)]


def agent_of(store: str) -> str:
    return f"{store}-server"


def cmdb(simulated: int) -> dict[str, Any]:
    """The document of cmdb.yaml for the watched store and `simulated` others."""
    others = simulated_stores(simulated)
    return {
        "stores": [
            _store(STORE, "Demo Street", 0),
            *(_store(id_, f"Store {id_}", at) for at, id_ in enumerate(others)),
        ],
        "items": [*_watched_items(), *(item for id_ in others for item in _simulated_items(id_)), *_shared_items()],
    }


def checks(of: dict[str, Device]) -> list[dict[str, Any]]:
    """The checks of the watched store's agent.yaml."""
    lit = {"asserts": [{"path": "screen", "equals": "lit"}]}
    fresh = {"asserts": [{"path": "behind_seconds", "max": MOST_BEHIND}]}
    return [
        *({"ci": name, "probe": "tcp", "target": of[name].address} for name in ("sw-01", *LANES, "reference")),
        _http(of["sign-01"], lit),
        _http(of["sync-01"], fresh),
        _http(of["acquirer-a"], {}),
        _http(of["web-shop"], {"warning": "1s"}),
    ]


def _http(device: Device, settings: dict[str, Any]) -> dict[str, Any]:
    return {"ci": device.name, "probe": "http", "target": f"http://{device.address}/health", "settings": settings}


def _store(id_: str, name: str, at: int) -> dict[str, Any]:
    """Stores come in blocks of a region and a carrier, so that a small chain is one cohort and a large one several."""
    return {
        "id": id_,
        "name": name,
        "region": REGIONS[at // 20 % len(REGIONS)],
        "carrier": CARRIERS[at // 10 % len(CARRIERS)],
        "agents": [agent_of(id_)],
    }


def _watched_items() -> list[dict[str, Any]]:
    behind_switch = {"store": STORE, "depends_on": ["sw-01"]}
    return [
        {"id": "sw-01", "store": STORE, "class": "network_switch", "name": "Shop-floor switch"},
        *({"id": lane, **_lane(lane), **behind_switch} for lane in LANES),
        {"id": "sign-01", "class": "signage", "name": "Entrance sign", "provides": ["promotions"], **behind_switch},
        {"id": "sync-01", "store": STORE, "class": "inventory_sync", "provides": ["stock_visibility"]},
    ]


def _simulated_items(store: str) -> list[dict[str, Any]]:
    return [{"id": lane, "store": store, **_lane(lane)} for lane in SIMULATED_LANES]


def _lane(id_: str) -> dict[str, Any]:
    name = f"Till {int(id_.removeprefix('pos-'))}"
    return {"class": "pos_terminal", "name": name, "provides": ["checkout"], "group": "lanes"}


def _shared_items() -> list[dict[str, Any]]:
    return [
        {"id": "acquirer-a", "class": "payment_gateway", "vendor": "AcquirerCo", "provides": ["card_payment"]},
        {"id": "web-shop", "class": "web_shop", "name": "Web shop", "provides": ["online_shopping"]},
        {"id": "reference", "class": "control_target", "name": "Reference beyond the line"},
    ]
