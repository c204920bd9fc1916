"""`tillwatch shadow report|import|compare`: what desks in shadow mode would have been sent, and how that compares."""

import argparse
import sys
import time
from pathlib import Path

import msgspec

from collector.config import read
from collector.database import DatabaseError, opened, shadow
from collector.shadow_report import ShadowReport, report
from contract.documents import DocumentError
from tillwatch import api
from tillwatch.instants import instant
from tillwatch.shadow_day import compare, take
from tillwatch.table import table

NAME = "shadow"
HELP = "what help desks in shadow mode would have been sent, and how that compares: report, import, compare"


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="report|import|compare")
    one = actions.add_parser("report", help="each ticket that would have been made, changed or resolved")
    one.add_argument("--config", required=True, type=Path, help="path of collector.yaml")
    for name in ("desk", "region", "category"):
        one.add_argument(f"--{name}", help="only this one")
    one.add_argument("--since", default="", metavar="TIME", help="only from this instant on (RFC 3339, or `10m ago`)")
    one.add_argument("--text", action="store_true", help="with the tickets' texts")
    one.add_argument("--json", action="store_true", help="as the API's /api/v1/reports/shadow has it, all in one page")
    one.set_defaults(perform=_report)
    taking = actions.add_parser("import", help="takes a desk's own tickets from a CSV, to compare with")
    taking.add_argument("list", type=Path, metavar="LIST", help="columns ticket, opened_at, store or ci, category")
    taking.add_argument("--desk", required=True, help="whose tickets these are: a name of help_desk")
    taking.add_argument("--config", required=True, type=Path, help="path of collector.yaml")
    taking.set_defaults(perform=_import)
    day = actions.add_parser("compare", help="a day of the desk's own tickets beside what we decided")
    api.arguments(day)
    day.add_argument("--desk", required=True, help="whose tickets")
    day.add_argument("--day", default="", metavar="DAY", help="2026-11-27, in UTC; yesterday when left out")
    for name in ("region", "category"):
        day.add_argument(f"--{name}", help="only this one")
    day.add_argument("--json", action="store_true", help=api.JSON)
    day.set_defaults(perform=compare)


def run(options: argparse.Namespace) -> int:
    """0: done. 1: there is no such database. 2: the configuration is wrong."""
    code: int = options.perform(options)
    return code


def _import(options: argparse.Namespace) -> int:
    try:
        config = read(options.config)
    except DocumentError as error:
        print(error, file=sys.stderr)
        return 2
    return take(options, config)


def _report(options: argparse.Namespace) -> int:
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
