"""`tillwatch shadow report --config collector.yaml`: what desks in shadow mode would have been sent."""

import argparse
import json
import sys
import time
from pathlib import Path

from collector.config import read
from collector.database import DatabaseError, opened, shadow
from collector.instants import text_of_instant
from contract.documents import DocumentError
from tillwatch.instants import instant
from tillwatch.table import table

NAME = "shadow"
HELP = "what help desks in shadow mode would have been sent: report"


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="report")
    report = actions.add_parser("report", help="each ticket that would have been made, changed or resolved")
    report.add_argument("--config", required=True, type=Path, help="path of collector.yaml")
    report.add_argument("--desk", default="", help="only this one")
    report.add_argument(
        "--since", default="", metavar="TIME", help="only from this instant on (RFC 3339, or `10m ago`)"
    )
    report.add_argument("--text", action="store_true", help="with the tickets' texts")
    report.add_argument("--json", action="store_true", help="as JSON, with the texts")


def run(options: argparse.Namespace) -> int:
    """0: done. 1: there is no such database. 2: the configuration is wrong."""
    try:
        since = instant(options.since, time.time()) if options.since else 0.0
        database = opened(read(options.config).database)
    except (DocumentError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    try:
        with database.reading() as connection:
            found = shadow.listed(connection, since, options.desk)
    except DatabaseError as error:
        print(f"the database does not answer: {error}", file=sys.stderr)
        return 1
    finally:
        database.close()
    if options.json:
        print(json.dumps([one._asdict() | {"at": text_of_instant(one.at)} for one in found], indent=2))
        return 0
    _print(found, with_text=options.text)
    return 0


def _print(found: list[shadow.Unsent], *, with_text: bool) -> None:
    made = len({(one.desk, one.incident) for one in found if one.action == "create"})
    if not with_text:
        rows = [[text_of_instant(one.at), one.desk, one.action, one.incident, one.subject] for one in found]
        print(table(["at", "desk", "action", "incident", "subject"], rows))
    for one in found if with_text else []:
        print(f"--- {text_of_instant(one.at)} {one.desk} {one.action} {one.incident}\n{one.subject}\n\n{one.body}\n")
    print(f"{made} tickets would have been made, {len(found)} requests were not sent")
