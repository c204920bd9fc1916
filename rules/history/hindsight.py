"""Rule 21: what the rules would have decided had the line been perfect: the same engine, run over one store's past.

The store's past is played into a state of its own, each record at the instant when it was decided in the store. So
holds, symptoms, leads and priorities come out as they would have, whatever the order in which the facts arrived.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby, islice
from typing import NamedTuple

import msgspec

from contract.records import Record, Stamp, Transition
from contract.status import Status
from rules.cause.merging import key_of
from rules.course.incident import Incident
from rules.course.incidents import HISTORICAL, PERSON_RESOLVED
from rules.decision import Change, Decision
from rules.draft import Draft, changed
from rules.entries import JournalEntry, Records, SeenBelief, Snapshot, Tick
from rules.given.keys import home_of, ref_of
from rules.history.past import Past, Told
from rules.planned import recurring
from rules.repeats.problem import Repetition
from rules.sight.belief import CheckState, ItemState
from rules.state import AgentState, State, counts

Run = Callable[[State, JournalEntry], list[Decision]]


class Replay(NamedTuple):
    """The store as it was at `until`, and every incident that it had; `state` keeps none that is closed."""

    until: float
    state: State
    incidents: dict[str, Incident]


def replayed(draft: Draft, store: str, past: Past, run: Run) -> Replay:
    """The past up to the last record that is told of it."""
    told = list(draft.told(store, past))
    begins = min([past.began, *(row.decided for row in told)])
    told = _in_order([*told, *_turned_since(past, told, begins)])
    until = max([begins, *(row.decided for row in told)])
    past = _as_it_stood(draft, past, begins)
    known = {row.id: row for row in (*past.over, *past.incidents)}
    replay = Replay(until, _seeded(draft, store, past, begins), known)
    for agent, checks in past.checks.items():
        first = _first(row for row in told if row.agent == agent)
        seeds = {check: belief for check, belief in checks.items() if (belief.generation, belief.seq) < first(check)}
        _play(replay, run, Snapshot(at=begins, agent=agent, beliefs=[_seen(*one) for one in seeds.items()]))
    for (at, agent, generation), rows in groupby(told, lambda row: (row.decided, row.agent, row.generation)):
        records: list[Record] = [_record(row) for row in rows]
        _play(replay, run, Records(at=at, agent=agent, generation=generation, live=True, records=records))
    return replay


def brought_up_to_now(draft: Draft, store: str, replay: Replay, run: Run) -> Replay:
    """What no record told is taken from what is believed now, and time goes on until now."""
    for agent in draft.estate.agents(store):
        beliefs = [_seen(*one) for one in draft.checks(agent).items()]
        if beliefs:
            _play(replay, run, Snapshot(at=draft.now, agent=agent, beliefs=beliefs))
    _play(replay, run, Tick(at=draft.now))
    return replay


def later(past: Past, store: str, replay: Replay) -> Past:
    """The past that remains to be told once this much of it has been replayed."""
    state = replay.state
    rows = [row for row in state.incidents.values() if row.home in (store, "")]
    return msgspec.structs.replace(
        past,
        began=replay.until,
        checks={agent: dict(state.checks.get(agent, {})) for agent in past.checks},
        items={key: row for key, row in state.items.items() if home_of(key) == store},
        incidents=tuple(rows),
        deadlines={key: at for key, at in state.deadlines.items() if key.partition(":")[2] in state.incidents},
        over=tuple(row for row in replay.incidents.values() if row.id not in state.incidents),
        counted=dict(state.repetitions),
        pages=0,
        told=0,
    )


def _turned_since(past: Past, told: list[Told], begins: float) -> Iterator[Told]:
    """What was known already and yet is later than what is told now, as if it were told too."""
    for agent, checks in past.checks.items():
        first = _first(row for row in told if row.agent == agent)
        for check, belief in checks.items():
            order = (belief.generation, belief.seq)
            if belief.since > begins and order < first(check):
                yield Told(
                    agent, check, belief.state, belief.since, belief.since, *order, 0, belief.interval, belief.text
                )


def _as_it_stood(draft: Draft, past: Past, at: float) -> Past:
    """With the incidents of `at`: what began later, or still waited for its explanation, is made anew."""
    hold = draft.policy.evidence.hold

    def waited(row: Incident) -> bool:
        seen = past.items.get(key_of(row))
        return seen is not None and seen.since == row.started_at and seen.learnt_at <= at < seen.learnt_at + hold

    standing = tuple(row for row in past.incidents if row.started_at <= at and not waited(row))
    anew = {row.id for row in past.incidents} - {row.id for row in standing}
    counted = {
        key: Repetition(tuple(one for one in row.occurrences if one.incident not in anew))
        for key, row in past.counted.items()
    }
    return msgspec.structs.replace(past, incidents=standing, counted=counted)


def _seeded(draft: Draft, store: str, past: Past, at: float) -> State:
    state = State.empty()
    state.adopt(draft.estate)
    state.put(Change("meta", "number", draft.meta("number") or 0))
    for key, due in past.deadlines.items():
        state.put(Change("deadlines", key, max(due, at)))
    for incident in past.incidents:
        _put_as_it_was(state, incident, at, draft.policy.stable_for(incident.category))
    for key, counted in past.counted.items():
        state.put(Change("repetitions", key, counted))
    for agent in past.checks:
        state.put(Change("agents", agent, AgentState(at)))
    for source, binding in draft.bindings():
        if home_of(source) == store:
            state.put(Change("bindings", source, binding))
    for window in draft.windows():
        then = recurring.as_of(window, at)
        state.put(Change("windows", window.id, then))
        if then.repeats is not None:
            state.put(Change("deadlines", f"window:{window.id}", then.since if then.since > at else then.over))
    watched = {check.partition("/")[0] for checks in past.checks.values() for check in checks}
    for key, row in past.items.items():
        if row.since <= at and ref_of(key).rpartition("/")[2] in watched:
            state.put(Change("items", key, msgspec.structs.replace(row, learnt_at=min(row.learnt_at, at))))
    for key, vote in _witnesses(draft, store):
        state.put(Change("items", key, vote))
    return state


def _put_as_it_was(state: State, incident: Incident, at: float, stable: float) -> None:
    """What resolved by itself or failed again after `at` is stabilising: news of then may yet reopen or explain it."""
    by_itself = incident.state == "resolved" and not {PERSON_RESOLVED, HISTORICAL} & set(incident.flags)
    if by_itself and at < (incident.resolved_at or at):
        state.put(Change("deadlines", f"restore:{incident.id}", max((incident.restored_at or at) + stable, at)))
        state.put(Change("deadlines", f"close:{incident.id}", None))
        incident = changed(incident, state="open", resolved_at=None)
    due = state.deadlines.get(timer := f"restore:{incident.id}")
    if due is not None and incident.restored_at is not None:  # put off for as long as nobody saw it, which is now known
        state.put(Change("deadlines", timer, min(due, max(incident.restored_at + stable, at))))
    well_at = incident.well_at
    if incident.restored_at is None and well_at is not None and well_at <= at < max(incident.flaps, default=at):
        state.put(Change("deadlines", f"restore:{incident.id}", max(well_at + stable, at)))
        incident = changed(incident, restored_at=well_at, well_at=None, flaps=incident.flaps[:-1])
    state.put(Change("incidents", incident.id, incident))


def _witnesses(draft: Draft, store: str) -> list[tuple[str, ItemState]]:
    """Of each shared CI a few other stores that vote now, without whom one store's vote would be everybody's.

    They are taken to see it well: whether it was at fault for them too is no question for one store's past.
    """
    found: list[tuple[str, ItemState]] = []
    for item in draft.estate.shared:
        votes = (
            (f"{item.id}@{other}", draft.item(f"{item.id}@{other}"))
            for other in draft.voters(item.id)
            if other != store
        )
        heard = ((key, vote) for key, vote in votes if vote is not None and counts(vote))
        few = islice(heard, draft.policy.shared_fault.stores)
        found += [(key, msgspec.structs.replace(vote, state=Status.OK)) for key, vote in few]
    return found


def _play(replay: Replay, run: Run, entry: JournalEntry) -> None:
    for decision in run(replay.state, entry):
        for change in decision.changes:
            if change.table == "incidents":
                replay.incidents[change.key] = change.row


def _in_order(told: Iterable[Told]) -> list[Told]:
    """By the instant of their decision; an agent's own clock may step, its log's order does not."""
    latest: dict[str, float] = {}
    rows: dict[tuple[str, int, int], Told] = {(row.agent, *row.order): row for row in told}
    steady = []
    for row in sorted(rows.values(), key=lambda row: (row.agent, row.order)):
        latest[row.agent] = max(row.decided, latest.get(row.agent, row.decided))
        steady.append(msgspec.structs.replace(row, decided=latest[row.agent]))
    return sorted(steady, key=lambda row: (row.decided, row.agent, row.order))


def _first(told: Iterable[Told]) -> Callable[[str], tuple[int, int]]:
    orders: dict[str, tuple[int, int]] = {}
    for row in told:
        orders[row.check] = min(row.order, orders.get(row.check, row.order))
    never = (2**53, 0)
    return lambda check: orders.get(check, never)


def _seen(check: str, belief: CheckState) -> SeenBelief:
    return SeenBelief(check, belief.state, belief.since, belief.generation, belief.seq, belief.interval, belief.text)


def _record(row: Told) -> Transition:
    """`was_seq` is left out: in here nothing can be missing, for what is missing has been waited for."""
    stamp, unknown = Stamp(row.decided, "", 0.0), Status.UNKNOWN
    return Transition(row.seq, row.check, unknown, row.state, row.started, stamp, text=row.text, interval=row.interval)
