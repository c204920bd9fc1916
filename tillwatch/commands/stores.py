"""`tillwatch stores`: every store, how it is and when it was last heard."""

import argparse
import json
from typing import Any

from tillwatch import api
from tillwatch.instants import clock
from tillwatch.table import table

NAME = "stores"
HELP = "list stores, how each is and when it was last heard"

PAGE = "1000"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON array of all stores")
    api.arguments(parser)


def run(options: argparse.Namespace) -> int:
    stores = _all(api.from_options(options))
    if options.json:
        print(json.dumps(stores, indent=2))
    elif stores:
        print(table(("STORE", "NAME", "REGION", "STATUS", "LAST HEARD", "INCIDENTS"), [_row(one) for one in stores]))
    else:
        print("The CMDB has no stores.")
    return 0


def _all(site: api.Api) -> list[dict[str, Any]]:
    stores: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = api.get(site, "stores", limit=PAGE, cursor=cursor)
        stores += page["items"]
        if not (cursor := page["next"]):
            return stores


def _row(store: dict[str, Any]) -> tuple[Any, ...]:
    status = store["status"] if store["trading"] else f"{store['status']} (closed)"
    return (store["id"], store["name"], store["region"], status, clock(store["last_seen"]), store["incidents"])
