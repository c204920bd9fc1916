"""`tillwatch stores [list]|show|coverage`: every store and how it is; one, with its agents; or what is watched."""

import argparse
import json
import urllib.parse
from typing import Any

from tillwatch import api
from tillwatch.coverage_text import coverage_text
from tillwatch.instants import clock
from tillwatch.table import plain, table

NAME = "stores"
HELP = "list stores, show one (what it can do, its agents and incidents), or what is watched in them"

PAGE = "1000"
JSON = "the data behind it as JSON"


def arguments(parser: argparse.ArgumentParser) -> None:
    api.arguments(parser)
    parser.add_argument("--json", action="store_true", default=False, help=JSON)
    parser.set_defaults(action=_list)
    actions = parser.add_subparsers(metavar="ACTION")
    listing = actions.add_parser("list", help="every store (the same as no action)")
    _common(listing)
    listing.set_defaults(action=_list)
    show = actions.add_parser("show", help="one store: services, agents, incidents")
    show.add_argument("id", metavar="ID", help="the store's id")
    _common(show)
    show.set_defaults(action=_show)
    covering = actions.add_parser("coverage", help="which services are watched, by what, and how stale")
    covering.add_argument("id", metavar="ID", nargs="?", help="only this store")
    covering.add_argument(
        "--gaps", action="store_true", help="only stores in which something is not watched or heard of"
    )
    _common(covering)
    covering.set_defaults(action=_coverage)


def run(options: argparse.Namespace) -> int:
    code: int = options.action(options)
    return code


def _common(parser: argparse.ArgumentParser) -> None:
    """Without defaults, so that what stands before the action is kept."""
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=JSON)
    api.addresses(parser)


def _list(options: argparse.Namespace) -> int:
    stores = _all(api.from_options(options), "stores")
    if options.json:
        print(json.dumps(stores, indent=2))
    elif stores:
        print(table(("STORE", "NAME", "REGION", "STATUS", "LAST HEARD", "INCIDENTS"), [_row(one) for one in stores]))
    else:
        print("The CMDB has no stores.")
    return 0


def _show(options: argparse.Namespace) -> int:
    store = api.get(api.from_options(options), f"stores/{urllib.parse.quote(options.id, safe='')}")
    print(json.dumps(store, indent=2) if options.json else "\n".join(_described(store)))
    return 0


def _coverage(options: argparse.Namespace) -> int:
    stores = _all(api.from_options(options), "coverage", store=options.id, gaps="true" if options.gaps else None)
    if options.json:
        print(json.dumps(stores, indent=2))
    else:
        print(coverage_text(stores) if stores else "Everything that gives a service is watched.")
    return 0


def _described(store: dict[str, Any]) -> list[str]:
    trading = "" if store["trading"] else " (closed)"
    named = f"{store['name'] or store['id']} ({store['id']}), {store['region']}"
    lines = [f"{plain(named)}: {store['status']}{trading}", ""]
    services = [(one["title"], f"{one['up']:g} of {one['total']:g} {one['unit']}") for one in store["services"]]
    agents = [
        (
            one["agent"],
            clock(one["last_seen"]),
            *(one[key] or "-" for key in ("version", "config", "expected")),
            _drift(one["drift"]),
            _quarantine(one.get("quarantine")),
        )
        for one in store["agents"]
    ]
    incidents = [(f"#{one['number']}", one["priority"], one["state"], one["title"]) for one in store["incidents"]]
    for head, rows in (
        (("SERVICE", "UP"), services),
        (("AGENT", "LAST HEARD", "RELEASE", "CONFIG", "EXPECTED", "DRIFT", "QUARANTINE"), agents),
        (("INCIDENT", "PRIORITY", "STATE", "TITLE"), incidents),
    ):
        lines += [table(head, rows), ""] if rows else []
    return lines[:-1]


def _drift(drift: bool | None) -> str:
    return {True: "yes", False: "no", None: "?"}[drift]


def _quarantine(held: dict[str, Any] | None) -> str:
    """An older collector does not say."""
    return "" if held is None else f"{held['why']} since {clock(held['since'])}, {held['refused']} refused"


def _all(site: api.Api, path: str, **query: str | None) -> list[dict[str, Any]]:
    stores: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = api.get(site, path, limit=PAGE, cursor=cursor, **query)
        stores += page["items"]
        if not (cursor := page["next"]):
            return stores


def _row(store: dict[str, Any]) -> tuple[Any, ...]:
    status = store["status"] if store["trading"] else f"{store['status']} (closed)"
    return (store["id"], store["name"], store["region"], status, clock(store["last_seen"]), store["incidents"])
