"""Rules 1 to 4: from what agents say about checks to what is believed about CIs.

Only live records and snapshots decide what is so now; backlog is history and at most says that it began earlier.
"""

import msgspec

from contract.ids import split_check
from contract.records import Gap, Summary, Transition
from contract.status import SEVERITY, Status
from rules.draft import Draft
from rules.entries import Records, SeenBelief, Snapshot
from rules.history import recall
from rules.said import one_line
from rules.sight.belief import CheckState, ItemState

QUORUM = 3  # vantage points from which a majority means something
_SAME_INSTANT = 1.0  # seconds


def take_records(draft: Draft, event: Records) -> None:
    recall.hear_records(draft, event)
    cis: dict[str, bool] = {}  # whether it is checked otherwise than before, and not only found otherwise
    for record in event.records:
        match record:
            case Transition():
                before = draft.check(event.agent, record.check)
                if _take_transition(draft, event, record):
                    ci = split_check(record.check)[0]
                    cis[ci] = cis.get(ci, False) or before is None or before.interval != record.interval
            case Gap():
                draft.reason("4 gap", f"{event.agent} lost {record.count} records: {record.reason}")
            case Summary():
                pass  # measurements, which reports read from the journal
    recall.expect(draft, event.agent)
    if draft.is_fresh(event.agent):
        for ci, is_checked_otherwise in cis.items():
            ref = draft.ref(event.agent, ci)
            if is_checked_otherwise or not _fails_on(draft, ref, event.agent):
                evaluate(draft, ref, event.agent)


def take_snapshot(draft: Draft, event: Snapshot) -> None:
    recall.hear_snapshot(draft, event)
    known = draft.checks(event.agent)
    listed = {belief.check for belief in event.beliefs}
    for check in known:
        if check not in listed:
            retire(draft, event.agent, check)
    for belief in event.beliefs:
        before = known.get(belief.check)
        if before is None or _replaces(event, belief, before):
            since = _steady(before, belief, min(belief.since + _correction(event.offset), draft.now))
            state = CheckState(
                belief.state, since, belief.generation, belief.seq, belief.interval, _text(belief.state, belief.text)
            )
            draft.put_check(event.agent, belief.check, state)
    recall.expect(draft, event.agent)
    for ci in dict.fromkeys(split_check(belief.check)[0] for belief in event.beliefs):
        evaluate(draft, draft.ref(event.agent, ci), event.agent)


def retire(draft: Draft, agent: str, check: str) -> None:
    """A check that is gone (rule 4). An incident that rests on it stays, for a person."""
    if draft.check(agent, check) is not None:
        draft.put_check(agent, check, None)
        draft.reason("4 retired", f"{agent} no longer checks {check}")
        evaluate(draft, draft.ref(agent, split_check(check)[0]), agent)


def revisit(draft: Draft, agent: str) -> None:
    """Believe anew about everything of which the agent said that it is not well, and about shared CIs."""
    for ci in draft.layout(agent):
        ref = draft.ref(agent, ci)
        unwell = [belief for _, belief in draft.on_ci(agent, ci) if belief.state is not Status.OK]
        if unwell or draft.item(ref) is not None or draft.estate.is_shared(ref):
            evaluate(draft, ref, agent)


def evaluate(draft: Draft, ref: str, agent: str) -> None:
    """Believe anew about `ref`, of which `agent` said something."""
    store = draft.estate.agent_store.get(agent, "")
    if not store:
        draft.reason("4 unregistered", f"{agent} belongs to no store")
        return
    draft.touch(store)
    key = ref
    if draft.estate.is_shared(ref):
        key = f"{ref}@{store}"
        draft.touch_shared(ref)
    row = _believed(draft, ref, store, draft.item(key))
    if row is not None and row.state is Status.OK and key == ref:
        row = None
    draft.put("items", key, row)


def may_be_off(draft: Draft, ref: str, row: ItemState) -> bool:
    """Expected only while its store trades, and it became what it is outside trading hours (rule 2)."""
    item = draft.estate.items.get(ref)
    if item is None or item.store is None or item.expected != "trading":
        return False
    return not draft.estate.is_trading(item.store, row.since, item.provides)


def checks_on(draft: Draft, ref: str, store: str) -> list[tuple[str, str, CheckState]]:
    """(agent, check name, belief) of every check that the store's agents have on `ref`.

    A check of what a person said is `ref` although it is called otherwise has that before its name: `pos-99/tcp`.
    """
    own = ref.rpartition("/")[2]
    if not draft.has_bindings():
        agents = [agent for agent in draft.estate.agents(store) if draft.estate.ref(agent, own) == ref]
        return [(agent, name, belief) for agent in agents for name, belief in draft.on_ci(agent, own)]
    called = [
        (own, ""),
        *((ci, f"{ci}/") for source in draft.bound_to(ref) if (ci := source.rpartition("/")[2]) != own),
    ]
    return [
        (agent, f"{prefix}{name}", belief)
        for agent in draft.estate.agents(store)
        for ci, prefix in called
        if draft.ref(agent, ci) == ref
        for name, belief in draft.on_ci(agent, ci)
    ]


def ok_since(draft: Draft, ref: str, store: str) -> float | None:
    """When the last of its checks became what it now is; None when there is none, or none is fresh."""
    return max((belief.since for belief in fresh_on(draft, ref, store)), default=None)


def fresh_on(draft: Draft, ref: str, store: str) -> list[CheckState]:
    """What is believed of every check on `ref` whose agent is heard."""
    fresh = {agent for agent in draft.estate.agents(store) if draft.is_fresh(agent)}
    return [belief for agent, _, belief in checks_on(draft, ref, store) if agent in fresh]


def is_watched(draft: Draft, ref: str, store: str) -> bool:
    return bool(checks_on(draft, ref, store))


def _fails_on(draft: Draft, ref: str, agent: str) -> bool:
    """What fails already is just as bad now: another of its checks fails as well, or no more.

    Nothing that is decided of it looks at single checks then, but whether it is off, and what is told of a past.
    """
    store, before = draft.estate.agent_store.get(agent, ""), draft.item(ref)
    if before is None or before.stale or before.state is not Status.CRITICAL:
        return False
    if draft.past(store) is not None or may_be_off(draft, ref, before):
        return False
    return _believed(draft, ref, store, before) == before


def _take_transition(draft: Draft, event: Records, record: Transition) -> bool:
    """Whether it changed a belief."""
    before = draft.check(event.agent, record.check)
    since = min(record.started_at + _correction(event.offset), draft.now)
    order = (event.generation, record.seq)
    if event.live:
        if before is not None and order <= (before.generation, before.seq):
            return False
        text = _text(record.after, record.text)
        state = CheckState(record.after, since, event.generation, record.seq, record.interval, text)
    else:
        if before is None or order != (before.generation, before.seq) or since >= before.since:
            return False
        state = msgspec.structs.replace(before, since=since)
    draft.put_check(event.agent, record.check, state)
    return True


def _believed(draft: Draft, ref: str, store: str, before: ItemState | None) -> ItemState | None:
    checks = checks_on(draft, ref, store)
    if not checks:
        return None
    fresh = {agent for agent in draft.estate.agents(store) if draft.is_fresh(agent)}
    by_name: dict[str, list[CheckState]] = {}
    for agent, name, belief in checks:
        if agent in fresh:
            by_name.setdefault(name, []).append(belief)
    if not by_name:  # silence is not evidence: what was believed stays, marked
        return ItemState(before.state, before.since, before.learnt_at, before.text, True) if before else None
    decided = [_quorum(beliefs) for beliefs in by_name.values()]
    state = max((belief.state for belief in decided), key=SEVERITY.__getitem__)
    speaking = [belief for belief in decided if belief.state is state]
    since = (max if state is Status.OK else min)(belief.since for belief in speaking)
    learnt_at = draft.now
    if before is not None and before.state is state:
        learnt_at = before.learnt_at
        since = before.since if state is Status.OK else min(before.since, since)
    return ItemState(state, since, learnt_at, _first_text(speaking))


def _first_text(speaking: list[CheckState]) -> str:
    """What was said first of why it is so; it stays that while that check says so, whatever else follows."""
    saying = [belief for belief in speaking if belief.text]
    return min(saying, key=lambda belief: belief.since).text if saying else ""


def _quorum(beliefs: list[CheckState]) -> CheckState:
    """One check from several vantage points: from three on the majority, below that whoever complains (rule 1)."""
    if len(beliefs) == 1:
        return beliefs[0]
    critical = [belief for belief in beliefs if belief.state is Status.CRITICAL]
    others = [belief for belief in beliefs if belief.state is not Status.CRITICAL]
    if critical and others and len(beliefs) >= QUORUM and 2 * len(critical) <= len(beliefs):
        return max(others, key=lambda belief: SEVERITY[belief.state])
    return min(critical or others, key=lambda belief: (-SEVERITY[belief.state], belief.since))


def _replaces(event: Snapshot, belief: SeenBelief, before: CheckState) -> bool:
    """The later record wins. A log that lost its tail, or is an old copy, believes less than it once said: then its new
    life is right, because no later record of an ended life can follow.
    """
    return before.generation < event.generation or (belief.generation, belief.seq) >= (before.generation, before.seq)


def _correction(offset: float) -> float:
    """Whole seconds of what an agent's clock is wrong by.

    What is learnt of it wanders by milliseconds with the line. An incident's id is made of its instant, and when a
    database is restored and the agents say everything again, it must come out the same, or it gets a second ticket.
    """
    return float(round(offset))


def _steady(before: CheckState | None, belief: SeenBelief, since: float) -> float:
    """An agent's clock offset wanders by milliseconds; a belief that we have is not rewritten for that."""
    known = before is not None and (before.generation, before.seq) == (belief.generation, belief.seq)
    return before.since if known and before is not None and abs(before.since - since) < _SAME_INSTANT else since


def _text(state: Status, text: str) -> str:
    """What a device says about itself is shown to people: one printable line, and none when all is well."""
    return "" if state is Status.OK else one_line(text)
