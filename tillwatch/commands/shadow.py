"""`tillwatch shadow report --config collector.yaml`: what desks in shadow mode would have been sent."""

import argparse
import sys
import time
from pathlib import Path

import msgspec

from collector.config import read
from collector.database import DatabaseError, opened, shadow
from collector.shadow_report import ShadowReport, report
from contract.documents import DocumentError
from tillwatch.instants import instant
from tillwatch.table import table

NAME = "shadow"
HELP = "what help desks in shadow mode would have been sent: report"


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="report")
    one = actions.add_parser("report", help="each ticket that would have been made, changed or resolved")
    one.add_argument("--config", required=True, type=Path, help="path of collector.yaml")
    for name in ("desk", "region", "category"):
        one.add_argument(f"--{name}", help="only this one")
    one.add_argument("--since", default="", metavar="TIME", help="only from this instant on (RFC 3339, or `10m ago`)")
    one.add_argument("--text", action="store_true", help="with the tickets' texts")
    one.add_argument("--json", action="store_true", help="as the API's /api/v1/reports/shadow has it, all in one page")


def run(options: argparse.Namespace) -> int:
    """0: done. 1: there is no such database. 2: the configuration is wrong."""
    try:
        since = instant(options.since, time.time()) if options.since else 0.0
        database = opened(read(options.config).database)
    except (DocumentError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    asked = shadow.Asked(since, options.desk, options.region, options.category)
    try:
        with database.reading() as connection:
            found = report(shadow.listed(connection, asked), shadow.summed(connection, asked))
    except DatabaseError as error:
        print(f"the database does not answer: {error}", file=sys.stderr)
        return 1
    finally:
        database.close()
    if options.json:
        print(msgspec.json.format(msgspec.json.encode(found)).decode())
        return 0
    _print(found, with_text=options.text)
    return 0


def _print(found: ShadowReport, *, with_text: bool) -> None:
    if not with_text:
        rows = [[one.at, one.desk, one.action, f"#{one.number}", one.region, one.subject] for one in found.items]
        print(table(["at", "desk", "action", "incident", "region", "subject"], rows))
    for one in found.items if with_text else []:
        print(f"--- {one.at} {one.desk} {one.action} #{one.number} {one.region}\n{one.subject}\n\n{one.body}\n")
    sums = [list(map(str, msgspec.structs.astuple(one))) for one in found.summary]
    if sums:
        print(table(["desk", "region", "category", "tickets", "updates", "resolves"], sums))
    print(f"{found.tickets} tickets would have been made, {found.unsent} requests were not sent")
