"""What one step decides: rows, effects and reasons, over what it reads. Nothing is written until it is applied."""

from typing import Any

import msgspec

from rules.course.incident import Incident, Reason, TimelineEntry
from rules.decision import Change, Decision, Effect, EffectKind, Table
from rules.given.keys import home_of, ref_of
from rules.sight.belief import CheckState
from rules.state import State
from rules.view import View


class Draft(View):
    """`stores` and `shared` are what has to be judged before the step ends."""

    def __init__(self, state: State, now: float) -> None:
        super().__init__(state, now)
        self.due = ""  # the deadline that this step is about
        self.stores: dict[str, None] = {}
        self.shared: dict[str, None] = {}
        self.begun: dict[str, float] = {}  # incident → when the failure began that opened it now, or again
        self._effects: dict[tuple[EffectKind, str], Effect] = {}
        self._timeline: list[TimelineEntry] = []
        self._reasons: dict[Reason, None] = {}

    def put(self, table: Table, key: str, row: Any) -> None:
        self._rows.setdefault(table, {})[key] = row
        if table == "items":
            self._items_of.setdefault(home_of(key), {})[key] = None
            if "@" in key:
                self._votes_of.setdefault(ref_of(key), {})[key] = None

    def put_check(self, agent: str, check: str, row: CheckState | None) -> None:
        if (self.check(agent, check) is None) != (row is None):
            self._layouts[agent] = None
        self._checks.setdefault(agent, {})[check] = row

    def put_incident(self, row: Incident) -> None:
        self.put("incidents", row.id, row)
        self._causes[row.cause] = row.id
        for group in (("home", row.home), ("parent", row.parent or ""), ("category", row.category)):
            self._drafted.setdefault(group, {})[row.id] = None

    def wake(self, key: str, at: float | None) -> None:
        """Have `key` judged at `at`, which is after now; None: no more."""
        if self.deadline(key) != at:
            self.put("deadlines", key, at)

    def touch(self, store: str) -> None:
        self.stores[store] = None

    def touch_shared(self, ref: str) -> None:
        self.shared[ref] = None

    def tell(self, incident: str, kind: str, text: str, rule: str, actor: str = "engine") -> None:
        """A line of the incident's story, which is a reason of this step too."""
        self._timeline.append(TimelineEntry(incident, self.now, kind, text, actor, rule))
        self._reasons[Reason(rule, text)] = None

    def reason(self, rule: str, text: str) -> None:
        self._reasons[Reason(rule, text)] = None

    def effect(self, kind: EffectKind, incident: str, key: str, to: str = "", text: str = "") -> None:
        """Something to do outside; said twice in a step, the later text counts."""
        self._effects[kind, key] = Effect(kind, incident, key, to, text)

    def next_number(self, sequence: str) -> int:
        number = int(self.meta(sequence) or 0) + 1
        self.put("meta", sequence, number)
        return number

    def decision(self) -> Decision:
        changes = [
            Change("checks", f"{agent}/{check}", row)
            for agent, rows in self._checks.items()
            for check, row in rows.items()
            if self._state.checks.get(agent, {}).get(check) != row
        ]
        if self._timeline:
            first = int(self.meta("timeline") or 0)
            self.put("meta", "timeline", first + len(self._timeline))
            changes += [Change("timeline", f"{first + at:012d}", line) for at, line in enumerate(self._timeline)]
        for table, rows in self._rows.items():
            kept = self._state.tables[table]
            changes += [Change(table, key, row) for key, row in rows.items() if kept.get(key) != row]
        return Decision(tuple(changes), tuple(self._effects.values()), tuple(self._reasons))


def changed(row: Incident, **fields: Any) -> Incident:
    """The incident with some fields replaced."""
    return msgspec.structs.replace(row, **fields)
