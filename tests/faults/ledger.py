"""What the agents' logs hold, against what the collector's journal holds: each record in both, and once."""

import json
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from collector.database import cursors, journal, opened
from collector.database.hash_chain import Broken
from rules.entries import Records
from tests.faults.chain import Chain

Key = tuple[str, str, int, str]  # agent, epoch, seq, the record's own words


class Ledger(NamedTuple):
    """`lost`: on disk at an agent and nowhere in the journal. `twice`: in the journal more than once."""

    kept: int
    lost: list[Key]
    twice: list[Key]
    broken: Broken | None

    @property
    def sound(self) -> bool:
        return self.kept > 0 and not self.lost and not self.twice and self.broken is None

    def __str__(self) -> str:
        return f"{self.kept} records in the logs, {len(self.lost)} lost, {len(self.twice)} twice"


def ledger(chain: Chain) -> Ledger:
    """To be asked once all agents have ended, which alone may have their logs open."""
    logged = [key for shop in chain.shops.values() for key in in_log(chain.log_of(shop.id), shop.agent)]
    entered, broken = in_journal(chain.config.database)
    twice = [key for key, times in entered.items() if times > 1]
    return Ledger(len(logged), [key for key in logged if key not in entered], twice, broken)


def in_log(path: Path, agent: str) -> list[Key]:
    query = "SELECT epoch, body FROM records JOIN epochs USING (ordinal)"
    with closing(sqlite3.connect(path)) as log:
        return [_key(agent, epoch, json.loads(body)) for epoch, body in log.execute(query)]


def in_journal(url: str) -> tuple[Counter[Key], Broken | None]:
    """Every record, how often it is there, and where the chain of hashes is broken."""
    database = opened(url)
    with database.reading() as connection:
        epochs = {(life.agent, life.generation): life.epoch for life in cursors.all_cursors(connection)}
        placed = journal.after(connection, 0, 1_000_000)
        broken = journal.broken_link(connection)
    database.close()
    entries = [one.entry for one in placed if isinstance(one.entry, Records)]
    return Counter(
        (entry.agent, epochs[entry.agent, entry.generation], record.seq, _words(record))
        for entry in entries
        for record in entry.records
    ), broken


def _key(agent: str, epoch: str, body: dict[str, object]) -> Key:
    return agent, epoch, int(str(body["seq"])), str(body.get("check", ""))


def _words(record: object) -> str:
    return str(getattr(record, "check", ""))
