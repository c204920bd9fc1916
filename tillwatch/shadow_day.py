"""A desk in shadow mode beside the desk's own tickets: takes their export in, and shows a day of both."""

import argparse
import json
import sys
from typing import Any

from collector.config import Config
from collector.database import DatabaseError, opened, own_tickets
from contract.documents import DocumentError, text_of
from tillwatch import api
from tillwatch.instants import clock
from tillwatch.own_tickets import tickets
from tillwatch.table import plain, table

HEAD = ("AT", "VERDICT", "TICKET", "INCIDENT", "STORE", "CI", "CATEGORY", "MINUTES EARLIER")


def take(options: argparse.Namespace, config: Config) -> int:
    """0: imported. 1: the database does not answer. 2: the list, or the desk's name, is wrong."""
    names = [desk.name for desk in config.help_desk]
    if options.desk not in names:
        print(f"--desk: found {options.desk!r}, the configuration has {', '.join(names) or 'none'}", file=sys.stderr)
        return 2
    database = opened(config.database)
    try:
        found = tickets(text_of(options.list), str(options.list), options.desk)
        with database.writing() as connection:
            count = own_tickets.keep(connection, found)
    except DocumentError as error:
        print(error, file=sys.stderr)
        return 2
    except DatabaseError as error:
        print(f"the database does not answer: {error}", file=sys.stderr)
        return 1
    finally:
        database.close()
    print(f"{count} tickets of {options.desk}")
    return 0


def compare(options: argparse.Namespace) -> int:
    asked = {name: getattr(options, name) for name in ("desk", "day", "region", "category")}
    found = api.get(api.from_options(options), "reports/shadow/comparison", **asked)
    print(json.dumps(found, indent=2) if options.json else _text(found))
    return 0


def _text(found: dict[str, Any]) -> str:
    earlier = found["minutes_earlier"]
    lines = [table(HEAD, [_row(one) for one in found["items"]])] if found["items"] else []
    sooner = "" if earlier is None else f" ({earlier:.0f} min earlier)"
    lines.append(
        f"{found['day']}, {plain(found['desk'])}: {found['tickets']} own tickets, {found['incidents']} incidents:"
        f" {found['caught']} caught{sooner}, {found['missed']} missed,"
        f" {found['false']} false, {found['ours_alone']} ours alone"
    )
    if not found["tickets"]:
        lines.append("No own tickets of that day: import them first (tillwatch shadow import).")
    return "\n".join(lines)


def _row(one: dict[str, Any]) -> tuple[Any, ...]:
    earlier, number = one["minutes_earlier"], one["number"]
    verdict = f"{one['verdict']} (held back: {one['held_back']})" if one["held_back"] else one["verdict"]
    return (
        clock(one["at"]),
        plain(verdict),
        plain(one["ticket"]) or "-",
        "-" if number is None else f"#{number}",
        plain(one["store"]),
        plain(one["ci"]),
        plain(one["category"]),
        "-" if earlier is None else f"{earlier:.0f}",
    )
