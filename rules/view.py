"""What one step reads: the state as it is known, and over it what the step has decided so far."""

from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import chain
from typing import Any, TypeVar, cast

from rules.course.incident import Incident, Tally
from rules.decision import Table
from rules.given.binding import Binding
from rules.given.estate import Estate
from rules.given.keys import home_of
from rules.given.policy import Policy
from rules.history.past import Past, Told, page_key
from rules.planned.window import Window
from rules.repeats.change import ChangeRequest
from rules.repeats.problem import Occurrence, Problem, Repetition
from rules.sight import layout
from rules.sight.belief import CheckState, ItemState
from rules.sight.dispute import Dispute
from rules.sight.layout import Layout
from rules.state import AgentState, State, StoreState, Vote, complains, counts, fails, is_unsure

Named = tuple[str, CheckState]
Row = TypeVar("Row")


class View:
    """`now` is the step's instant, `estate` and `policy` are what it judges by."""

    def __init__(self, state: State, now: float) -> None:
        self.now = now
        self.judge_by(state.estate)
        self._state = state
        self._rows: dict[Table, dict[str, Any]] = {}
        self._checks: dict[str, dict[str, CheckState | None]] = {}
        self._layouts: dict[str, Layout | None] = {}  # of agents that check something else now; None: not yet made
        self._items_of: dict[str, dict[str, None]] = {}
        self._votes_of: dict[str, dict[str, None]] = {}
        self._causes: dict[str, str] = {}
        self._drafted: dict[tuple[str, str], dict[str, None]] = {}

    def judge_by(self, known: Estate) -> None:
        """Another estate than before; its policy is there whenever anything is judged."""
        self.estate = known
        self.policy = cast("Policy", known.policy)

    def agent(self, agent: str) -> AgentState | None:
        return self._row("agents", self._state.agents, agent)

    def is_fresh(self, agent: str) -> bool:
        row = self.agent(agent)
        return row is not None and row.is_fresh

    def check(self, agent: str, check: str) -> CheckState | None:
        drafted = self._checks.get(agent, {})
        return drafted[check] if check in drafted else self._state.checks.get(agent, {}).get(check)

    def checks(self, agent: str) -> dict[str, CheckState]:
        """An agent's checks by check key, in the order of their names."""
        rows = {**self._state.checks.get(agent, {}), **self._checks.get(agent, {})}
        return {check: row for check, row in sorted(rows.items()) if row is not None}

    def layout(self, agent: str) -> Layout:
        """Which of its checks an agent has on which CI."""
        if agent not in self._layouts:
            return self._state.layout(agent)
        found = self._layouts[agent]
        if found is None:
            found = self._layouts[agent] = layout.of(self.checks(agent))
        return found

    def on_ci(self, agent: str, ci: str) -> list[Named]:
        """An agent's checks on a bare CI id, as (name, belief)."""
        drafted, kept = self._checks.get(agent), self._state.checks.get(agent, {})
        named = self.layout(agent).get(ci, ())
        if drafted is None:
            return [(name, kept[key]) for name, key in named]
        return [(name, drafted.get(key) or kept[key]) for name, key in named]

    def item(self, key: str) -> ItemState | None:
        return self._row("items", self._state.items, key)

    def store(self, store: str) -> StoreState | None:
        return self._row("stores", self._state.stores, store)

    def meta(self, key: str) -> Any:
        return self._row("meta", self._state.meta, key)

    def deadline(self, key: str) -> float | None:
        return self._row("deadlines", self._state.deadlines, key)

    def past(self, store: str) -> Past | None:
        return self._row("pasts", self._state.pasts, store)

    def told(self, store: str, past: Past) -> list[Told]:
        """What has been told of a store's past, in order of arrival."""
        pages = [self._row("told", self._state.told, page_key(store, page)) for page in range(past.pages)]
        return [row for page in pages for row in page or ()]

    def window(self, window: str) -> Window | None:
        return self._row("windows", self._state.windows, window)

    def dispute(self, child: str) -> Dispute | None:
        return self._row("disputes", self._state.disputes, child)

    def disputes(self) -> list[Dispute]:
        return [row for _, row in self._all("disputes", self._state.disputes)]

    def has_windows(self) -> bool:
        return bool(self._state.windows) or "windows" in self._rows

    def windows(self) -> list[Window]:
        """All that are not over, in the order in which they begin."""
        return sorted(
            (row for _, row in self._all("windows", self._state.windows)), key=lambda row: (row.since, row.id)
        )

    def windows_on(self, names: Iterable[str]) -> list[Window]:
        """Those that name any of `names`, stores or CIs."""
        ids = {one: None for name in names for one in self._state.windows_on.get(name, ())}
        drafted = self._rows.get("windows", {})
        ids |= {one: None for one, row in drafted.items() if row is not None and not set(row.names).isdisjoint(names)}
        return [row for one in ids if (row := self.window(one)) is not None]

    def ref(self, agent: str, ci: str) -> str:
        """What an agent's bare CI id means, by a person's word where the CMDB has no such item."""
        ref = self.estate.ref(agent, ci)
        if ref in self.estate.items or not self.has_bindings():
            return ref
        bound: Binding | None = self._row("bindings", self._state.bindings, ref)
        return bound.target if bound is not None and bound.target in self.estate.items else ref

    def tally(self, key: str) -> Tally | None:
        return self._row("ledger", self._state.ledger, key)

    def tallies(self) -> list[tuple[str, Tally]]:
        """The whole ledger, oldest day first."""
        return self._all("ledger", self._state.ledger)

    def has_bindings(self) -> bool:
        return bool(self._state.bindings) or "bindings" in self._rows

    def bound_to(self, ref: str) -> list[str]:
        """What agents check under other names than `ref`, which a person said it is."""
        if not self.has_bindings() or ref not in self.estate.items:
            return []
        drafted = self._rows.get("bindings", {})
        found = dict.fromkeys([*self._state.bound_to.get(ref, ()), *drafted])
        rows = [
            (one, self._row("bindings", self._state.bindings, one)) for one in found if one not in self.estate.items
        ]
        return sorted(one for one, row in rows if row is not None and row.target == ref)

    def bindings(self) -> list[tuple[str, Binding]]:
        """All of them, whether the CMDB lets them count or not."""
        return self._all("bindings", self._state.bindings)

    def occurrences(self, key: str) -> tuple[Occurrence, ...]:
        """What is remembered of a failure that repeats, oldest first."""
        found: Repetition | None = self._row("repetitions", self._state.repetitions, key)
        return found.occurrences if found is not None else ()

    def change(self, reference: str) -> ChangeRequest | None:
        return self._row("changes", self._state.changes, reference)

    def has_changes(self, many: int = 1) -> bool:
        """Whether so many are known."""
        return len(self._state.changes) >= many or (many == 1 and "changes" in self._rows)

    def changes_on(self, names: Collection[str]) -> list[ChangeRequest]:
        """Those that name any of `names`: stores, CIs, shares."""
        ids = {one: None for name in names for one in self._state.changes_on.get(name, ())}
        ids |= dict.fromkeys(self._rows.get("changes", ()))
        rows = [row for one in ids if (row := self.change(one)) is not None]
        return [row for row in rows if not set(row.names).isdisjoint(names)]

    def problem(self, problem: str) -> Problem | None:
        return self._row("problems", self._state.problems, problem)

    def has_problems(self) -> bool:
        return bool(self._state.problems) or "problems" in self._rows

    def problems_on(self, name: str) -> list[Problem]:
        """Those with that key, or noted on that CI."""
        ids = dict.fromkeys([*self._state.problems_on.get(name, ()), *self._rows.get("problems", ())])
        rows = [row for one in ids if (row := self.problem(one)) is not None]
        return [row for row in rows if name == row.key or name in row.cis]

    def problems_of(self, incident: str) -> list[Problem]:
        """Those that list the incident, resolved ones too."""
        ids = dict.fromkeys([*self._state.problems_of.get(incident, ()), *self._rows.get("problems", ())])
        return [row for one in ids if (row := self.problem(one)) is not None and incident in row.incidents]

    def turned(self) -> list[tuple[Incident | None, Incident]]:
        """The incidents that this step changed: before, and as they are now."""
        rows = self._rows.get("incidents", {})
        return [(self._state.incidents.get(one), row) for one, row in rows.items()]

    def incident(self, incident: str) -> Incident | None:
        """An incident that is not closed."""
        drafted = self._rows.get("incidents")
        row = drafted[incident] if drafted and incident in drafted else self._state.incidents.get(incident)
        return None if row is None or row.state == "closed" else row

    def recorded(self, incident: str) -> Incident | None:
        """An incident, also one that this step closed, as it does what is over when it is learnt."""
        return self._row("incidents", self._state.incidents, incident)

    def by_cause(self, cause: str) -> Incident | None:
        for known in (self._causes, self._state.by_cause):
            if cause in known and (found := self.incident(known[cause])) is not None:
                return found if found.cause == cause else None
        return None

    def of_home(self, home: str) -> list[Incident]:
        """A store's incidents that are not closed, oldest first; with "" those of no single store."""
        return self._chosen(self._state.by_home.get(home, ()), ("home", home), lambda row: row.home == home)

    def parts(self, parent: str) -> list[Incident]:
        """The unresolved incidents that `parent` explains."""
        indexed = self._state.parts.get(parent, ())
        return self._chosen(indexed, ("parent", parent), lambda row: row.parent == parent and row.state != "resolved")

    def half_lost(self, category: str) -> list[Incident]:
        """Unresolved incidents of single stores that may be parts of a chain incident."""
        may, indexed = self._state.may_be_of_a_chain, self._state.half_lost.get(category, ())
        return self._chosen(indexed, ("category", category), lambda row: row.category == category and may(row))

    def troubled(self, store: str) -> list[tuple[str, ItemState]]:
        """What is not ok in the store, votes on shared CIs included; the longest failing first."""
        keys = {**self._state.troubled.get(store, {}), **self._items_of.get(store, {})}
        rows = [(key, row) for key in keys if (row := self.item(key)) is not None and row.state]
        return sorted(rows, key=lambda found: (found[1].since, found[0]))

    def suspects(self, store: str) -> list[str]:
        """The keys of all in the store that may not be ok; what is not among them is."""
        return [*self._state.troubled.get(store, ()), *self._items_of.get(store, ())]

    def failing(self, klass: str, shares: Collection[str]) -> dict[str, int]:
        """How many of a class fail that have each of `shares`; by "" how many at all."""
        known = {share: self._state.failing.get((klass, share), 0) for share in ("", *shares)}
        for key in self._rows.get("items", ()):
            item = self.estate.items.get(key)
            change = fails(self.item(key)) - fails(self._state.items.get(key))
            if change and item is not None and item.klass == klass and item.store and item.lifecycle == "live":
                known[""] += change
                for share in self.estate.shares_of(item.store, key) if shares else ():
                    if share in known:
                        known[share] += change
        return known

    def votes(self, ref: str) -> dict[str, int]:
        """Cohort → how many stores have a fresh vote on the shared `ref`."""
        return self._tally(ref, self._state.votes, counts)

    def against(self, ref: str) -> dict[str, int]:
        """Cohort → how many stores have a fresh vote against the shared `ref`."""
        return self._tally(ref, self._state.failing_votes, lambda row: complains(self.estate, ref, row))

    def unsure(self, ref: str) -> list[str]:
        """The stores that cannot say how the shared `ref` is."""
        stores = dict.fromkeys([*self._state.unsure.get(ref, ()), *map(home_of, self._votes_of.get(ref, ()))])
        return [store for store in stores if is_unsure(self.item(f"{ref}@{store}"))]

    def voters(self, ref: str) -> Iterable[str]:
        """The stores that had a fresh vote on the shared `ref` when this step began."""
        return chain.from_iterable(self._state.votes.get(ref, {}).values())

    def complaining(self, ref: str, cohort: str) -> list[str]:
        """The stores of a cohort that vote against the shared `ref`."""
        stores = dict(self._state.failing_votes.get(ref, {}).get(cohort, {}))
        for key in self._votes_of.get(ref, ()):
            store = home_of(key)
            if self.estate.cohort(store) == cohort:
                stores.pop(store, None)
                if complains(self.estate, ref, self.item(key)):
                    stores[store] = None
        return sorted(stores)

    def agents(self) -> list[str]:
        return sorted({*self._state.agents, *self._rows.get("agents", ())})

    def may_be_of_a_chain(self, row: Incident) -> bool:
        return self._state.may_be_of_a_chain(row)

    def drafted_among(self, categories: Iterable[str]) -> Iterator[str]:
        """Those of which this step has changed an incident by the time that they are asked for."""
        rows = self._rows.get("incidents", {})
        return (one for one in categories if rows and one in [row.category for row in rows.values()])

    def parents_drafted(self) -> list[Incident]:
        """The incidents that explain, or did, what this step changed."""
        parents = dict.fromkeys(row.parent for row in self._rows.get("incidents", {}).values() if row.parent)
        return [row for one in parents if (row := self.incident(one)) is not None]

    def _tally(self, ref: str, index: dict[str, Vote], counted: Callable[[ItemState | None], bool]) -> dict[str, int]:
        number = {cohort: len(stores) for cohort, stores in index.get(ref, {}).items()}
        for key in self._votes_of.get(ref, ()):
            cohort = self.estate.cohort(home_of(key))
            before, after = counted(self._state.items.get(key)), counted(self.item(key))
            number[cohort] = number.get(cohort, 0) + after - before
        return {cohort: count for cohort, count in sorted(number.items()) if count}

    def _row(self, table: Table, kept: dict[str, Row], key: str) -> Row | None:
        drafted: dict[str, Row | None] | None = self._rows.get(table)
        return drafted[key] if drafted is not None and key in drafted else kept.get(key)

    def _all(self, table: Table, kept: dict[str, Row]) -> list[tuple[str, Row]]:
        """By key, in the order of the keys."""
        keys = sorted({*kept, *self._rows.get(table, ())})
        return [(key, row) for key in keys if (row := self._row(table, kept, key)) is not None]

    def _chosen(
        self, indexed: Iterable[str], drafted: tuple[str, str], wanted: Callable[[Incident], bool]
    ) -> list[Incident]:
        ids = dict.fromkeys([*indexed, *self._drafted.get(drafted, ())])
        rows = [row for one in ids if (row := self.incident(one)) is not None and wanted(row)]
        return sorted(rows, key=lambda row: (row.number, row.id))
