"""What people do to incidents. Each becomes an entry of the journal with its actor; the engine decides what it does."""

import re
import secrets
from typing import Any

import msgspec

from collector.auth import sees
from collector.http import bodies, incidents, present, shapes
from collector.http.call import Call, NoQuery
from collector.http.instants import seconds
from collector.http.problems import Refused
from collector.services import Outcome, Overloaded, Request

_KEY = re.compile(r"^[\x21-\x7e]{1,100}\Z")


async def acknowledge(call: Call[NoQuery, bodies.Acknowledge]) -> shapes.CommandDone:
    known = await incidents.found(call, call.path["id"])
    outcome = await _submitted(call, "acknowledge", known.id, {})
    if call.body.note:
        outcome = await _submitted(call, "note", known.id, {"text": call.body.note})
    return await _answer(call, outcome, known.id)


async def note(call: Call[NoQuery, bodies.Note]) -> shapes.CommandDone:
    called = call.body.called_at
    when = {} if called is None else {"called_at": _instant("called_at", called)}
    return await done(call, "note", {"text": call.body.text} | when)


async def assign(call: Call[NoQuery, bodies.Assign]) -> shapes.CommandDone:
    return await done(call, "assign", {"to": call.body.assignee, "group": call.body.resolver_group})


async def resolve(call: Call[NoQuery, bodies.Resolve]) -> shapes.CommandDone:
    return await done(call, "resolve", {"text": call.body.note})


async def reopen(call: Call[NoQuery, bodies.Reopen]) -> shapes.CommandDone:
    return await done(call, "reopen", {"text": call.body.reason})


async def false_positive(call: Call[NoQuery, bodies.FalsePositive]) -> shapes.CommandDone:
    return await done(call, "false_positive", {"text": call.body.note})


async def merge(call: Call[NoQuery, bodies.Merge]) -> shapes.CommandDone:
    """Shows the older one, whichever was named first. Raises Refused for another that the person may not see."""
    other = await incidents.found(call, call.body.incident)
    known = await incidents.found(call, call.path["id"])
    outcome = await _submitted(call, "merge", known.id, {"other": other.id, "reason": call.body.reason})
    return await _answer(call, outcome, min(known, other, key=lambda one: one.number).id)


async def split(call: Call[NoQuery, bodies.Split]) -> shapes.CommandDone:
    return await done(call, "split", {"part": call.body.part, "reason": call.body.reason})


async def rebind(call: Call[NoQuery, bodies.Rebind]) -> shapes.CommandDone:
    if not sees(call.person, (_region(call, call.body.ci),)):
        raise Refused(403, "Not your region", f"{call.body.ci} is outside the regions of {call.person.actor}")
    return await done(call, "rebind", {"ci": call.body.ci, "reason": call.body.reason})


async def pause(call: Call[NoQuery, bodies.Pause]) -> shapes.CommandDone:
    """With the role of whoever asks: the policy says whose may pause a P1."""
    told = {"reason": call.body.reason, "reference": call.body.reference, "role": call.person.role}
    return await done(call, "pause", told | end(call.body))


async def resume(call: Call[NoQuery, bodies.Resume]) -> shapes.CommandDone:
    return await done(call, "resume", {"text": call.body.note})


async def major(call: Call[NoQuery, bodies.Major]) -> shapes.CommandDone:
    return await done(call, f"{call.body.decision}_major", {"text": call.body.note})


async def create(call: Call[NoQuery, bodies.Create]) -> shapes.CommandDone:
    region = _region(call, call.body.ci)
    if not sees(call.person, (region,)):
        raise Refused(403, "Not your region", f"{call.body.ci} is outside the regions of {call.person.actor}")
    outcome = await _submitted(call, "create", "", msgspec.to_builtins(call.body))
    return await _answer(call, outcome, outcome.incidents[0] if outcome.incidents else "")


def end(body: bodies.Priority | bodies.Pause) -> dict[str, float]:
    """Until when, or for how many minutes, as the engine takes it."""
    told = {} if body.until is None else {"until": _instant("until", body.until)}
    return told if body.minutes is None else told | {"minutes": body.minutes}


async def done(call: Call[NoQuery, Any], name: str, arguments: dict[str, Any]) -> shapes.CommandDone:
    known = await incidents.found(call, call.path["id"])
    outcome = await _submitted(call, name, known.id, arguments)
    return await _answer(call, outcome, known.id)


def asked(call: Call[NoQuery, Any], name: str, incident: str, arguments: dict[str, Any]) -> Request:
    return Request(_idempotency_key(call, name), call.person.actor, name, incident, arguments)


async def submitted(call: Call[NoQuery, Any], request: Request) -> Outcome:
    """What became of it. Raises Refused 409 with the rules' reasons, or 503."""
    try:
        outcome = await call.services.submit(request)
    except Overloaded as error:
        raise Refused(503, "Too busy", str(error), headers={"Retry-After": "5"}) from error
    if not outcome.accepted:
        why = "; ".join(reason.text for reason in outcome.reasons) or f"{request.name} changes nothing here"
        raise Refused(409, "Refused", why, [f"rule {reason.rule}: {reason.text}" for reason in outcome.reasons])
    return outcome


async def _submitted(call: Call[NoQuery, Any], name: str, incident: str, arguments: dict[str, Any]) -> Outcome:
    return await submitted(call, asked(call, name, incident, arguments))


async def _answer(call: Call[NoQuery, Any], outcome: Outcome, id_: str) -> shapes.CommandDone:
    known = await call.services.incident(id_)
    if known is None:
        raise Refused(
            500, "Lost", f"the command was done at position {outcome.position}, its incident is not to be found"
        )
    return shapes.CommandDone(await incidents.in_full(call, known), outcome.position, present.reasons(outcome.reasons))


def _idempotency_key(call: Call[NoQuery, Any], name: str) -> str:
    """The client's `Idempotency-Key`, within its actor's and the command's own name space, or a fresh one."""
    given = call.request.headers.get("Idempotency-Key")
    if given is None:
        return secrets.token_hex(16)
    if not _KEY.match(given):
        raise Refused(400, "Bad header", "Idempotency-Key: takes 1 to 100 printable ASCII characters without spaces")
    return f"{call.person.actor}:{name}:{given}"


def _instant(key: str, text: str) -> float:
    try:
        return seconds(text)
    except ValueError as error:
        raise Refused(422, "Bad body", f"{key}: {error}") from error


def _region(call: Call[NoQuery, Any], ref: str) -> str:
    store = call.services.state().estate.stores.get(ref.partition("/")[0])
    return store.region if store is not None else ""
