"""Shops behind lines of their own, each with a real agent, and a broker and a collector in the centre."""

import contextlib
import getpass
import signal
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import yaml

from collector.config import Config as CollectorConfig
from collector.config import read as read_collector
from edge_agent import status as agent_status
from edge_agent.status import AgentStatus
from tests.acceptance.stack import Stack, running
from tests.acceptance.stack import until as _until
from tests.faults.shop import Shop
from tillwatch.cmdb import acl
from tillwatch.ports import free_port

PACE = 100.0  # five minutes of stable health are three seconds
PULSE = 1.0  # seconds: a lease is three of them
GOOD_BROKER = "autosave_interval 5\nmax_queued_messages 0\nmax_inflight_messages 1000\nset_tcp_nodelay true\n"
PATIENCE = 60.0  # seconds, for what should take one or two


class Settings(NamedTuple):
    """`database` is a URL, or empty for a file in the folder. `collector` is put over collector.yaml."""

    broker: str = GOOD_BROKER
    database: str = ""
    pulse: float = PULSE
    collector: Mapping[str, Any] = MappingProxyType({})


USUAL = Settings()


class Chain(Stack):
    """Processes `broker`, `collector` and one by each shop's id."""

    def __init__(self, folder: Path, shops: list[Shop], settings: Settings = USUAL) -> None:
        super().__init__(folder, _cmdb(shops), {"store": shops[0].id, "agent": shops[0].agent, "checks": []}, PACE)
        del self.commands["agent"]
        self.shops = {shop.id: shop for shop in shops}
        self.settings = settings
        self.acl = folder / "acl"
        self.write_acl()
        self.write_broker(settings.broker)
        self._write("collector.yaml", _collector(self, self.http_port))
        for shop in shops:
            self._write(f"{shop.id}.yaml", _agent(self, shop, settings))
            command = ["agent", "run", "--config", str(folder / f"{shop.id}.yaml")]
            self.commands[shop.id] = shop.wan.command([sys.executable, "-m", "tillwatch", *command])

    def point_agent(self, shop: str, url: str, keepalive: int) -> None:
        path = self.folder / f"{shop}.yaml"
        document = yaml.safe_load(path.read_text())
        document["broker"] |= {"url": url, "keepalive": f"{keepalive}s"}
        self._write(path.name, document)

    def add_standby(self) -> str:
        """A second collector on the same database, `standby`; returns its URL."""
        port = free_port()
        self._write("standby.yaml", _collector(self, port))
        configuration = str(self.folder / "standby.yaml")
        self.commands["standby"] = [sys.executable, "-m", "tillwatch", "collector", "run", "--config", configuration]
        return f"http://127.0.0.1:{port}"

    def write_broker(self, settings: str) -> None:
        listeners = ["127.0.0.1", *(shop.wan.centre for shop in self.shops.values())]
        head = "".join(f"listener {self.broker_port} {address}\n" for address in listeners)
        (self.folder / "mosquitto.conf").write_text(
            f"{head}allow_anonymous true\nacl_file {self.acl}\nuser {getpass.getuser()}\npersistence true\n"
            f"persistence_location {self.folder}/\nlog_dest stderr\nlog_type error\nlog_type warning\n{settings}"
        )

    def write_acl(self, change: Callable[[str], str] = lambda text: text) -> None:
        """As it should be, after `change`. A running broker reads it when told to."""
        self.acl.write_text(change(acl.of(shop.agent for shop in self.shops.values())))

    def zero_broker(self) -> None:
        """What a power cut can leave of the broker's memory: its file with all its length and nothing in it."""
        file = self.folder / "mosquitto.db"
        file.write_bytes(bytes(file.stat().st_size))

    def restart(self, name: str, down: float = 0.0) -> None:
        """Killed at once, started again after `down` seconds."""
        self.kill(name)
        time.sleep(down)
        self.start(name)

    def tell_broker(self) -> None:
        self.signal("broker", signal.SIGHUP)

    def signal(self, name: str, number: signal.Signals) -> None:
        self.processes[name].send_signal(number)

    @property
    def config(self) -> CollectorConfig:
        return read_collector(self.folder / "collector.yaml")

    def log_of(self, shop: str) -> Path:
        return self.folder / f"{shop}.db"

    def status(self, shop: str) -> AgentStatus:
        return agent_status.read(agent_status.path_for(self.log_of(shop)))

    def settled(self, shop: str) -> bool:
        """The agent has decided something, and the collector has acknowledged all of it."""
        with contextlib.suppress(OSError):
            status = self.status(shop)
            return status.connected and status.pending == 0 and all(check.state is not None for check in status.checks)
        return False

    def are_settled(self) -> bool:
        return all(map(self.settled, self.shops))

    def metrics(self, path: str = "/metrics") -> dict[str, float]:
        """Sample → value, labels as they are written."""
        with urllib.request.urlopen(f"{self.url}{path}", timeout=10) as answer:  # noqa: S310
            lines = answer.read().decode().splitlines()
        return {
            sample: float(value) for sample, _, value in (line.rpartition(" ") for line in lines if line[:1] != "#")
        }

    def unreachable(self) -> list[str]:
        """The stores that an unresolved incident says are unreachable, once for each such incident."""
        return sorted(
            store
            for one in self.incidents()
            if one["category"] == "store_unreachable" and not ended(one)
            for store in one["stores"]
        )


def ended(incident: dict[str, Any]) -> bool:
    return incident["state"] in ("resolved", "closed")


def until(condition: Callable[[], Any], chain: Chain, seconds: float = PATIENCE) -> Any:
    return _until(condition, seconds, chain)


@contextlib.contextmanager
def watched(chain: Chain) -> Iterator[Chain]:
    """All shops open and everything runs; on entering, every till is known to be well."""
    with contextlib.ExitStack() as stack:
        for shop in chain.shops.values():
            stack.callback(shop.close)
            shop.open()
        stack.enter_context(running(chain))
        until(chain.are_settled, chain, 120)
        until(lambda: all(chain.get(f"/api/v1/stores/{id_}")["status"] == "ok" for id_ in chain.shops), chain)
        yield chain


def staying(condition: Callable[[], Any], seconds: float) -> bool:
    """Whether it is so all of that time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not condition():
            return False
        time.sleep(0.2)
    return True


def _cmdb(shops: list[Shop]) -> dict[str, Any]:
    till = {"class": "pos_terminal", "provides": ["checkout"], "group": "lanes"}
    return {
        "stores": [{"id": shop.id, "name": shop.id, "region": "north", "agents": [shop.agent]} for shop in shops],
        "items": [{"id": f"{name}", **till, "store": shop.id} for shop in shops for name in shop.tills],
    }


def _collector(chain: Chain, http_port: int) -> dict[str, Any]:
    return {
        "deployment": "faults",
        "broker": {"url": f"mqtt://127.0.0.1:{chain.broker_port}", "username": acl.COLLECTOR},
        "database": chain.settings.database or f"sqlite:///{chain.folder}/collector.db",
        "cmdb": [{"kind": "yaml", "path": str(chain.folder / "cmdb.yaml")}],
        "policy": str(chain.folder / "policy.yaml"),
        "http": {"listen": f"127.0.0.1:{http_port}"},
        **chain.settings.collector,
    }


def _agent(chain: Chain, shop: Shop, settings: Settings) -> dict[str, Any]:
    times = {"interval": "1s", "timeout": "500ms", "confirm": 2, "retry": "300ms", "pulse": f"{settings.pulse}s"}
    broker = {"url": f"mqtt://{shop.wan.centre}:{chain.broker_port}", "username": shop.agent, "keepalive": "2s"}
    return {
        "store": shop.id,
        "agent": shop.agent,
        "broker": broker,
        "log": {"path": str(chain.log_of(shop.id))},
        "defaults": times,
        "checks": shop.checks(),
    }
