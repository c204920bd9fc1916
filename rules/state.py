"""The engine's state: tables of rows that are persisted one by one, and indexes that are made from them.

Rows change only through `State.put`, so the indexes cannot disagree with the tables.
"""

import heapq
import sys
from collections import Counter
from typing import Any, get_args

import msgspec

from contract.status import Status
from rules.course.incident import Incident, Tally
from rules.decision import Change, Table
from rules.given import estate
from rules.given.binding import Binding
from rules.given.estate import Estate
from rules.given.keys import home_of
from rules.given.playbook import STORE_UNREACHABLE
from rules.given.policy import Policy
from rules.history.past import Past, Told
from rules.planned.window import RULE as WINDOW_RULE
from rules.planned.window import Window
from rules.repeats.change import ChangeRequest
from rules.repeats.problem import Problem, Repetition
from rules.sight import layout
from rules.sight.belief import CheckState, ItemState
from rules.sight.dispute import Dispute
from rules.sight.layout import Layout


class AgentState(msgspec.Struct, frozen=True, gc=False):
    """`silent_since` None: heard. `settling`: heard again, but its evidence is from before its silence."""

    heard_at: float = 0.0
    silent_since: float | None = None
    announced: str = ""
    settling: bool = False
    learnt_at: float = 0.0  # that it is silent
    away_since: float | None = None  # when it fell silent the last time, once it is heard again

    @property
    def is_fresh(self) -> bool:
        return self.silent_since is None and not self.settling


class StoreState(msgspec.Struct, frozen=True, gc=False):
    """A store that cannot be reached: since when, and when that was learnt."""

    silent_since: float
    learnt_at: float


KEPT: tuple[Table, ...] = tuple(table for table in get_args(Table) if table != "timeline")  # which is history
Checks = dict[str, CheckState]
Vote = dict[str, dict[str, None]]  # cohort → stores


class State:
    """All that the engine knows. `checks` is agent → check key → belief, with check keys shared by all stores."""

    def __init__(self) -> None:
        self.meta: dict[str, Any] = {}
        self.agents: dict[str, AgentState] = {}
        self.checks: dict[str, Checks] = {}
        self.items: dict[str, ItemState] = {}
        self.stores: dict[str, StoreState] = {}
        self.incidents: dict[str, Incident] = {}
        self.deadlines: dict[str, float] = {}
        self.windows: dict[str, Window] = {}
        self.pasts: dict[str, Past] = {}
        self.told: dict[str, tuple[Told, ...]] = {}
        self.bindings: dict[str, Binding] = {}
        self.ledger: dict[str, Tally] = {}
        self.problems: dict[str, Problem] = {}
        self.repetitions: dict[str, Repetition] = {}
        self.changes: dict[str, ChangeRequest] = {}
        self.disputes: dict[str, Dispute] = {}
        self.tables: dict[Table, dict[str, Any]] = {table: getattr(self, table) for table in KEPT}
        self.estate: Estate = estate.EMPTY
        self.by_cause: dict[str, str] = {}
        self.by_home: dict[str, dict[str, None]] = {}
        self.half_lost: dict[str, dict[str, None]] = {}
        self.parts: dict[str, dict[str, None]] = {}
        self.troubled: dict[str, dict[str, None]] = {}
        self.votes: dict[str, Vote] = {}
        self.failing_votes: dict[str, Vote] = {}
        self.unsure: dict[str, dict[str, None]] = {}  # of a shared CI the stores that cannot say how it is
        self.failing: Counter[tuple[str, str]] = Counter()  # as `alike` of the estate, of those that fail
        self.windows_on: dict[str, dict[str, None]] = {}
        self.bound_to: dict[str, dict[str, None]] = {}
        self.changes_on: dict[str, dict[str, None]] = {}
        self.problems_on: dict[str, dict[str, None]] = {}
        self.problems_of: dict[str, dict[str, None]] = {}
        self._layouts: dict[str, Layout] = {}  # of agents since their checks are what they are
        self._heap: list[tuple[float, str]] = []

    @classmethod
    def empty(cls) -> "State":
        return cls()

    @property
    def policy(self) -> Policy | None:
        return self.estate.policy

    def next_deadline(self) -> tuple[float, str] | None:
        """The earliest deadline and its key. Deadlines that were moved are dropped here, when they surface."""
        while self._heap and self.deadlines.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0] if self._heap else None

    def layout(self, agent: str) -> Layout:
        """Which of its checks an agent has on which CI."""
        found = self._layouts.get(agent)
        if found is None:
            found = self._layouts[agent] = layout.of(self.checks.get(agent, ()))
        return found

    def put(self, change: Change) -> None:  # noqa: PLR0912 - one case a table
        match change.table:
            case "timeline":
                pass  # append-only history, kept in the database and not in memory
            case "deadlines":
                _set(self.deadlines, change.key, change.row)
                if change.row is not None:
                    heapq.heappush(self._heap, (change.row, change.key))
            case "checks":
                self._put_check(change.key, change.row)
            case "items":
                self._put_item(change.key, change.row)
            case "incidents":
                self._put_incident(change.key, change.row)
            case "agents":
                _set(self.agents, sys.intern(change.key), change.row)
            case "windows":
                self._put_window(change.key, change.row)
            case "meta":
                _set(self.meta, change.key, change.row)
                if change.key in ("policy", "cmdb"):
                    self.adopt(estate.made(self.meta.get("policy"), self.meta.get("cmdb")))
            case "bindings":
                self._put_binding(change.key, change.row)
            case "changes":
                self._put_change(change.key, change.row)
            case "problems":
                self._put_problem(change.key, change.row)
            case "stores" | "pasts" | "told" | "ledger" | "repetitions" | "disputes":
                _set(self.tables[change.table], change.key, change.row)

    def adopt(self, known: Estate) -> None:
        """Another CMDB or policy: cohorts may differ, so the votes are counted anew."""
        self.estate = known
        self.votes.clear()
        self.failing_votes.clear()
        for key, row in self.items.items():
            self._count_vote(key, row)
        self.failing.clear()
        for key, row in self.items.items():
            self._count_failing(key, fails(row))
        self.half_lost.clear()
        for incident in self.incidents.values():
            _index(self.half_lost, incident.category, incident.id, self.may_be_of_a_chain(incident))

    def _put_check(self, key: str, row: CheckState | None) -> None:
        agent, _, check = key.partition("/")
        checks = self.checks.setdefault(sys.intern(agent), {})
        if (check in checks) != (row is not None):
            self._layouts.pop(agent, None)
        _set(checks, sys.intern(check), row)

    def _put_item(self, key: str, row: ItemState | None) -> None:
        change = fails(row) - fails(self.items.get(key))
        if change:
            self._count_failing(key, change)
        _set(self.items, key, row)
        _index(self.troubled, home_of(key), key, row is not None and row.state is not Status.OK)
        self._count_vote(key, row)

    def _count_failing(self, key: str, change: int) -> None:
        item = self.estate.items.get(key)
        if change and item is not None and item.store and item.lifecycle == "live":
            for share in ("", *self.estate.shares_of(item.store, key)):
                self.failing[item.klass, share] += change

    def _count_vote(self, key: str, row: ItemState | None) -> None:
        ref, at, store = key.partition("@")
        if at:
            cohort = self.estate.cohort(store)
            _index(self.votes.setdefault(ref, {}), cohort, store, counts(row))
            _index(self.failing_votes.setdefault(ref, {}), cohort, store, complains(self.estate, ref, row))
            _index(self.unsure, ref, store, is_unsure(row))

    def _put_incident(self, key: str, row: Incident | None) -> None:
        before = self.incidents.pop(key, None)
        if before is not None:
            if self.by_cause.get(before.cause) == key:
                del self.by_cause[before.cause]
            _index(self.by_home, before.home, key, False)
            _index(self.half_lost, before.category, key, False)
            if before.parent:
                _index(self.parts, before.parent, key, False)
        if row is None or row.state == "closed":
            return
        self.incidents[key] = row
        self.by_cause[row.cause] = key
        _index(self.by_home, row.home, key, True)
        _index(self.half_lost, row.category, key, self.may_be_of_a_chain(row))
        if row.parent:
            _index(self.parts, row.parent, key, row.state != "resolved")

    def _put_window(self, key: str, row: Window | None) -> None:
        before = self.windows.get(key)
        for name in before.names if before is not None else ():
            _index(self.windows_on, name, key, False)
        _set(self.windows, key, row)
        for name in row.names if row is not None else ():
            _index(self.windows_on, name, key, True)

    def _put_binding(self, key: str, row: Binding | None) -> None:
        before = self.bindings.get(key)
        if before is not None:
            _index(self.bound_to, before.target, key, False)
        _set(self.bindings, key, row)
        if row is not None:
            _index(self.bound_to, row.target, key, True)

    def _put_change(self, key: str, row: ChangeRequest | None) -> None:
        before = self.changes.get(key)
        for name in before.names if before is not None else ():
            _index(self.changes_on, name, key, False)
        _set(self.changes, key, row)
        for name in row.names if row is not None else ():
            _index(self.changes_on, name, key, True)

    def _put_problem(self, key: str, row: Problem | None) -> None:
        """By its key and the CIs that it is noted on, and by incident, also when it is resolved."""
        for problem, present in ((self.problems.get(key), False), (row, True)):
            for name in (problem.key, *problem.cis) if problem is not None else ():
                _index(self.problems_on, name, key, present)
            for incident in problem.incidents if problem is not None else ():
                _index(self.problems_of, incident, key, present)
        _set(self.problems, key, row)

    def may_be_of_a_chain(self, row: Incident) -> bool:
        policy = self.estate.policy
        if policy is None or row.home == "" or row.state == "resolved" or "@" in row.cause:
            return False  # "@": a store's path to a shared CI, of which rule 13 says when it is more than one store's
        if row.suppressed is not None and row.suppressed.rule == WINDOW_RULE:
            return False
        if self.estate.is_listed_only(row.home):
            return False
        return row.loss >= policy.chain.lost or row.category == STORE_UNREACHABLE


def fails(row: ItemState | None) -> bool:
    """Whether it is believed to fail now, on fresh evidence."""
    return row is not None and not row.stale and row.state is Status.CRITICAL


def counts(row: ItemState | None) -> bool:
    """Whether it is a vote at all: fresh, and not "I do not know"."""
    return row is not None and not row.stale and row.state is not Status.UNKNOWN


def is_unsure(row: ItemState | None) -> bool:
    """Whether it is "I do not know", said by who is heard."""
    return row is not None and not row.stale and row.state is Status.UNKNOWN


def complains(known: Estate, ref: str, row: ItemState | None) -> bool:
    """A vote against a shared CI; a warning is one only where the category opens incidents for warnings (rule 3)."""
    if row is None or not counts(row) or row.state is Status.OK:
        return False
    return row.state is Status.CRITICAL or (known.policy is not None and known.rules_of(ref).warning is not None)


def _set(table: dict[str, Any], key: str, row: Any) -> None:
    if row is None:
        table.pop(key, None)
    else:
        table[key] = row


def _index(table: dict[str, dict[str, None]], group: str, key: str, present: bool) -> None:
    if present:
        table.setdefault(group, {})[key] = None
    elif group in table:
        table[group].pop(key, None)
        if not table[group]:
            del table[group]
