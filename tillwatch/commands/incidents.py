"""`tillwatch incidents`: what is wrong now, one incident's story, and what a person does about it."""

import argparse
import json
import time
import urllib.parse
from typing import Any

from tillwatch import api, span
from tillwatch.failure import CommandFailed
from tillwatch.incident_text import incident_table, story
from tillwatch.instants import instant, rfc3339
from tillwatch.table import plain

NAME = "incidents"
HELP = "list incidents, show one, and what people do with it: acknowledge, resolve, pause, pin, merge, create and more"

STATES = ("open", "acknowledged", "resolved", "closed")
PRIORITIES = ("P1", "P2", "P3")


def arguments(parser: argparse.ArgumentParser) -> None:
    api.arguments(parser)
    parser.set_defaults(action=_list, state=None, priority=None, store=None, limit=100)
    parser.add_argument("--json", action="store_true", help=api.JSON)
    _list_arguments(parser)
    actions = parser.add_subparsers(metavar="ACTION")
    _list_arguments(api.action(actions, "list", _list, "the newest incidents (also without an action)"))
    _one(actions, "show", _show, "one incident with its reasons and timeline")
    _one(actions, "ack", _acknowledge, "acknowledge: escalation stops").add_argument(
        "--note", default="", help="a note"
    )
    noting = _one(actions, "note", _note, "add a note")
    noting.add_argument("text", help="the note")
    noting.add_argument("--called", default="", metavar="TIME", help="when somebody reported it (`10m ago`, RFC 3339)")
    _one(actions, "assign", _assign, "give it to a person").add_argument("to", help="who has it now")
    _pause_arguments(_one(actions, "pause", _pause, "the resolve clock stands still, for a reason and a while"))
    resuming = _one(actions, "resume", _resume, "the resolve clock goes on")
    resuming.add_argument("--note", default="", help="why it goes on")
    _one(actions, "evidence", _evidence, "what a vendor needs to believe it, as text for a mail").add_argument(
        "--at", metavar="TIME", help="as it was then: 2026-11-27T09:00:00Z or '10m ago'"
    )
    _one(actions, "resolve", _resolve, "resolve by hand").add_argument("--note", default="", help="how it was resolved")
    _one(actions, "reopen", _reopen, "reopen a resolved incident").add_argument("reason", help="why")
    _one(actions, "false-positive", _false_positive, "there was nothing: resolved, and counted as false").add_argument(
        "--note", default="", help="what it was instead"
    )
    for name, action, what, text in (
        ("merge", _merge, "incident", "two incidents are one: the younger becomes a part of the older"),
        ("split", _split, "part", "take out a part (incident, store/ci or store): it stands alone"),
        ("rebind", _rebind, "ci", "it is about another configuration item"),
    ):
        one = _one(actions, name, action, text)
        one.add_argument(what, help={"incident": "the other incident's id"}.get(what, f"the {what}"))
        one.add_argument("--reason", default="", help="why")
    _pin_arguments(_one(actions, "pin", _pin, "hold a priority against the rules for a while"))
    _one(actions, "unpin", _unpin, "let the rules decide the priority again")
    for name, run, text in (
        ("cannot-sell", _cannot_sell, "an unreachable store says that it cannot sell"),
        ("can-sell", _can_sell, "an unreachable store says that it can sell"),
    ):
        _one(actions, name, run, text).add_argument("--note", default="", help="who says so, and what")
    major = _one(actions, "major", _major, "declare or decline a major incident")
    major.add_argument("decision", choices=("declare", "decline"), help="what it is to be")
    major.add_argument("--note", default="", help="why")
    _create_arguments(api.action(actions, "create", _create, "an incident that a person has seen"))


def run(options: argparse.Namespace) -> int:
    code: int = options.action(api.from_options(options), options)
    return code


def _list_arguments(parser: argparse.ArgumentParser) -> None:
    quiet: dict[str, Any] = {"default": argparse.SUPPRESS}
    parser.add_argument("--state", choices=STATES, help="only in this state", **quiet)
    parser.add_argument("--priority", choices=PRIORITIES, type=str.upper, help="only of this priority", **quiet)
    parser.add_argument("--store", metavar="ID", help="only of this store", **quiet)
    parser.add_argument("--limit", type=int, metavar="N", help="at most so many (default 100)", **quiet)


def _create_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--category", required=True, help="a category of the policy, such as pos_outage")
    parser.add_argument("--ci", required=True, help="the configuration item or store: 0042/pos-01, acquirer-a, 0042")
    parser.add_argument("--title", required=True, help="what customers notice")
    parser.add_argument("--priority", choices=PRIORITIES, type=str.upper, default=None, help="P3 unless said otherwise")


def _pin_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("priority", choices=PRIORITIES, type=str.upper, help="the priority that holds")
    parser.add_argument("--reason", required=True, help="why, for whoever wonders at it")
    parser.add_argument("--for", dest="lasting", metavar="TIME", help="how long: 45m, 2h")
    parser.add_argument("--until", metavar="TIME", help="its end, such as 2026-11-27T22:00:00Z")


def _pause_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("reason", help="one of the policy's: vendor, 'store access', 'planned visit'")
    parser.add_argument("--reference", default="", help="the vendor's ticket")
    parser.add_argument("--for", dest="lasting", metavar="TIME", help="for how long: 45m, 2h")
    parser.add_argument("--until", metavar="TIME", help="the promised time, such as 2026-11-27T16:00:00Z")


def _one(actions: Any, name: str, run: Any, text: str) -> argparse.ArgumentParser:
    parser = api.action(actions, name, run, text)
    parser.add_argument("id", help="the incident's id")
    return parser


def _list(site: api.Api, options: argparse.Namespace) -> int:
    wanted = {key: getattr(options, key) for key in ("state", "priority", "store")}
    answer = api.get(site, "incidents", limit=str(options.limit), **wanted)
    if options.json:
        print(json.dumps(answer, indent=2))
    elif answer["items"]:
        print(incident_table(answer["items"]))
        if answer["next"]:
            print(f"There are more than these {len(answer['items'])}: narrow the list or raise --limit.")
    else:
        print("No incidents.")
    return 0


def _show(site: api.Api, options: argparse.Namespace) -> int:
    incident = api.get(site, _path(options.id))
    print(json.dumps(incident, indent=2) if options.json else story(incident))
    return 0


def _acknowledge(site: api.Api, options: argparse.Namespace) -> int:
    return _sent(site, options, "acknowledge", {"note": options.note})


def _note(site: api.Api, options: argparse.Namespace) -> int:
    when = {"called_at": _written(options.called)} if options.called else {}
    return _sent(site, options, "notes", {"text": options.text} | when)


def _assign(site: api.Api, options: argparse.Namespace) -> int:
    return _sent(site, options, "assign", {"assignee": options.to})


def _pause(site: api.Api, options: argparse.Namespace) -> int:
    body = {"reason": options.reason, "reference": options.reference, **span.end(options, time.time())}
    return _sent(site, options, "pause", body)


def _resume(site: api.Api, options: argparse.Namespace) -> int:
    return _sent(site, options, "resume", {"note": options.note})


def _evidence(site: api.Api, options: argparse.Namespace) -> int:
    try:
        at = None if options.at is None else rfc3339(instant(options.at, time.time()))
    except ValueError as error:
        raise CommandFailed(f"--at: {error}", 2) from error
    pack = api.get(site, f"{_path(options.id)}/evidence", at=at)
    print(json.dumps(pack, indent=2) if options.json else "\n".join(map(plain, pack["text"].splitlines())))
    return 0


def _resolve(site: api.Api, options: argparse.Namespace) -> int:
    return _sent(site, options, "resolve", {"note": options.note})


def _reopen(site: api.Api, options: argparse.Namespace) -> int:
    return _sent(site, options, "reopen", {"reason": options.reason})


def _false_positive(site: api.Api, options: argparse.Namespace) -> int:
    return _sent(site, options, "false-positive", {"note": options.note})


def _merge(site: api.Api, options: argparse.Namespace) -> int:
    return _sent(site, options, "merge", {"incident": options.incident, "reason": options.reason})


def _split(site: api.Api, options: argparse.Namespace) -> int:
    return _sent(site, options, "split", {"part": options.part, "reason": options.reason})


def _rebind(site: api.Api, options: argparse.Namespace) -> int:
    return _sent(site, options, "rebind", {"ci": options.ci, "reason": options.reason})


def _pin(site: api.Api, options: argparse.Namespace) -> int:
    body = {"priority": options.priority, "reason": options.reason}
    return _sent(site, options, "priority", body | span.end(options, time.time()))


def _unpin(site: api.Api, options: argparse.Namespace) -> int:
    return _sent(site, options, "priority", {"priority": None})


def _cannot_sell(site: api.Api, options: argparse.Namespace) -> int:
    return _sent(site, options, "cannot-sell", {"text": options.note})


def _can_sell(site: api.Api, options: argparse.Namespace) -> int:
    return _sent(site, options, "can-sell", {"text": options.note})


def _major(site: api.Api, options: argparse.Namespace) -> int:
    return _sent(site, options, "major", {"decision": options.decision, "note": options.note})


def _create(site: api.Api, options: argparse.Namespace) -> int:
    body = {key: getattr(options, key) for key in ("category", "ci", "title", "priority") if getattr(options, key)}
    return _told(api.post(site, "incidents", body), options)


def _sent(site: api.Api, options: argparse.Namespace, what: str, body: dict[str, Any]) -> int:
    return _told(api.post(site, f"{_path(options.id)}/{what}", body), options)


def _written(text: str) -> str:
    try:
        return rfc3339(instant(text, time.time()))
    except ValueError as error:
        raise CommandFailed(f"--called: {error}", 2) from error


def _told(done: dict[str, Any], options: argparse.Namespace) -> int:
    """The incident after the engine handled the command, and the rules' reasons for what it did."""
    reasons = [f"[{plain(one['rule'])}] {plain(one['text'])}" for one in done.get("reasons") or []]
    shown = "\n".join([incident_table([done["incident"]]), *reasons])
    print(json.dumps(done, indent=2) if options.json else shown)
    return 0


def _path(incident: str) -> str:
    return f"incidents/{urllib.parse.quote(incident, safe='')}"
