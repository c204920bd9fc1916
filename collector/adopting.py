"""Policy and CMDB on their way to the engine: through the journal, and only when they differ from what it has."""

from hashlib import sha256
from typing import Any

import msgspec

from collector.database import Connection, Database, journal, loaded
from collector.documents import Documents
from rules.entries import CmdbLoaded, EngineStarted, JournalEntry, PolicyLoaded

_decode = msgspec.json.Decoder(dict[str, Any]).decode


def append_start(database: Database, documents: Documents, version: str, at: float) -> None:
    """Says that the engine starts with the rules of release `version`, and what changed since it last did."""
    with database.writing() as connection:
        journal.append(connection, [EngineStarted(at=at, version=version), *_changed(connection, documents, at)])


def append_changed(database: Database, documents: Documents, at: float) -> list[str]:
    """Appends what differs from what the journal has, and says what that was. One transaction."""
    with database.writing() as connection:
        entries = _changed(connection, documents, at)
        if entries:
            journal.append(connection, entries)
    return ["the policy" if isinstance(entry, PolicyLoaded) else "the CMDB" for entry in entries]


def _changed(connection: Connection, documents: Documents, at: float) -> list[JournalEntry]:
    entries: list[JournalEntry] = []
    if _is_new(connection, "policy", documents.policy):
        entries.append(PolicyLoaded(at=at, name=documents.policy_name, document=_decode(documents.policy)))
    if _is_new(connection, "cmdb", documents.cmdb):
        entries.append(CmdbLoaded(at=at, document=_decode(documents.cmdb)))
    return entries


def _is_new(connection: Connection, name: str, body: msgspec.Raw) -> bool:
    digest = sha256(body).hexdigest()
    if loaded.digest_of(connection, name) == digest:
        return False
    loaded.note(connection, name, digest)
    return True
