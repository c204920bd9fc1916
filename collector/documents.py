"""The policy and the CMDB as the engine gets them: through the journal, and only when they differ from what it has."""

from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

from collector import cmdb
from collector.config import Config
from collector.database import Database, journal, loaded
from rules import policy
from rules.entries import CmdbLoaded, EngineStarted, JournalEntry, PolicyLoaded

_encode = msgspec.json.Encoder().encode  # keys in their order, because that of a policy's services means something


class Documents(NamedTuple):
    """Plain data, validated. `version` is of the rules that will run on it."""

    policy_name: str
    policy: dict[str, Any]
    cmdb: dict[str, Any]
    version: str


def read(config: Config, version: str) -> Documents:
    """Raises DocumentError with every mistake in either."""
    return Documents(config.policy, policy.load(config.policy), cmdb.read(config.cmdb), version)


def append_new(database: Database, documents: Documents, at: float) -> None:
    """Says that the engine starts, and appends what changed since it last did. One transaction."""
    entries: list[JournalEntry] = [EngineStarted(at=at, version=documents.version)]
    with database.writing() as connection:
        for name, document, entry in (
            ("policy", documents.policy, PolicyLoaded(at=at, name=documents.policy_name, document=documents.policy)),
            ("cmdb", documents.cmdb, CmdbLoaded(at=at, document=documents.cmdb)),
        ):
            digest = sha256(_encode(document)).hexdigest()
            if loaded.digest_of(connection, name) != digest:
                loaded.note(connection, name, digest)
                entries.append(entry)
        journal.append(connection, entries)
