"""up.yaml: what `tillwatch up` runs when all of Tillwatch is one process. Every setting has a default.

state: /var/lib/tillwatch         # where everything is kept
listen: 127.0.0.1:8420
broker_port: 1883                 # default: a free one
policy: retail
cmdb: cmdb.yaml                   # default: a store `here` with this machine in it
store: here
agent: this-machine
defaults: {interval: 15s}         # as in agent.yaml
checks: [{ci: this-machine, probe: host}]
"""

import os
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
import yaml

from collector import cmdb
from collector import config as collector_config
from contract.broker import Broker
from contract.documents import DocumentError, Mistake, convert, load, text_of
from contract.ids import ID_PATTERN
from edge_agent import config as agent_config

Id = Annotated[str, msgspec.Meta(pattern=ID_PATTERN)]
THIS_MACHINE = agent_config.CheckSettings(ci="this-machine", probe="host")


class UpDocument(msgspec.Struct, frozen=True):
    """up.yaml as it is written. Relative paths count from its folder."""

    state: str = ""
    listen: str = "127.0.0.1:8420"
    broker_port: Annotated[int, msgspec.Meta(ge=1, le=65_535)] | None = None
    policy: str = "retail"
    cmdb: str = ""
    store: Id = "here"
    agent: Id = "this-machine"
    defaults: agent_config.Defaults = agent_config.Defaults()
    checks: list[agent_config.CheckSettings] = msgspec.field(default_factory=lambda: [THIS_MACHINE])


class Up(NamedTuple):
    """What runs, but for the broker's address, which is known once it runs."""

    document: UpDocument
    lines: dict[str, int]
    name: str
    state: Path

    def collector(self, broker: str) -> collector_config.Config:
        text = yaml.safe_dump(
            {
                "deployment": "up",
                "broker": {"url": broker},
                "database": f"sqlite:///{self.state / 'collector.db'}",
                "cmdb": [{"kind": "yaml", "path": self.document.cmdb or str(self.state / "cmdb.yaml")}],
                "policy": self.document.policy,
                "http": {"listen": self.document.listen},
            }
        )
        return collector_config.parse(text, self.name)

    def agent(self, broker: str) -> agent_config.Config:
        document = agent_config.AgentDocument(
            store=self.document.store,
            agent=self.document.agent,
            broker=Broker(url=broker),
            checks=self.document.checks,
            log=agent_config.LogSettings(path=str(self.state / "agent.db")),
            defaults=self.document.defaults,
        )
        return agent_config.in_force(document, self.lines, self.name)


def read(path: Path | None) -> Up:
    """The file at `path`, or the defaults; makes the state folder. Raises DocumentError, OSError."""
    name = str(path or "defaults")
    loaded = load(text_of(path) if path else "", name)
    document = convert(loaded, UpDocument, name)
    folder = path.parent if path else Path()
    document = msgspec.structs.replace(
        document,
        cmdb=str(folder / document.cmdb) if document.cmdb else "",
        policy=str(folder / document.policy) if document.policy.endswith((".yaml", ".yml")) else document.policy,
    )
    state = folder / Path(document.state).expanduser() if document.state else default_state()
    up = Up(document, loaded.lines, name, state.resolve())
    up.agent("mqtt://127.0.0.1:1"), up.collector("mqtt://127.0.0.1:1")  # every mistake before anything is started
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    if document.cmdb:
        _registered(up)
    else:
        (state / "cmdb.yaml").write_text(yaml.safe_dump(machine_alone(document)))
    return up


def default_state() -> Path:
    """Where programs of a person keep what outlives them (XDG Base Directory)."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "tillwatch"


def machine_alone(document: UpDocument) -> dict[str, Any]:
    """A CMDB of one store that has this machine and whatever else the checks name."""
    items = dict.fromkeys(check.ci for check in document.checks)
    return {
        "stores": [{"id": document.store, "name": "This machine", "agents": [document.agent]}],
        "items": [{"id": ci, "store": document.store, "class": "server"} for ci in items],
    }


def _registered(up: Up) -> None:
    registry = cmdb.registry(cmdb.read_yaml(Path(up.document.cmdb)))
    found = registry.get(up.document.agent)
    if found != up.document.store:
        told = f"it is an agent of store {found}" if found else "the CMDB knows no such agent"
        mistake = Mistake(
            up.lines.get("agent", 0), "agent", f"found {up.document.agent!r} for store {up.document.store}; {told}"
        )
        raise DocumentError(up.name, [mistake])
