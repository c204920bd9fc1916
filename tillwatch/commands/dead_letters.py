"""`tillwatch dead-letters list|show|retry --config collector.yaml`: messages that the collector did not accept."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from collector.config import read
from collector.database import Database, DatabaseError, letters, opened
from collector.instants import text_of_instant
from contract.documents import DocumentError

NAME = "dead-letters"
HELP = "messages that were not accepted: list, show, retry"
SHOWN = 4096


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|show|retry")
    listing = actions.add_parser("list", help="newest first, with the count of each reason")
    listing.add_argument("--limit", type=int, default=50, help="how many (50)")
    listing.add_argument("--json", action="store_true", help="as JSON")
    for action, text in (("show", "one letter with its payload"), ("retry", "have one ingested again")):
        actions.add_parser(action, help=text).add_argument("id", type=int, help="its number")
    for one in actions.choices.values():
        one.add_argument("--config", required=True, type=Path, help="path of collector.yaml")


def run(options: argparse.Namespace) -> int:
    """0: done. 1: there is no such letter, or no database. 2: the configuration is wrong."""
    try:
        database = opened(read(options.config).database)
    except (DocumentError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    try:
        return {"list": _list, "show": _show, "retry": _retry}[options.action](database, options)
    except DatabaseError as error:
        print(f"the database does not answer: {error}", file=sys.stderr)
        return 1
    finally:
        database.close()


def _list(database: Database, options: argparse.Namespace) -> int:
    with database.reading() as connection:
        found = letters.listed(connection, max(1, options.limit))
        totals = letters.totals(connection)
    if options.json:
        rows = [{key: value for key, value in _plain(letter).items() if key != "payload"} for letter in found]
        print(json.dumps({"totals": totals, "items": rows}, indent=2))
        return 0
    for reason, count in sorted(totals.items()):
        print(f"{reason}: {count} in all")
    for letter in found:
        print(f"{letter.id:>8}  {text_of_instant(letter.at)}  {letter.reason:<12}  {letter.topic}  {letter.detail}")
    return 0


def _show(database: Database, options: argparse.Namespace) -> int:
    with database.reading() as connection:
        letter = letters.found(connection, options.id)
    if letter is None:
        return _none(options.id)
    for key, value in _plain(letter).items():
        print(f"{key}: {value}")
    return 0


def _retry(database: Database, options: argparse.Namespace) -> int:
    with database.writing() as connection:
        letter = letters.found(connection, options.id)
        asked = letters.ask_retry(connection, options.id)
    if letter is None:
        return _none(options.id)
    if not asked:
        print(f"letter {options.id} was cut to fit, so it cannot be taken again", file=sys.stderr)
        return 1
    print("the running collector takes it again within seconds")
    return 0


def _none(number: int) -> int:
    print(f"there is no dead letter {number}", file=sys.stderr)
    return 1


def _plain(letter: Any) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.structs.asdict(letter)
    shown = letter.payload[:SHOWN]
    return plain | {"at": text_of_instant(letter.at), "payload": _visible(shown)}


def _visible(payload: bytes) -> str:
    """Printable ASCII as it is, everything else as escapes: a letter may hold what a terminal would obey."""
    return "".join(chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}" for byte in payload)
