"""From the rules' decisions on a run of entries to one commit, the events to publish and the answers to give. Pure."""

from collections.abc import Sequence

import msgspec

from collector.database.decisions import Commit, Due, Story
from collector.database.journal import Placed
from collector.services import ChangeEvent, Outcome
from rules import engine, rows
from rules.asked.verb import REFUSED
from rules.course.incident import Incident
from rules.decision import Change, Decision
from rules.entries import Command
from rules.state import State


class Done(msgspec.Struct):
    """`outcomes` are by the command's id."""

    commit: Commit
    events: list[ChangeEvent]
    outcomes: dict[str, Outcome]


def run(state: State, placed: Sequence[Placed], old: int, term: int) -> Done:
    """Runs the entries on `state`, which changes. `placed` is not empty and follows position `old`."""
    latest: dict[tuple[str, str], Change] = {}
    moved: dict[tuple[str, str], tuple[int, float]] = {}
    story: list[Story] = []
    effects: list[Due] = []
    outcomes: dict[str, Outcome] = {}
    for position, entry in placed:
        decisions = engine.run(state, entry)
        for decision in decisions:
            for change in decision.changes:
                if change.table == "timeline":
                    story.append(Story(position, len(story), change.row))
                else:
                    latest[change.table, change.key] = change
                    moved[change.table, change.key] = (position, entry.at)
            effects += [Due(position, entry.at, effect) for effect in decision.effects]
        if isinstance(entry, Command):
            outcomes[entry.id] = _outcome(position, entry, decisions[-1])
    commit = Commit(
        old=old,
        new=placed[-1].position,
        term=term,
        rows=[(change.table, change.key, _body(change)) for change in latest.values()],
        incidents=[change.row for change in latest.values() if _is_incident(change)],
        story=story,
        effects=effects,
    )
    events = [event for key, change in latest.items() if (event := _event(change, *moved[key])) is not None]
    return Done(commit, sorted(events, key=lambda event: event.position), outcomes)


def _body(change: Change) -> bytes | None:
    """Closed incidents are history: the incidents table keeps them, the engine's state does not."""
    if change.row is None or (_is_incident(change) and change.row.state == "closed"):
        return None
    return rows.encode(change)


def _is_incident(change: Change) -> bool:
    return change.table == "incidents" and isinstance(change.row, Incident)


def _event(change: Change, position: int, at: float) -> ChangeEvent | None:
    match change.table:
        case "incidents":
            return ChangeEvent(position, at, "incident", change.key, change.row)
        case "items":
            return ChangeEvent(position, at, "item", change.key)
        case "stores":
            return ChangeEvent(position, at, "store", change.key)
        case "agents":
            return ChangeEvent(position, at, "agent", change.key)
        case _:
            return None


def _outcome(position: int, command: Command, decision: Decision) -> Outcome:
    """The last decision of a run is the command's own; those before it were deadlines."""
    touched = tuple(change.key for change in decision.changes if _is_incident(change))
    named = (command.incident,) if command.incident else ()
    refused = any(reason.rule == REFUSED for reason in decision.reasons)
    return Outcome(position, not refused, touched or named, decision.reasons)
