"""Maintenance windows and silences over HTTP: what is held back, from when to when, for whom to end."""

from typing import Any

import msgspec

from collector.auth import sees
from collector.http import bodies, commands, present, window_shapes
from collector.http.call import Call, NoQuery
from collector.http.instants import seconds
from collector.http.problems import Refused
from rules.asked.window_commands import END, id_of
from rules.planned import overlaps
from rules.planned.overlaps import Overlap
from rules.planned.window import Kind, Window


async def add_maintenance(call: Call[NoQuery, bodies.NewWindow]) -> window_shapes.MadeWindow:
    return await _added(call, "add_maintenance")


async def add_silence(call: Call[NoQuery, bodies.NewWindow]) -> window_shapes.MadeWindow:
    return await _added(call, "add_silence")


async def maintenance(call: Call[NoQuery, None]) -> window_shapes.Windows:
    return _listed(call, "maintenance")


async def silences(call: Call[NoQuery, None]) -> window_shapes.Windows:
    return _listed(call, "silence")


async def end_maintenance(call: Call[NoQuery, None]) -> window_shapes.Window:
    return await _ended(call, "maintenance")


async def end_silence(call: Call[NoQuery, None]) -> window_shapes.Window:
    return await _ended(call, "silence")


async def _added(call: Call[NoQuery, bodies.NewWindow], name: str) -> window_shapes.MadeWindow:
    for subject in (*call.body.stores, *call.body.cis):
        _check_scope(call, subject)
    request = commands.asked(call, name, "", _arguments(call.body))
    await commands.submitted(call, request)
    made = call.services.state().windows.get(id_of(request.id))
    if made is None:  # repeated with its Idempotency-Key after it was over
        raise Refused(409, "Over", "this window was made before, and it is over")
    return present.made_window(made, _overlaps(call, made), call.services.clock())


def _overlaps(call: Call[NoQuery, Any], made: Window) -> list[Overlap]:
    others = [row for row in call.services.state().windows.values() if row.id != made.id and _is_theirs(call, row)]
    found = [overlap for other in others if (overlap := overlaps.meeting(made, other)) is not None]
    return sorted(found, key=lambda one: (one.since, one.second.id))


def _listed(call: Call[NoQuery, None], kind: Kind) -> window_shapes.Windows:
    known = [row for row in call.services.state().windows.values() if row.kind == kind and _is_theirs(call, row)]
    now = call.services.clock()
    ordered = sorted(known, key=lambda row: (row.since, row.id))
    return window_shapes.Windows([present.window(row, now) for row in ordered])


async def _ended(call: Call[NoQuery, None], kind: Kind) -> window_shapes.Window:
    known = call.services.state().windows.get(call.path["id"])
    if known is None or known.kind != kind or not _is_theirs(call, known):
        raise Refused(404, "No such window", f"there is no {kind} {call.path['id'][:80]!r} that is not over")
    for subject in known.names:
        _check_scope(call, subject)
    await commands.submitted(call, commands.asked(call, END, "", {"window": known.id}))
    now = call.services.clock()
    kept = call.services.state().windows.get(known.id)
    return present.window(kept, now) if kept is not None else present.ended(known, now)


def _arguments(body: bodies.NewWindow) -> dict[str, Any]:
    told: dict[str, Any] = {"stores": body.stores, "cis": body.cis, "reason": body.reason, "expected": body.expected}
    for name, text in (("from", body.since), ("until", body.until)):
        if text is not None:
            try:
                told[name] = seconds(text)
            except ValueError as error:
                raise Refused(422, "Bad body", f"{name}: {error}") from error
    if body.repeats is not None:
        told["repeats"] = {name: value for name, value in msgspec.to_builtins(body.repeats).items() if value}
    return told if body.minutes is None else told | {"minutes": body.minutes}


def _check_scope(call: Call[Any, Any], subject: str) -> None:
    """A shared CI is the whole chain's, so only those who see the whole chain may quiet it."""
    if not sees(call.person, _regions(call, subject)):
        raise Refused(403, "Not your region", f"{subject} is outside the regions of {call.person.actor}")


def _is_theirs(call: Call[Any, Any], window: Window) -> bool:
    return any(sees(call.person, _regions(call, subject)) for subject in window.names)


def _regions(call: Call[Any, Any], subject: str) -> tuple[str, ...]:
    store = call.services.state().estate.stores.get(subject.partition("/")[0])
    return (store.region,) if store is not None else ()
