"""The policy, the CMDB and the expected hashes, read and found to be without mistakes. No database is known here, for
a process of its own reads the large ones.

They are kept as JSON: as Python objects they would be in memory twice, here and in the engine's state.
"""

from pathlib import Path
from typing import Any

import msgspec

from collector import cmdb, expected
from collector.config import CmdbSource, Config
from rules.given import estate, policy

_encode = msgspec.json.Encoder().encode  # keys in their order, because that of a policy's services means something


class Documents(msgspec.Struct, frozen=True):
    """Validated, each alone and together. `registry` is agent id → store id, of the CMDB: the only source of which
    store an agent speaks for. `expected` is agent id → the hash of the configuration that it should run by.
    """

    policy_name: str
    policy: msgspec.Raw
    cmdb: msgspec.Raw
    registry: dict[str, str]
    expected: dict[str, str]


class Sources(msgspec.Struct, frozen=True):
    """The part of a Config that says where the documents are."""

    policy: str
    cmdb: list[CmdbSource]
    expected_agents: str


def sources(config: Config) -> Sources:
    return Sources(config.policy, config.cmdb, config.expected_agents)


def read(where: Sources) -> Documents:
    """Raises DocumentError with every mistake."""
    return of(
        where.policy,
        policy.load(where.policy),
        cmdb.read(where.cmdb),
        expected.read(Path(where.expected_agents)) if where.expected_agents else {},
    )


def of(policy_name: str, policy: dict[str, Any], cmdb_data: dict[str, Any], hashes: dict[str, str]) -> Documents:
    """Of plain data. Raises DocumentError for what the engine would refuse."""
    estate.made(policy, cmdb_data)
    return Documents(
        policy_name,
        msgspec.Raw(_encode(policy)),
        msgspec.Raw(_encode(cmdb_data)),
        cmdb.registry(cmdb_data),
        hashes,
    )


def files(where: Sources) -> list[Path]:
    """Every file that `read` reads; a shipped policy is none."""
    named = [Path(source.path) for source in where.cmdb]
    named += [Path(where.policy)] if where.policy.endswith((".yaml", ".yml")) else []
    return named + ([Path(where.expected_agents)] if where.expected_agents else [])
