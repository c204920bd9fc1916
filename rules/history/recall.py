"""Rule 21: notices that something of a store was missed, and keeps what is told of it until it is whole.

Every record names the belief that it replaces (`was_seq`), so a hole shows without any message that announces it: in a
snapshot that believes something else than we do, in a record that does not follow from what we believe, in backlog; and
in a record before which the log's numbers lack some, whatever those are about.
What comes in order may come too late to be acted on (the broker kept it while we were away): that is a hole as well.
"""

import msgspec

from contract.ids import split_check
from contract.ranges import Ranges, merged, without
from contract.records import Gap, Transition
from contract.status import Status
from rules.draft import Draft
from rules.entries import Records, Snapshot
from rules.history.past import Past, Told, Why, is_contiguous, page_key
from rules.repeats import repetition
from rules.said import one_line
from rules.sight.belief import CheckState

TIMER = "past"
MOST_TOLD = 100  # records of one store that are kept before the oldest are replayed: a step waits for a replay
_TIMERS = ("restore", "nudge", "lower", "apart", "close", "refail")


def hear_records(draft: Draft, event: Records) -> None:
    """To be called before the records change any belief."""
    store = draft.estate.agent_store.get(event.agent)
    told = [record for record in event.records if isinstance(record, Transition)]
    if store is None or draft.estate.policy is None:
        return
    if draft.past(store) is None:
        is_late = bool(told) and _is_too_late(draft, event, told)
        if not is_late and not _shows_a_hole(draft, event, told):
            return
        first = {record.check: (event.generation, record.seq) for record in reversed(told)}
        _begin(draft, store, first, event.agent, "late" if is_late else "missed")
    _keep(draft, store, event, [_told(draft, event, record) for record in told])


def hear_snapshot(draft: Draft, event: Snapshot) -> None:
    """To be called before the snapshot changes any belief."""
    store = draft.estate.agent_store.get(event.agent)
    if store is None or draft.estate.policy is None or draft.past(store) is not None:
        return
    for belief in event.beliefs:
        before = draft.check(event.agent, belief.check)
        if before is not None and (belief.generation, belief.seq) > (before.generation, before.seq):
            _begin(draft, store, {}, event.agent, "missed")
            return


def expect(draft: Draft, agent: str) -> None:
    """Once beliefs have changed: wait for the rest, or only a moment when all is there."""
    store = draft.estate.agent_store.get(agent, "")
    past = draft.past(store)
    if past is None or draft.estate.policy is None:
        return
    key, evidence = f"{TIMER}:{store}", draft.policy.evidence
    if past.told > MOST_TOLD:
        draft.wake(key, draft.now)
    elif is_whole(draft, store, past):
        due = draft.deadline(key)
        draft.wake(key, min(draft.now + evidence.settle, due or float("inf")))
    else:
        draft.wake(key, draft.now + evidence.backlog)


def is_whole(draft: Draft, store: str, past: Past) -> bool:
    """Whether no log lacks anything, every check's records lead from what was believed to now, all agents are heard."""
    if past.holes:
        return False
    by_check: dict[tuple[str, str], list[Told]] = {}
    for row in draft.told(store, past):
        by_check.setdefault((row.agent, row.check), []).append(row)
    for agent in draft.estate.agents(store):
        if draft.agent(agent) is not None and not draft.is_fresh(agent):
            return False
        seeds, beliefs = past.checks.get(agent, {}), draft.checks(agent)
        for check, now in beliefs.items():
            if not is_contiguous(seeds.get(check), by_check.get((agent, check), ()), now):
                return False
    return True


def forget(draft: Draft, store: str, past: Past) -> None:
    for page in range(past.pages):
        draft.put("told", page_key(store, page), None)
    draft.put("pasts", store, None)


def _shows_a_hole(draft: Draft, event: Records, records: list[Transition]) -> bool:
    if event.live and event.holes and records:
        return True
    seen: dict[str, tuple[int, int]] = {}
    for record in records:
        before = draft.check(event.agent, record.check)
        known = seen.get(record.check) or (None if before is None else (before.generation, before.seq))
        order = (event.generation, record.seq)
        if known is None:
            if not event.live:
                return True
        elif order < known or (order > known and (not event.live or record.was_seq not in (0, known[1]))):
            return True
        seen[record.check] = max(order, known or order)
    return False


def _is_too_late(draft: Draft, event: Records, records: list[Transition]) -> bool:
    """To be acted on as if it had just happened. Nothing later is known, and no snapshot is due that would tell."""
    news = [one for one in records if _is_news(draft.check(event.agent, one.check), event.generation, one.seq)]
    decided = min((record.decided.wall + event.offset for record in news), default=draft.now)
    if not event.live or decided >= draft.now - draft.policy.evidence.hold or not draft.is_fresh(event.agent):
        return False
    return all(belief.since <= decided for belief in draft.checks(event.agent).values())


def _is_news(before: CheckState | None, generation: int, seq: int) -> bool:
    return before is not None and (generation, seq) > (before.generation, before.seq)


def _begin(draft: Draft, store: str, first: dict[str, tuple[int, int]], agent: str, why: Why) -> None:
    """`first` are the orders of the first records that `agent` tells: what we believe of later ones is no beginning."""
    checks = {one: draft.checks(one) for one in draft.estate.agents(store)}
    for check, order in first.items():
        belief = checks[agent].get(check)
        if belief is not None and order <= (belief.generation, belief.seq):
            del checks[agent][check]
    rows = draft.of_home(store)
    timers = {f"{timer}:{row.id}": draft.deadline(f"{timer}:{row.id}") for row in rows for timer in _TIMERS}
    past = Past(
        began=_since(draft, checks),
        checks=checks,
        items={key: msgspec.structs.replace(row, stale=False) for key, row in draft.troubled(store)},
        incidents=tuple(rows),
        deadlines={key: at for key, at in timers.items() if at is not None},
        known=tuple(row.id for row in rows),
        counted=repetition.of_store(draft, store),
        why=why,
    )
    draft.put("pasts", store, past)
    draft.reason("21 history", f"something of {draft.estate.name(store)} was missed; it is judged once it is told")


def _since(draft: Draft, checks: dict[str, dict[str, CheckState]]) -> float:
    """From when on things may have been missed: when the line was lost, unless something was learnt since.

    What is not well and was not judged yet, because its agent was not quite back, is to be judged from its begin.
    """
    away = [row.away_since for agent in checks if (row := draft.agent(agent)) and row.away_since is not None]
    newest = max((belief.since for beliefs in checks.values() for belief in beliefs.values()), default=0.0)
    unjudged = [
        belief.since
        for agent, beliefs in checks.items()
        for check, belief in beliefs.items()
        if belief.state is not Status.OK and not _is_judged(draft, agent, check)
    ]
    return min([*(at for at in away if at >= newest), *unjudged], default=draft.now)


def _is_judged(draft: Draft, agent: str, check: str) -> bool:
    ref = draft.ref(agent, split_check(check)[0])
    return draft.item(ref) is not None or draft.estate.is_shared(ref)


def _keep(draft: Draft, store: str, event: Records, told: list[Told]) -> None:
    past = draft.past(store)
    if past is None:
        return
    holes = _holes(past, event)
    if told:
        draft.put("told", page_key(store, past.pages), tuple(told))
        past = msgspec.structs.replace(past, pages=past.pages + 1, told=past.told + len(told))
    draft.put("pasts", store, msgspec.structs.replace(past, holes=holes))


def _holes(past: Past, event: Records) -> dict[str, Ranges]:
    """What is still lacking once these records have come; what a gap declares lost is lacked no more."""
    log = f"{event.agent}/{event.generation}"
    come = [(one.seq, one.seq) for one in event.records]
    come += [(one.first, one.last) for one in event.records if isinstance(one, Gap)]
    left = without(merged([*past.holes.get(log, ()), *event.holes]), merged(come))
    return {**{one: ranges for one, ranges in past.holes.items() if one != log}, **({log: left} if left else {})}


def _told(draft: Draft, event: Records, record: Transition) -> Told:
    return Told(
        event.agent,
        record.check,
        record.after,
        min(record.started_at + event.offset, draft.now),
        min(record.decided.wall + event.offset, draft.now),
        event.generation,
        record.seq,
        record.was_seq,
        record.interval,
        one_line(record.text),
    )
