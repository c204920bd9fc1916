"""Scenarios of rule 29: what a desk is sent and what only our report has, of what the rules have decided."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import yaml

from collector import config
from contract import documents
from rules import engine
from rules.given.cmdb import CmdbDocument
from rules.rehearsal import scenario
from rules.rehearsal.scenario import Scenario, Step
from rules.state import State

_ANY = {
    "deployment": "acme",
    "broker": {"url": "mqtt://127.0.0.1:1"},
    "database": "sqlite:///collector.db",
    "cmdb": [{"kind": "yaml", "path": "cmdb.yaml"}],
    "http": {"listen": "127.0.0.1:0", "public_url": "https://noc.example"},
}
_DESK = {"name": "desk", "kind": "rt", "url": "https://desk.example", "token_file": "token"}


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """As collector.yaml has it. None: it says nothing of it."""

    mode: str | None = None
    shadow: dict[str, list[str]] = {}


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """`every_desk` is the one switch of collector.yaml. `sent` and `recorded` are CIs: all that have a ticket."""

    name: str
    rule: int
    desk: Desk
    every_desk: bool = False
    cmdb: CmdbDocument
    steps: list[Step]
    sent: list[str]
    recorded: list[str]


def differences(path: Path) -> Iterator[str]:
    """What is not as the scenario says."""
    story = documents.read(path, Story)
    told = {name: value for name, value in msgspec.to_builtins(story.desk).items() if value}
    document: dict[str, Any] = _ANY | {"shadow": story.every_desk, "help_desk": [_DESK | told]}
    [desk] = config.parse(yaml.safe_dump(document), "collector.yaml").help_desk
    state = _played(Scenario(name=story.name, rule=story.rule, cmdb=story.cmdb, steps=story.steps))
    known = [row for row in state.incidents.values() if row.opened_at is not None and row.suppressed is None]
    for wanted, held, what in ((story.sent, False, "sent"), (story.recorded, True, "recorded only")):
        found = sorted(row.ci for row in known if desk.holds_back(row) is held)
        if found != sorted(wanted):
            yield f"expected to be {what} {sorted(wanted)}, found {found}"


def _played(told: Scenario) -> State:
    state = State.empty()
    for _, entry in scenario.entries(told):
        engine.run(state, scenario.resolved(state, entry))
    return state
