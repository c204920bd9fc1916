"""`tillwatch journal verify|export`: whether the journal's hash chain holds, and the journal in a file of its own."""

import argparse
import json
from pathlib import Path

from collector import journal_file, recording
from collector.database.decisions import state_rows
from collector.database.hash_chain import ChainBroken
from tillwatch import journals
from tillwatch.failure import CommandFailed
from tillwatch.progress import Progress

NAME = "journal"
HELP = "what the engine was told: verify its hash chain, export it into a file"


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(metavar="verify|export", required=True)
    verifying = actions.add_parser("verify", help="say whether the hash chain holds, and where it does not")
    verifying.add_argument("--json", action="store_true", help="one JSON object")
    verifying.set_defaults(action=_verify)
    exporting = actions.add_parser("export", help="write the journal into a file that `rules replay` can run")
    exporting.add_argument("file", type=Path, metavar="FILE", help="file to write, compressed where it ends in .gz")
    exporting.set_defaults(action=_export)
    for one in (verifying, exporting):
        one.add_argument("--journal", required=True, metavar="DB", help=journals.NAMED)


def run(options: argparse.Namespace) -> int:
    """0: it holds, or is written. 1: the chain is broken. 2: there is no such journal."""
    code: int = options.action(options)
    return code


def _verify(options: argparse.Namespace) -> int:
    with journals.found(options.journal) as found:
        first = found.recording.head - found.recording.size + 1
        try:
            with Progress(found.recording.size, "entries") as progress:
                count = recording.verified(found.recording, progress.tell)
        except ChainBroken as error:
            if not options.json:
                raise CommandFailed(str(error)) from error
            print(json.dumps({"holds": False, "position": error.broken.position, "text": error.broken.text}))
            return 1
    if options.json:
        print(json.dumps({"holds": True, "first": first, "last": first + count - 1, "entries": count}))
    else:
        pruned = f"; what was before {first} is not kept any more" if first > 1 else ""
        print(f"the hash chain of {count:,} entries holds{pruned}")
    return 0


def _export(options: argparse.Namespace) -> int:
    with journals.found(options.journal) as found:
        digest = found.digest if found.connection is None else journal_file.digest_of_rows(state_rows(found.connection))
        try:
            with Progress(found.recording.size, "entries") as progress:
                count = journal_file.write(found.recording, digest, options.file, progress.tell)
        except ChainBroken as error:
            options.file.unlink(missing_ok=True)
            raise CommandFailed(str(error)) from error
        except FileExistsError as error:
            raise CommandFailed(f"{options.file}: is there already", 2) from error
    print(f"{count:,} entries written to {options.file}")
    return 0
