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
    parser.add_argument("--json", action="store_true", help=api.JSON)
    api.arguments(parser)


def run(options: argparse.Namespace) -> int:
    answer = api.get(api.from_options(options), "why", subject=options.subject, at=_at(options.at))
    print(json.dumps(answer, indent=2) if options.json else explanation(answer))
    return 0


def explanation(answer: dict[str, Any]) -> str:
    head = f"{plain(answer['subject'])} at {clock(answer['at'])}: {plain(str(answer['state']))}"
    lines = [painted(head, "bold"), plain(answer["sentence"], 500)]
    lines += [f"  [{plain(str(one['rule']))}] {plain(one['text'], 500)}" for one in answer["reasons"]]
    if len(answer["path"]) > 1:
        lines += ["", "path      " + " → ".join(plain(str(step)) for step in answer["path"])]
    if answer["incidents"]:
        lines += ["", incident_lines(answer["incidents"])]
    if answer["checks"]:
        lines += ["", table(("AGENT", "CHECK", "STATE", "SINCE", "FRESH", "TEXT"), map(_check, answer["checks"]))]
    return "\n".join(lines)


def incident_lines(incidents: list[dict[str, Any]]) -> str:
    rows = [(one["id"], one["priority"], one["state"], one["ci"], one["title"]) for one in incidents]
    return table(("ID", "PRIORITY", "STATE", "CI", "TITLE"), rows)


def _check(check: dict[str, Any]) -> tuple[str, ...]:
    fresh = "yes" if check["fresh"] else "no"
    return (check["agent"], check["check"], check["state"], clock(check["since"]), fresh, check["text"])


def _at(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return rfc3339(instant(text, time.time()))
    except ValueError as error:
        raise CommandFailed(f"--at: {error}", 2) from error
