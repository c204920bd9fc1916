"""`tillwatch problems list|show|resolve|reopen`: what repeats, since when, after which change."""

import argparse
import json
import urllib.parse
from typing import Any

from tillwatch import api
from tillwatch.instants import clock
from tillwatch.table import plain, table

NAME = "problems"
HELP = "many repeats of one failure: list, show, resolve, reopen"

_HEADINGS = ("ID", "NUMBER", "STATE", "TIMES", "WHAT", "LAST", "CHANGE BEFORE", "FIX")


def arguments(parser: argparse.ArgumentParser) -> None:
    api.arguments(parser)
    parser.add_argument("--json", action="store_true", help=api.JSON)
    parser.set_defaults(action=_list)
    actions = parser.add_subparsers(metavar="ACTION")
    api.action(actions, "list", _list, "every problem, the open ones first (the same as no action)")
    api.action(actions, "show", _show, "one problem: its incidents, its changes, its story").add_argument(
        "id", metavar="ID"
    )
    resolving = api.action(actions, "resolve", _resolve, "it will not come again")
    resolving.add_argument("id", metavar="ID")
    resolving.add_argument("--note", default="", metavar="TEXT", help="why")
    reopening = api.action(actions, "reopen", _reopen, "it will")
    reopening.add_argument("id", metavar="ID")
    reopening.add_argument("why", metavar="WHY")


def run(options: argparse.Namespace) -> int:
    code: int = options.action(options)
    return code


def _list(options: argparse.Namespace) -> int:
    found = api.get(api.from_options(options), "problems")
    if options.json:
        print(json.dumps(found, indent=2))
    elif found["items"]:
        print(table(_HEADINGS, [_row(one) for one in found["items"]]))
    else:
        print("There is none.")
    return 0


def _show(options: argparse.Namespace) -> int:
    return _told(api.get(api.from_options(options), _path(options)), options)


def _resolve(options: argparse.Namespace) -> int:
    body = {"note": options.note}
    return _told(api.post(api.from_options(options), f"{_path(options)}/resolve", body), options)


def _reopen(options: argparse.Namespace) -> int:
    body = {"reason": options.why}
    return _told(api.post(api.from_options(options), f"{_path(options)}/reopen", body), options)


def _path(options: argparse.Namespace) -> str:
    return f"problems/{urllib.parse.quote(options.id, safe='')}"


def _told(problem: dict[str, Any], options: argparse.Namespace) -> int:
    print(json.dumps(problem, indent=2) if options.json else "\n".join(_described(problem)))
    return 0


def _row(problem: dict[str, Any]) -> list[Any]:
    named = [problem[key] for key in ("change", "fix")]
    last = clock(problem["last_at"])
    return [problem["id"], f"#{problem['number']}", problem["state"], problem["count"], problem["title"], last, *named]


def _described(problem: dict[str, Any]) -> list[str]:
    facts = [
        ("state", problem["state"] + (f", {problem['owner']} is on it" if problem["owner"] else "")),
        ("times", f"{problem['count']} since {clock(problem['first_at'])}, last {clock(problem['last_at'])}"),
        ("on", ", ".join(problem["cis"])),
        ("change before", problem["change"] or "none known"),
        ("fix", problem["fix"] or "none raised"),
        ("tickets held", f"until {clock(problem['hold_until'])}, of what heals by itself in time"),
        ("resolver group", problem["resolver_group"]),
        ("ticket", problem["ticket"]["id"] if problem["ticket"] else "none yet"),
        ("incidents", ", ".join(problem["incidents"])),
    ]
    lines = [f"problem #{problem['number']}: {plain(problem['title'])}", ""]
    lines += [f"  {word + ':':16} {plain(text)}" for word, text in facts]
    story = [f"  {clock(line['at'])}  {plain(line['text'])}" for line in problem["timeline"]]
    return [*lines, "", *story]
