"""`tillwatch tickets list|retry --config collector.yaml`: tickets that are not there yet or not as they should be."""

import argparse
import json
import sys
from pathlib import Path

from collector.config import read
from collector.database import Database, DatabaseError, lanes, opened
from contract.documents import DocumentError
from tillwatch.table import plain, table

NAME = "tickets"
HELP = "tickets that are not as they should be: list, retry what desks refused"
_WORDS = {lanes.PENDING: "waits", lanes.DEAD: "refused", lanes.IDLE: "differs"}


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|retry")
    listing = actions.add_parser("list", help="incidents whose tickets were refused, wait, or differ from what we want")
    listing.add_argument("--limit", type=int, default=50, help="how many (50)")
    listing.add_argument("--json", action="store_true", help="as JSON")
    retry = actions.add_parser("retry", help="have a desk asked again for what it refused")
    retry.add_argument("desk", metavar="DESK", help="its name in collector.yaml")
    retry.add_argument("incident", metavar="INCIDENT", nargs="?", default="", help="its id; without, all of the desk's")
    for one in actions.choices.values():
        one.add_argument("--config", required=True, type=Path, help="path of collector.yaml")


def run(options: argparse.Namespace) -> int:
    """0: done. 1: nothing was there to retry, or no database. 2: the configuration is wrong."""
    try:
        database = opened(read(options.config).database)
    except (DocumentError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    try:
        return {"list": _list, "retry": _retry}[options.action](database, options)
    except DatabaseError as error:
        print(f"the database does not answer: {error}", file=sys.stderr)
        return 1
    finally:
        database.close()


def _list(database: Database, options: argparse.Namespace) -> int:
    with database.reading() as connection:
        limit = max(1, options.limit)
        found = [*lanes.undelivered(connection, limit), *lanes.differing(connection, limit)][:limit]
        troubles = {desk: error for desk, error in lanes.troubles(connection).items() if error}
    rows = [(one.desk, one.incident, f"P{one.priority}", _WORDS[one.state], one.attempts, one.error) for one in found]
    headings = ("desk", "incident", "priority", "state", "attempts", "error")
    if options.json:
        items = [dict(zip(headings, row, strict=True)) for row in rows]
        print(json.dumps({"troubles": troubles, "items": items}, indent=2))
        return 0
    for desk, error in troubles.items():
        print(f"{desk}: {plain(error)}")
    print(table(headings, rows) if rows else "every desk has everything as it should be")
    return 0


def _retry(database: Database, options: argparse.Namespace) -> int:
    with database.writing() as connection:
        count = lanes.retry(connection, options.desk, options.incident)
    if not count:
        print(f"nothing was refused by {options.desk} {options.incident}".rstrip(), file=sys.stderr)
        return 1
    print(f"{count} will be asked for again within seconds")
    return 0
