"""What `tillwatch maintenance` and `tillwatch silence` have in common: add, list, end, over the API."""

import argparse
import json
import time
import urllib.parse
from typing import Any

from tillwatch import api, span
from tillwatch.failure import CommandFailed
from tillwatch.instants import clock, instant, rfc3339
from tillwatch.table import table

HEADINGS = ("id", "state", "from", "until", "again", "for", "by", "reason")
WEEKS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "last": -1}


def arguments(parser: argparse.ArgumentParser, path: str, what: str) -> None:
    """`path` is the collection's in the API; `what` is one of it, in words."""
    api.arguments(parser)
    parser.set_defaults(path=path)
    actions = parser.add_subparsers(metavar="add|list|end", required=True)
    adding = api.action(actions, "add", _add, f"a new {what}")
    adding.add_argument("subjects", nargs="+", metavar="STORE[/CI]", help="a store, an item of it, or a shared item")
    adding.add_argument("--for", dest="lasting", metavar="TIME", help="how long: 45m, 2h")
    adding.add_argument("--until", metavar="TIME", help="its end, such as 2026-11-27T22:00:00Z")
    adding.add_argument("--from", dest="since", metavar="TIME", help="its beginning; now, unless said otherwise")
    adding.add_argument("--reason", required=True, help="why, for whoever wonders at the silence")
    if path == "maintenance":
        _repeat_arguments(adding)
    adding.add_argument(
        "--expected", action="append", default=[], metavar="CATEGORY", help="hold back only this; may be repeated"
    )
    api.action(actions, "list", _list, "those that are not over")
    api.action(actions, "end", _end, f"ends a {what} early").add_argument("id", help="its id")


def _repeat_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--repeat", metavar="FROM-TO", help="every day, such as 02:00-04:00, wall time of the store")
    parser.add_argument("--on", metavar="DAYS", default="", help="with --repeat: only then, such as sat,sun")
    parser.add_argument(
        "--week",
        action="append",
        default=[],
        choices=tuple(WEEKS),
        help="with --on: only the first, … or last of a month",
    )
    parser.add_argument("--timezone", default="", help="with --repeat: by this wall, not the store's")


def run(options: argparse.Namespace) -> int:
    code: int = options.action(api.from_options(options), options)
    return code


def _add(site: api.Api, options: argparse.Namespace) -> int:
    stores, cis = sorted_out(site, options.subjects)
    body: dict[str, Any] = {"reason": options.reason, "expected": options.expected, "stores": stores, "cis": cis}
    body |= _span(options, time.time())
    if _repeats(options):
        start, _, end = options.repeat.partition("-")
        days, weeks = [day for day in options.on.split(",") if day], [WEEKS[week] for week in options.week]
        body["repeats"] = {"from": start, "to": end, "days": days, "weeks": weeks, "timezone": options.timezone}
    return _told(api.post(site, options.path, body), options)


def _list(site: api.Api, options: argparse.Namespace) -> int:
    found = api.get(site, options.path)
    if options.json:
        print(json.dumps(found, indent=2))
    elif found["items"]:
        print(table(HEADINGS, [_row(one) for one in found["items"]]))
    else:
        print("There is none.")
    return 0


def _end(site: api.Api, options: argparse.Namespace) -> int:
    path = f"{options.path}/{urllib.parse.quote(options.id, safe='')}/end"
    return _told(api.post(site, path, {}), options)


def _told(window: dict[str, Any], options: argparse.Namespace) -> int:
    if options.json:
        print(json.dumps(window, indent=2))
        return 0
    print(table(HEADINGS, [_row(window)]))
    for met in window.get("overlaps", []):
        on, times = ", ".join(met["on"][:3]), f"{clock(met['from'])} until {clock(met['until'])}"
        print(f"overlaps on {on} from {times} with {met['kind']} {met['id']} by {met['actor']}: {met['reason']}")
    return 0


def _row(window: dict[str, Any]) -> list[str]:
    named = [*window["stores"], *window["cis"]]
    subjects = ", ".join(named[:3]) + (f" and {len(named) - 3} more" if len(named) > 3 else "")
    span = [clock(window["from"]), clock(window["until"])]
    again = (window.get("repeats") or {}).get("words", "-")
    return [window["id"], window["state"], *span, again, subjects, window["actor"], window["reason"]]


def sorted_out(site: api.Api, subjects: list[str]) -> tuple[list[str], list[str]]:
    """A bare id may be a store or a shared item: the collector knows which."""
    bare = {subject for subject in subjects if "/" not in subject}
    stores = {subject for subject in bare if _is_store(site, subject)}
    return [one for one in subjects if one in stores], [one for one in subjects if one not in stores]


def _is_store(site: api.Api, subject: str) -> bool:
    try:
        api.get(site, f"stores/{urllib.parse.quote(subject, safe='')}")
    except CommandFailed as failure:
        if failure.code == 2:
            raise
        return False
    return True


def _repeats(options: argparse.Namespace) -> bool:
    return bool(getattr(options, "repeat", None))


def _span(options: argparse.Namespace, now: float) -> dict[str, Any]:
    told = _ends(options, now)
    try:
        return told if options.since is None else {"from": rfc3339(instant(options.since, now))} | told
    except ValueError as error:
        raise CommandFailed(str(error), 2) from error


def _ends(options: argparse.Namespace, now: float) -> dict[str, Any]:
    """What repeats says itself how long it lasts; it may have no end."""
    if not _repeats(options):
        return span.end(options, now)
    if options.lasting is not None:
        raise CommandFailed("--repeat says how long it lasts each time; leave --for out", 2)
    return {} if options.until is None else span.end(options, now)
