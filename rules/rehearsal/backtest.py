"""The same facts judged by another policy: a journal run twice side by side, and in what the two ends differ.

The recorded policies are left out of the second run. What people commanded is about an incident that the other policy
may see otherwise: it is matched by the incident's cause key, or by what the key is about where the category is another.
What finds nothing is an orphan, and listed.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from rules import engine
from rules.course.incident import Incident
from rules.entries import Command, JournalEntry, PolicyLoaded, Tick, TicketLinked
from rules.rehearsal.tally import Tally, stands_alone, tally
from rules.state import State


class Orphan(msgspec.Struct, frozen=True):
    """A command, or a ticket of the desk, whose incident the other policy does not have at that instant."""

    at: float
    what: str
    actor: str
    cause: str


class Unlike(msgspec.Struct, frozen=True):
    """An incident that only one of the two has, or that both have differently; in words what is other."""

    cause: str
    ci: str
    started_at: float
    title: str
    text: str


class Comparison(msgspec.Struct, frozen=True):
    recorded: Tally
    other: Tally
    orphans: list[Orphan]
    unlike: list[Unlike]


class World:
    """One telling of the facts: the engine's state, every incident there ever was, and the effects asked for."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.incidents: dict[str, Incident] = dict(state.incidents)
        self.effects: dict[str, str] = {}

    def tell(self, entry: JournalEntry) -> None:
        for decision in engine.run(self.state, entry):
            for change in decision.changes:
                if change.table == "incidents":
                    self.incidents[change.key] = change.row
            for effect in decision.effects:
                self.effects.setdefault(effect.key, effect.kind)

    def tally(self, until: float) -> Tally:
        return tally(self.incidents.values(), self.effects.values(), until)


class Backtest:
    """`tell` it every entry in order, then ask for the `comparison`. Both states are those at the beginning."""

    def __init__(self, recorded: State, other: State, document: dict[str, Any]) -> None:
        """`document` is the other policy as plain data, already checked."""
        self._recorded, self._other = World(recorded), World(other)
        self._policy: dict[str, Any] | None = document
        self._orphans: list[Orphan] = []
        self._at = 0.0

    def tell(self, entry: JournalEntry) -> None:
        self._at = entry.at
        if self._policy is not None and (isinstance(entry, PolicyLoaded) or self._other.state.policy is not None):
            self._other.tell(PolicyLoaded(at=entry.at, name="other", document=self._policy))
            self._policy = None
        if isinstance(entry, Command | TicketLinked):
            for world in (self._recorded, self._other):
                world.tell(Tick(at=entry.at))  # what is due by then is there before anybody speaks of it
        self._other.tell(self._translated(entry))
        self._recorded.tell(entry)

    def comparison(self) -> Comparison:
        return Comparison(
            recorded=self._recorded.tally(self._at),
            other=self._other.tally(self._at),
            orphans=self._orphans,
            unlike=_unlike(self._recorded, self._other),
        )

    def _translated(self, entry: JournalEntry) -> JournalEntry:
        """The entry as the other world can hear it; time passes there also for what it cannot."""
        match entry:
            case PolicyLoaded():
                return Tick(at=entry.at)
            case TicketLinked():
                return self._about(entry, entry.incident, f"ticket {entry.system} {entry.ticket}", "")
            case Command() if entry.incident:
                named = {key: self._twin(value) or value for key, value in entry.arguments.items()}
                about = msgspec.structs.replace(entry, arguments=named)
                return self._about(about, entry.incident, entry.name, entry.actor)
            case _:
                return entry

    def _about(self, entry: Command | TicketLinked, incident: str, what: str, actor: str) -> JournalEntry:
        twin = self._twin(incident)
        if twin is not None:
            return msgspec.structs.replace(entry, incident=twin)
        known = self._recorded.incidents.get(incident)
        self._orphans.append(Orphan(entry.at, what, actor, known.cause if known is not None else incident))
        return Tick(at=entry.at)

    def _twin(self, incident: object) -> str | None:
        """The other world's incident that is not closed and has the same cause."""
        known = self._recorded.incidents.get(incident) if isinstance(incident, str) else None
        if known is None:
            return None
        exact = self._other.state.by_cause.get(known.cause)
        if exact is not None:
            return exact
        about = known.cause.partition(":")[2]
        alike = [
            row.id
            for row in (self._other.state.incidents[one] for one in self._other.state.by_home.get(known.home, ()))
            if row.cause.partition(":")[2] == about
        ]
        return alike[0] if len(alike) == 1 else None


class _Pair(NamedTuple):
    recorded: Incident
    other: Incident


def _unlike(recorded: World, other: World) -> list[Unlike]:
    """Incidents are the same when their cause and their place among those of that cause are."""
    before, after = _by_cause(recorded.incidents.values()), _by_cause(other.incidents.values())
    pairs = [_Pair(before[key], after[key]) for key in before.keys() & after.keys()]
    found = [_of(pair.other, text) for pair in pairs if (text := _difference(pair))]
    found += [_of(before[key], "only as recorded") for key in before.keys() - after.keys()]
    found += [_of(after[key], "only with the other policy") for key in after.keys() - before.keys()]
    return sorted(found, key=lambda one: (one.started_at, one.cause, one.text))


def _by_cause(rows: Iterable[Incident]) -> dict[tuple[str, int], Incident]:
    """The incidents that stand alone: (what the cause is about, how many of it came before) → incident."""
    found: dict[tuple[str, int], Incident] = {}
    count: dict[str, int] = {}
    for row in sorted((row for row in rows if stands_alone(row)), key=lambda row: (row.started_at, row.number)):
        about = row.cause.partition(":")[2]
        found[about, count.get(about, 0)] = row
        count[about] = count.get(about, 0) + 1
    return found


def _difference(pair: _Pair) -> str:
    was, now = pair
    told: list[tuple[str, Any, Any]] = [
        ("category", was.category, now.category),
        ("priority", f"P{was.worst_priority}", f"P{now.worst_priority}"),
        ("actionable", _after_start(was), _after_start(now)),
        ("state", was.state, now.state),
        ("sent to", was.resolver_group, now.resolver_group),
    ]
    return "; ".join(f"{name} {before} → {after}" for name, before, after in told if before != after)


def _after_start(row: Incident) -> str:
    return "never" if row.opened_at is None else f"after {row.opened_at - row.started_at:g} s"


def _of(row: Incident, text: str) -> Unlike:
    return Unlike(row.cause, row.ci, row.started_at, row.title, text)
