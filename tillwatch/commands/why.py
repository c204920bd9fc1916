"""`tillwatch why STORE[/CI]`: why there is an incident, or why there is none."""

import argparse
import json
import time
from typing import Any

from tillwatch import api
from tillwatch.colour import painted
from tillwatch.failure import CommandFailed
from tillwatch.instants import clock, instant, rfc3339
from tillwatch.table import plain, table

NAME = "why"
HELP = "why there is, or is no, incident for a store or a configuration item"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("subject", metavar="STORE[/CI]", help="a store 0042, an item 0042/pos-01, or a shared item")
    parser.add_argument("--at", metavar="TIME", help="as it was then: 2026-11-27T09:00:00Z or '10m ago'")
    parser.add_argument("--json", action="store_true", help="the API's JSON as it is")
    api.arguments(parser)


def run(options: argparse.Namespace) -> int:
    answer = api.get(api.from_options(options), "why", subject=options.subject, at=_at(options.at))
    print(json.dumps(answer, indent=2) if options.json else explanation(answer))
    return 0


def explanation(answer: dict[str, Any]) -> str:
    head = f"{plain(answer['subject'])} at {clock(answer['at'])}: {plain(str(answer['state']))}"
    lines = [painted(head, "bold"), plain(answer["sentence"], 500)]
    lines += [f"  [{plain(str(one['rule']))}] {plain(one['text'], 500)}" for one in answer.get("reasons") or []]
    if answer.get("path"):
        lines += ["", "path      " + " → ".join(plain(str(step)) for step in answer["path"])]
    if answer.get("incidents"):
        lines += ["incidents " + ", ".join(plain(_id(one)) for one in answer["incidents"])]
    if answer.get("checks"):
        rows = [_check(one) for one in answer["checks"]]
        lines += ["", table([heading.upper() for heading in rows[0]], [list(row.values()) for row in rows])]
    return "\n".join(lines)


def _id(incident: Any) -> str:
    return str(incident["id"] if isinstance(incident, dict) else incident)


def _check(check: Any) -> dict[str, Any]:
    return check if isinstance(check, dict) else {"check": check}


def _at(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return rfc3339(instant(text, time.time()))
    except ValueError as error:
        raise CommandFailed(f"--at: {error}", 2) from error
