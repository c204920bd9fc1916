"""Runs a journal again and compares what the rules decide with what the database holds, row by row and byte for byte.

Compared are the engine's rows, every incident, every line of a timeline and every effect of the outbox. What retention
has forgotten is excused: incidents that the run closed, with all that was kept of them.
"""

from collections import defaultdict
from typing import Any, NamedTuple

import msgspec

from collector.database import Connection, decisions, incidents
from collector.recording import Recording, Tell, entries, release_of
from rules import engine, rows
from rules.course.incident import Incident, TimelineEntry
from rules.decision import Decision, Effect
from rules.state import State

_A_PAGE = 1_000  # positions compared at a time
_encode = msgspec.json.Encoder().encode


class Difference(NamedTuple):
    """A row that is not what the journal makes of it. Empty: there is none."""

    where: str
    recorded: str
    replayed: str


class Reproduction(NamedTuple):
    """How many of each were compared. `releases` are those that decided, in order."""

    entries: int
    rows: int
    incidents: int
    lines: int
    effects: int
    releases: list[str]
    differences: list[Difference]


class _Page:
    """What a run of positions came to."""

    def __init__(self) -> None:
        self.lines: dict[int, list[TimelineEntry]] = defaultdict(list)
        self.effects: dict[str, tuple[int, float, Effect]] = {}


def reproduced(connection: Connection, recording: Recording, tell: Tell) -> Reproduction:
    """`connection` is the transaction that `recording` was read in. Raises ChainBroken."""
    run = _Comparison(connection, recording)
    for position, entry in entries(recording, tell):
        if release := release_of(entry):
            run.releases[release] = None
        run.take(position, entry.at, engine.run(run.state, entry))
        run.entries += 1
        if run.entries % _A_PAGE == 0:
            run.compare_page(position)
    run.compare_page(recording.decided)
    run.compare_end()
    return Reproduction(
        run.entries, run.rows, len(run.known), run.lines, run.effects, list(run.releases), run.differences
    )


class _Comparison:
    """Grows with the run: timeline and outbox are compared page by page, rows and incidents at the end."""

    def __init__(self, connection: Connection, recording: Recording) -> None:
        self.state: State = recording.state()
        self.entries = self.rows = self.lines = self.effects = 0
        self.releases: dict[str, None] = {}
        self.differences: list[Difference] = []
        self.known = incidents.ids(connection)
        self._connection, self._begun = connection, recording.begun
        self._page, self._from = _Page(), recording.begun
        self._seen: set[str] = set()
        self._incidents: dict[str, Incident] = dict(self.state.incidents)

    def take(self, position: int, at: float, made: list[Decision]) -> None:
        for decision in made:
            for change in decision.changes:
                if change.table == "timeline":
                    self._page.lines[position].append(change.row)
                elif change.table == "incidents":
                    self._incidents[change.key] = change.row
            for effect in decision.effects:
                if effect.key not in self._seen:
                    self._seen.add(effect.key)
                    self._page.effects[effect.key] = (position, at, effect)

    def compare_page(self, until: int) -> None:
        """The timeline and the outbox of the positions since the last page."""
        self._compare_lines(until)
        self._compare_effects(until)
        self._page, self._from = _Page(), until

    def compare_end(self) -> None:
        """The engine's rows and the incidents as they are now."""
        recorded = {(name, key): body for name, key, body in decisions.state_rows(self._connection)}
        replayed = {(name, key): body for name, key, body in rows.dump(self.state)}
        self.rows = len(recorded)
        self._compare("engine_rows", recorded, replayed)
        made = {key: _encode(row) for key, row in self._incidents.items() if key in self.known or row.state != "closed"}
        kept = {key: body for key, body in incidents.bodies(self._connection) if key in made or self._begun == 0}
        self._compare("incidents", kept, made)

    def _compare_lines(self, until: int) -> None:
        told: dict[int, list[bytes]] = defaultdict(list)
        for position, body in decisions.story(self._connection, self._from, until):
            told[position].append(body)
            self.lines += 1
        for position in sorted({*told, *self._page.lines}):
            made = [_encode(line) for line in self._page.lines.get(position, []) if line.incident in self.known]
            if made != told.get(position, []):
                self._differ(f"timeline at {position}", told.get(position, []), made)

    def _compare_effects(self, until: int) -> None:
        kept = {row["key"]: row for row in decisions.effects_between(self._connection, self._from, until)}
        self.effects += len(kept)
        made = {
            key: decisions.outbox_row(decisions.Due(*due))
            for key, due in self._page.effects.items()
            if due[2].incident in self.known
        }
        lacking = [key for key in made if key not in kept]
        for key in decisions.asked_before(self._connection, lacking, self._begun):
            del made[key]  # done before the checkpoint that the run began at
        self._compare("outbox", kept, made)

    def _compare(self, table: str, recorded: dict[Any, Any], replayed: dict[Any, Any]) -> None:
        for key in sorted({*recorded, *replayed}):
            if recorded.get(key) != replayed.get(key):
                name = "/".join(key) if isinstance(key, tuple) else key
                self._differ(f"{table} {name}", recorded.get(key), replayed.get(key))

    def _differ(self, where: str, recorded: object, replayed: object) -> None:
        self.differences.append(Difference(where, _shown(recorded), _shown(replayed)))


def _shown(found: object) -> str:
    match found:
        case None:
            return ""
        case bytes():
            return found.decode(errors="replace")
        case list():
            return " ".join(_shown(one) for one in found)
        case _:
            return str(found)
