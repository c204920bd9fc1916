"""`tillwatch changes add|list`: what is going to be changed, so that what fails after it can name it."""

import argparse
import json
import time
from typing import Any

from contract.units import duration
from tillwatch import api, window_commands
from tillwatch.failure import CommandFailed
from tillwatch.instants import clock, instant, rfc3339
from tillwatch.table import table

NAME = "changes"
HELP = "changes to the estate: add, list"

_HEADINGS = ("REFERENCE", "STATE", "FROM", "UNTIL", "WHERE", "BY", "TITLE")


def arguments(parser: argparse.ArgumentParser) -> None:
    api.arguments(parser)
    actions = parser.add_subparsers(metavar="add|list", required=True)
    adding = api.action(actions, "add", _add, "a new change; with the reference of one that is known, its new time")
    adding.add_argument("reference", metavar="REFERENCE", help="its name at whoever plans changes: CHG0031337")
    adding.add_argument(
        "subjects", nargs="*", metavar="WHERE", help="a store, an item of it, a shared item, or model=T2000"
    )
    adding.add_argument("--title", required=True, help="what is done")
    adding.add_argument("--from", dest="since", metavar="TIME", help="its beginning; now, unless said otherwise")
    adding.add_argument("--until", metavar="TIME", help="its end, such as 2026-11-27T22:00:00Z")
    adding.add_argument("--for", dest="lasting", metavar="TIME", help="how long: 45m, 2h")
    adding.add_argument("--fixes", default="", metavar="PROBLEM", help="the id of the problem that it is to end")
    adding.add_argument("--maintenance", action="store_true", help="with a maintenance window of its own")
    api.action(actions, "list", _list, "those that are not forgotten")


def run(options: argparse.Namespace) -> int:
    code: int = options.action(api.from_options(options), options)
    return code


def _add(site: api.Api, options: argparse.Namespace) -> int:
    shares = [one for one in options.subjects if "=" in one]
    stores, cis = window_commands.sorted_out(site, [one for one in options.subjects if "=" not in one])
    body: dict[str, Any] = {"reference": options.reference, "title": options.title, "fixes": options.fixes}
    body |= {"stores": stores, "cis": cis, "shares": shares, "maintenance": options.maintenance}
    change = api.post(site, "changes", body | _span(options, time.time()))
    print(json.dumps(change, indent=2) if options.json else table(_HEADINGS, [_row(change)]))
    return 0


def _list(site: api.Api, options: argparse.Namespace) -> int:
    found = api.get(site, "changes")
    if options.json:
        print(json.dumps(found, indent=2))
    elif found["items"]:
        print(table(_HEADINGS, [_row(one) for one in found["items"]]))
    else:
        print("There is none.")
    return 0


def _span(options: argparse.Namespace, now: float) -> dict[str, str]:
    """Empty: now, and over at once."""
    if options.lasting is not None and options.until is not None:
        raise CommandFailed("give its end once: either --for 45m or --until TIME", 2)
    try:
        since = now if options.since is None else instant(options.since, now)
        told = {} if options.since is None else {"from": rfc3339(since)}
        if options.until is not None:
            return told | {"until": rfc3339(instant(options.until, now))}
        return told if options.lasting is None else told | {"until": rfc3339(since + duration(options.lasting))}
    except ValueError as error:
        raise CommandFailed(str(error), 2) from error


def _row(change: dict[str, Any]) -> list[str]:
    named = [*change["stores"], *change["cis"], *change["shares"]]
    where = ", ".join(named[:3]) + (f" and {len(named) - 3} more" if len(named) > 3 else "")
    where = where or f"problem {change['fixes']}"
    span = [clock(change["from"]), clock(change["until"])]
    return [change["reference"], change["state"], *span, where, change["actor"], change["title"]]
