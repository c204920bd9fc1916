"""`tillwatch ledger`: how often each rule was right, by what people said of its incidents."""

import argparse
import json
from typing import Any

from tillwatch import api
from tillwatch.table import plain, table

NAME = "ledger"
HELP = "how often each rule was right: opened, confirmed, false, minutes before the first call"
HEAD = ("RULE", "OPENED", "CONFIRMED", "FALSE", "PRECISION", "CALLED IN", "MINUTES BEFORE", "OWNER")


def arguments(parser: argparse.ArgumentParser) -> None:
    api.arguments(parser)
    parser.add_argument("--json", action="store_true", help=api.JSON)


def run(options: argparse.Namespace) -> int:
    found = api.get(api.from_options(options), "ledger")
    if options.json:
        print(json.dumps(found, indent=2))
        return 0
    if found["rules"]:
        print(table(HEAD, [_row(one) for one in found["rules"]]))
    print(
        f"The last {found['days']:g} days. Below {found['wanted']:.0%} its owner is told, once {found['least']}"
        " were judged; nothing is muted."
    )
    return 0


def _row(one: dict[str, Any]) -> tuple[Any, ...]:
    precision, minutes = one["precision"], one["minutes_before_first_call"]
    return (
        plain(one["rule"]),
        *(one[key] for key in ("opened", "confirmed", "false")),
        "-" if precision is None else f"{precision:.0%}",
        one["called"],
        "-" if minutes is None else f"{minutes:.0f}",
        plain(one["owner"]),
    )
