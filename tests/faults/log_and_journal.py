"""Compares what an agent's log holds with what the collector's journal holds, once both are stopped."""

from collections import Counter
from pathlib import Path

from collector.database import cursors, journal, opened
from contract.records import Gap
from rules.entries import Records
from tests.faults import agent_cuts


def differences(folder: Path) -> tuple[int, list[str]]:
    """How many records the log in `folder` holds, and what is not as it must be. Nothing may have been let go of.

    What the agent had decided and not told when it was stopped may be missing in the journal; nothing else may.
    """
    log = agent_cuts.read(folder / "agent.db")
    database = opened(f"sqlite:///{folder}/collector.db")
    try:
        with database.reading() as connection:
            broken = journal.broken_link(connection)
            placed = journal.after(connection, 0, 1_000_000)
            epochs = {row.generation: row.epoch for row in cursors.all_cursors(connection)}
    finally:
        database.close()
    entries = [one.entry for one in placed if isinstance(one.entry, Records)]
    kept = Counter((epochs[entry.generation], record.seq) for entry in entries for record in entry.records)
    gaps = [record for entry in entries for record in entry.records if isinstance(record, Gap)]
    settled = log.records.keys() - log.pending
    return len(log.records), [
        *(f"{number} is settled in the log and not in the journal" for number in settled - kept.keys()),
        *(f"{number} is in the journal and not in the log" for number in kept.keys() - log.records.keys()),
        *(f"{number} is in the journal {count} times" for number, count in kept.items() if count > 1),
        *(f"{number} was given and is nowhere" for number in agent_cuts.holes(log)),
        *(f"{gap} was declared" for gap in gaps),
        *([f"{log.dropped} were dropped"] if log.dropped else []),
        *([f"the hash chain is {broken}"] if broken is not None else []),
    ]
