"""What each agent should run by, and whether it does. An agent says the hash of its configuration in every hello; what
it should be is a file that `tillwatch cmdb export --expected` writes.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec

from contract import documents
from rules.given.cmdb import Id

Hash = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{16}\Z")]


class ExpectedDocument(msgspec.Struct, frozen=True):
    """Agent id → the hash of its agent.yaml."""

    agents: dict[Id, Hash]


class Installed(NamedTuple):
    """What an agent said in its last hello: its release, and the hash of the configuration that it runs by."""

    version: str
    config: str


class AgentRun(NamedTuple):
    """An agent beside what it should be. `drift` is None where one of the two hashes is not known."""

    agent: str
    installed: Installed | None
    expected: str | None

    @property
    def drift(self) -> bool | None:
        if self.installed is None or self.expected is None:
            return None
        return self.installed.config != self.expected


def read(path: Path) -> dict[str, str]:
    """Raises DocumentError."""
    return documents.read(path, ExpectedDocument).agents


def run_of(agent: str, installed: Mapping[str, Installed], expected: Mapping[str, str]) -> AgentRun:
    return AgentRun(agent, installed.get(agent), expected.get(agent))
