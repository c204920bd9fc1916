"""Changes over HTTP: what people or a change system say is going to be changed, where, and from when to when."""

from typing import Any

import msgspec

from collector.auth import sees
from collector.http import bodies, commands, present_problems
from collector.http.call import Call, NoQuery
from collector.http.instants import seconds
from collector.http.problem_shapes import Change, Changes
from collector.http.problems import Refused
from rules.asked.change_commands import ADD
from rules.repeats.change import ChangeRequest


async def listed(call: Call[NoQuery, None]) -> Changes:
    known = [row for row in call.services.state().changes.values() if _is_theirs(call, row)]
    now = call.services.clock()
    ordered = sorted(known, key=lambda row: (row.since, row.reference))
    return Changes([present_problems.change(row, now) for row in ordered])


async def add(call: Call[NoQuery, bodies.NewChange]) -> Change:
    """One that is known by its reference was rescheduled, and replaces what was said before."""
    for subject in (*call.body.stores, *call.body.cis):
        _check_scope(call, subject)
    if call.body.shares or not (call.body.stores or call.body.cis):
        _check_scope(call, "")
    before = call.services.state().changes.get(call.body.reference)
    for subject in () if before is None else (*before.stores, *before.cis, *("",) * bool(before.shares)):
        _check_scope(call, subject)
    await commands.submitted(call, commands.asked(call, ADD, "", _arguments(call.body)))
    made = call.services.state().changes.get(call.body.reference)
    if made is None:
        raise Refused(409, "Over", "this change was told before, and it is forgotten")
    return present_problems.change(made, call.services.clock())


def _arguments(body: bodies.NewChange) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.structs.asdict(body)
    for name, text in (("from", told.pop("since")), ("until", told.pop("until"))):
        if text is not None:
            try:
                told[name] = seconds(text)
            except ValueError as error:
                raise Refused(422, "Bad body", f"{name}: {error}") from error
    return told


def _check_scope(call: Call[Any, Any], subject: str) -> None:
    """What is shared is the whole chain's, so only those who see the whole chain may speak of it."""
    if not sees(call.person, _regions(call, subject)):
        name = subject or "what stores have in common"
        raise Refused(403, "Not your region", f"{name} is outside the regions of {call.person.actor}")


def _is_theirs(call: Call[Any, Any], known: ChangeRequest) -> bool:
    return any(sees(call.person, _regions(call, subject)) for subject in (*known.stores, *known.cis, ""))


def _regions(call: Call[Any, Any], subject: str) -> tuple[str, ...]:
    store = call.services.state().estate.stores.get(subject.partition("/")[0])
    return (store.region,) if store is not None else ()
