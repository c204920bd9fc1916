"""`tillwatch stores`: every store, how it is and what it can still do."""

import argparse
import json
from typing import Any

from tillwatch import api
from tillwatch.table import table

NAME = "stores"
HELP = "list stores, how each is and what it can still do"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="the API's JSON as it is")
    api.arguments(parser)


def run(options: argparse.Namespace) -> int:
    answer = api.get(api.from_options(options), "stores")
    if options.json:
        print(json.dumps(answer, indent=2))
    elif answer["items"]:
        print(table(("STORE", "NAME", "REGION", "STATUS", "OPEN INCIDENTS"), [_row(one) for one in answer["items"]]))
    else:
        print("The CMDB has no stores.")
    return 0


def _row(store: dict[str, Any]) -> tuple[Any, ...]:
    return (store["id"], store.get("name", ""), store.get("region", ""), store.get("status", ""), _open(store))


def _open(store: dict[str, Any]) -> int:
    incidents = store.get("incidents") or []
    return incidents if isinstance(incidents, int) else len(incidents)
