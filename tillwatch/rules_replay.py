"""`tillwatch rules replay`: a journal run again, shown to come to what was decided, or judged by another policy."""

import argparse
import json
import sys
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import msgspec

from collector import journal_file, recording, reproduction
from collector.database import DatabaseError
from collector.database.checkpoints import CheckpointError
from collector.database.hash_chain import ChainBroken
from collector.reproduction import Reproduction
from rules import engine
from rules.given import policy
from rules.rehearsal.backtest import Backtest, Comparison
from rules.rehearsal.tally import Tally
from tillwatch import journals
from tillwatch.failure import CommandFailed
from tillwatch.instants import rfc3339
from tillwatch.journals import Found
from tillwatch.progress import Progress
from tillwatch.table import plain, table

_SHOWN = 20  # differences; --json prints all


def run(options: argparse.Namespace) -> int:
    """0: reproduced, or compared. 1: something differs from what was decided, or the chain is broken. 2: usage."""
    document = policy.load(options.policy) if options.policy else None
    try:
        with journals.found(options.journal) as found, Progress(found.recording.size, "entries") as progress:
            if document is not None:
                return _compared(found, document, progress, options)
            if found.connection is None:
                return _run_from_file(found, progress, options)
            made = reproduction.reproduced(found.url, options.jobs, progress.tell)
    except (ChainBroken, CheckpointError, DatabaseError) as error:
        raise CommandFailed(str(error)) from error
    except BrokenProcessPool as error:
        raise CommandFailed("a process was killed; fewer --jobs need less memory") from error
    return _told(made, options)


def _told(made: Reproduction, options: argparse.Namespace) -> int:
    if options.json:
        print(json.dumps(made._asdict() | {"differences": [one._asdict() for one in made.differences]}, indent=2))
        return 1 if made.differences else 0
    by = ", ".join(made.releases) or "unknown"
    pieces = f" in {made.segments} segments" if made.segments > 1 else ""
    print(
        f"{made.entries:,} entries, decided by release {by}, run again{pieces}: compared were "
        f"{made.rows:,} rows, {made.incidents:,} incidents, {made.lines:,} lines of timelines, {made.effects:,} effects"
    )
    for one in made.differences[:_SHOWN]:
        print(f"{plain(one.where)}\n  recorded: {plain(one.recorded) or '-'}\n  replayed: {plain(one.replayed) or '-'}")
    if made.differences:
        print(f"{len(made.differences):,} differ", file=sys.stderr)
        return 1
    print("every one is the same, byte for byte")
    return 0


def _run_from_file(found: Found, progress: Progress, options: argparse.Namespace) -> int:
    """A file has no rows to compare with, but the digest of those that the engine had."""
    state, count = found.recording.state(), 0
    for _, entry in recording.entries(found.recording, progress.tell):
        engine.run(state, entry)
        count += 1
    same = journal_file.digest_of(state) == found.digest
    if options.json:
        print(json.dumps({"entries": count, "same": same}))
    else:
        print(f"{count:,} entries run again: the engine's rows at the end are {'the same' if same else 'NOT the same'}")
    return 0 if same else 1


def _compared(found: Found, document: dict[str, Any], progress: Progress, options: argparse.Namespace) -> int:
    backtest = Backtest(found.recording.state(), found.recording.state(), document)
    for _, entry in recording.entries(found.recording, progress.tell):
        backtest.tell(entry)
    made = backtest.comparison()
    if options.json:
        print(msgspec.json.format(msgspec.json.encode(made)).decode())
    else:
        print(_page(made, options.policy))
    return 0


_ROWS = {
    "incidents": "incidents",
    "p1": "P1",
    "p2": "P2",
    "p3": "P3",
    "tickets": "tickets",
    "pages": "pages",
    "minutes_p1": "minutes at P1",
    "minutes_p2": "minutes at P2",
    "minutes_p3": "minutes at P3",
    "minutes_told": "minutes until actionable",
}


def _page(made: Comparison, name: str) -> str:
    lines = [table(["", "recorded", plain(name), "difference"], _rows(made.recorded, made.other))]
    if made.unlike:
        rows = [[rfc3339(one.started_at), one.ci, one.text] for one in made.unlike[:_SHOWN]]
        lines += ["", table(["began", "on", "what differs"], rows), *_more(len(made.unlike))]
    if made.orphans:
        orphans = [[rfc3339(one.at), one.what, one.actor, one.cause] for one in made.orphans[:_SHOWN]]
        head = "What was done to incidents that are not there then:"
        lines += ["", head, table(["at", "what", "by", "cause"], orphans), *_more(len(made.orphans))]
    return "\n".join(lines)


def _rows(recorded: Tally, other: Tally) -> list[list[str]]:
    numbers = [(name, getattr(recorded, key), getattr(other, key)) for key, name in _ROWS.items()]
    return [[name, f"{was:,.0f}", f"{now:,.0f}", f"{now - was:+,.0f}"] for name, was, now in numbers]


def _more(count: int) -> list[str]:
    return [f"and {count - _SHOWN:,} more; --json lists all"] if count > _SHOWN else []
