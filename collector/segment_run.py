"""One segment of a journal run again: what the rules decide now, and where that is not what the database holds.

Compared are every line of a timeline and every effect of the outbox, page by page, and at the end the engine's rows
with those of the next checkpoint, or of now. How it left incidents it only tells: a later segment may change them too.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from collector import recording
from collector.database import Connection, checkpoints, decisions, incidents, problems
from collector.database.hash_chain import Broken, ChainBroken
from collector.recording import Recording, Segment, Tell
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


class Left(NamedTuple):
    """An incident as a segment left it."""

    is_closed: bool
    body: bytes


class SegmentRun(NamedTuple):
    """How many of each were compared. `releases` are those that decided, in order; `left` is by the incident's id.

    `recorded` is what the database has of all incidents, by id: only told by the last segment, of its own transaction.

    `broken`: the hash chain does not hold, and nothing beyond was run.
    """

    entries: int
    rows: int
    lines: int
    effects: int
    releases: list[str]
    left: dict[str, Left]
    recorded: dict[str, bytes]
    differences: list[Difference]
    broken: Broken | None = None


def run(connection: Connection, segment: Segment, tell: Tell) -> SegmentRun:
    """`connection` reads one state of everything. Raises CheckpointError when the segment is not kept any more."""
    found = recording.of_segment(connection, segment)
    work, releases, done = _Run(connection, found), dict[str, None](), 0
    try:
        for done, (position, entry) in enumerate(recording.entries(found, tell), 1):
            if release := recording.release_of(entry):
                releases[release] = None
            work.take(position, entry.at, engine.run(work.state, entry))
            if done % _A_PAGE == 0:
                work.compare_page(position)
    except ChainBroken as error:
        return SegmentRun(done, 0, work.lines, work.effects, list(releases), {}, {}, work.differences, error.broken)
    work.compare_page(found.decided)
    count = work.compare_end(segment.until)
    left = {key: Left(row.state == "closed", _encode(row)) for key, row in work.incidents.items()}
    recorded = dict(incidents.bodies(connection)) if segment.until is None else {}
    return SegmentRun(done, count, work.lines, work.effects, list(releases), left, recorded, work.differences)


def differing(table: str, recorded: Mapping[Any, Any], replayed: Mapping[Any, Any]) -> list[Difference]:
    """By key, in order."""
    if recorded == replayed:
        return []
    return [
        Difference(f"{table} {_named(key)}", _shown(recorded.get(key)), _shown(replayed.get(key)))
        for key in sorted({*recorded, *replayed})
        if recorded.get(key) != replayed.get(key)
    ]


class _Page:
    """What a run of positions came to."""

    def __init__(self) -> None:
        self.lines: dict[int, list[TimelineEntry]] = defaultdict(list)
        self.effects: dict[str, tuple[int, float, Effect]] = {}


class _Run:
    """Grows with the run."""

    def __init__(self, connection: Connection, found: Recording) -> None:
        self.state: State = found.state()
        self.lines = self.effects = 0
        self.differences: list[Difference] = []
        self.incidents: dict[str, Incident] = dict(self.state.incidents)
        self._connection, self._begun = connection, found.begun
        self._known = incidents.ids(connection) | problems.ids(connection)  # what is told is of either
        self._page, self._from = _Page(), found.begun
        self._seen: set[str] = set()

    def take(self, position: int, at: float, made: list[Decision]) -> None:
        for decision in made:
            for change in decision.changes:
                if change.table == "timeline":
                    self._page.lines[position].append(change.row)
                elif change.table == "incidents":
                    self.incidents[change.key] = change.row
            for effect in decision.effects:
                if effect.key not in self._seen:
                    self._seen.add(effect.key)
                    self._page.effects[effect.key] = (position, at, effect)

    def compare_page(self, until: int) -> None:
        """The timeline and the outbox of the positions since the last page."""
        self._compare_lines(until)
        self._compare_effects(until)
        self._page, self._from = _Page(), until

    def compare_end(self, until: int | None) -> int:
        """How many rows the engine had at the checkpoint at `until`; None: has now."""
        kept = decisions.state_rows(self._connection) if until is None else checkpoints.at(self._connection, until)
        recorded = {(name, key): body for name, key, body in kept}
        replayed = {(name, key): body for name, key, body in rows.dump(self.state)}
        self.differences += differing("engine_rows", recorded, replayed)
        return len(recorded)

    def _compare_lines(self, until: int) -> None:
        told: dict[int, list[bytes]] = defaultdict(list)
        for position, body in decisions.story(self._connection, self._from, until):
            told[position].append(body)
            self.lines += 1
        made = {
            position: [_encode(line) for line in lines if line.incident in self._known]
            for position, lines in self._page.lines.items()
        }
        self.differences += differing(
            "timeline at", told, {position: lines for position, lines in made.items() if lines}
        )

    def _compare_effects(self, until: int) -> None:
        kept = {row["key"]: row for row in decisions.effects_between(self._connection, self._from, until)}
        self.effects += len(kept)
        made = {
            key: decisions.outbox_row(decisions.Due(*due))
            for key, due in self._page.effects.items()
            if due[2].incident in self._known
        }
        lacking = [key for key in made if key not in kept]
        for key in decisions.asked_before(self._connection, lacking, self._begun):
            del made[key]  # done before the checkpoint that the run began at
        self.differences += differing("outbox", kept, made)


def _named(key: Any) -> str:
    return "/".join(key) if isinstance(key, tuple) else str(key)


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
