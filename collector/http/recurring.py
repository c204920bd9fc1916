"""Problems over HTTP: what repeats, since when, after which change; and a person's word that one is over."""

from typing import Any

from collector.auth import sees
from collector.http import bodies, commands, present_problems
from collector.http.call import Call, NoQuery
from collector.http.problem_shapes import ProblemInFull, Problems
from collector.http.problems import Refused
from rules.repeats.problem import Problem


async def listed(call: Call[NoQuery, None]) -> Problems:
    known = [row for row in call.services.state().problems.values() if _is_theirs(call, row)]
    ordered = sorted(known, key=lambda row: (not row.is_open, -row.opened_at, row.id))
    return Problems([present_problems.problem(row) for row in ordered])


async def one(call: Call[NoQuery, None]) -> ProblemInFull:
    return await _in_full(call, _found(call).id)


async def acknowledge(call: Call[NoQuery, bodies.Acknowledge]) -> ProblemInFull:
    known = _found(call)
    await commands.submitted(call, commands.asked(call, "acknowledge", known.id, {}))
    if call.body.note:
        await commands.submitted(call, commands.asked(call, "note", known.id, {"text": call.body.note}))
    return await _in_full(call, known.id)


async def note(call: Call[NoQuery, bodies.Note]) -> ProblemInFull:
    return await _done(call, "note", call.body.text)


async def resolve(call: Call[NoQuery, bodies.Resolve]) -> ProblemInFull:
    return await _done(call, "resolve", call.body.note)


async def reopen(call: Call[NoQuery, bodies.Reopen]) -> ProblemInFull:
    return await _done(call, "reopen", call.body.reason)


async def _done(call: Call[NoQuery, Any], name: str, text: str) -> ProblemInFull:
    known = _found(call)
    await commands.submitted(call, commands.asked(call, name, known.id, {"text": text}))
    return await _in_full(call, known.id)


async def _in_full(call: Call[NoQuery, Any], id_: str) -> ProblemInFull:
    story = await call.services.timeline(id_)
    known = call.services.state().problems.get(id_)
    if known is None:
        raise Refused(404, "No such problem", f"problem {id_} was forgotten meanwhile")
    return present_problems.problem_in_full(known, story)


def _found(call: Call[NoQuery, Any]) -> Problem:
    known = call.services.state().problems.get(call.path["id"])
    if known is None:
        raise Refused(404, "No such problem", f"there is no problem {call.path['id'][:80]!r} that is remembered")
    if not _is_theirs(call, known):
        raise Refused(403, "Not your region", f"problem #{known.number} is outside the regions of {call.person.actor}")
    return known


def _is_theirs(call: Call[NoQuery, Any], known: Problem) -> bool:
    """Of a problem in several regions each sees all of it: it is one."""
    stores = call.services.state().estate.stores
    named = [stores.get(ref.partition("/")[0]) for ref in known.cis]
    return sees(call.person, {store.region for store in named if store is not None})
