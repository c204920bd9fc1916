"""Rule 5: silence of all agents of a store is "store unreachable"; of one of several, a P3 on its host.

What a silent agent last said stays what is believed, and decides nothing: its CIs are held until it speaks again.
"""

from rules.cause.leaving import leave, why_left, why_store_left
from rules.course.finding import CAPACITY_UNKNOWN, Finding, closed_until, turns
from rules.course.incident import Affected, Reason
from rules.course.incidents import ensure
from rules.course.restore import absorb, recover
from rules.draft import Draft
from rules.entries import AgentHeard, AgentSilent
from rules.given.playbook import AGENT_SILENT, STORE_UNREACHABLE
from rules.sight import unheard
from rules.state import AgentState, StoreState


def take_silent(draft: Draft, event: AgentSilent) -> None:
    before = draft.agent(event.agent) or AgentState()
    if before.silent_since is None:
        row = AgentState(before.heard_at, min(event.since, draft.now), event.announced, before.settling, draft.now)
        draft.put("agents", event.agent, row)
        draft.wake(f"agent:{event.agent}", None)
        draft.reason("5 silence", f"{event.agent} is silent{f' ({event.announced})' if event.announced else ''}")
    _touch(draft, event.agent)


def take_heard(draft: Draft, event: AgentHeard) -> None:
    """Its old evidence counts again only when a snapshot confirms it, or after a while in which no pulse denied it."""
    before = draft.agent(event.agent)
    if before is not None and before.silent_since is None:
        return
    settling = before is not None and draft.estate.policy is not None
    draft.put("agents", event.agent, AgentState(draft.now, None, "", settling, away_since=_away(before)))
    if settling:
        draft.wake(f"agent:{event.agent}", draft.now + draft.policy.evidence.settle)
        draft.reason("5 silence", f"{event.agent} is heard again")
    _touch(draft, event.agent)


def confirmed(draft: Draft, agent: str) -> None:
    """What the agent says now counts."""
    row = draft.agent(agent)
    if row is not None and row.is_fresh:
        return
    heard_at = row.heard_at if row is not None and row.silent_since is None else draft.now
    draft.put("agents", agent, AgentState(heard_at, away_since=_away(row)))
    draft.wake(f"agent:{agent}", None)
    _touch(draft, agent)


def judge(draft: Draft, store: str) -> list[float]:
    """Keeps the store's incidents about silence; says when to look again."""
    rows = [(agent, row) for agent in draft.estate.agents(store) if (row := draft.agent(agent)) is not None]
    silent = [(agent, row) for agent, row in rows if row.silent_since is not None]
    whole = bool(rows) and len(silent) == len(rows)
    since = max((row.silent_since or 0.0 for _, row in silent), default=0.0)
    _keep_store_row(draft, store, since if whole else None)
    wakes: list[float] = []
    quiet = max((_quiet_until(draft, store, row) for _, row in silent), default=0.0) if whole else 0.0
    if whole and (left := why_store_left(draft, store)):
        _leave(draft, f"{STORE_UNREACHABLE}:{store}", left)
    elif whole and quiet <= draft.now:
        wakes += _unreachable(draft, store, since)
    else:
        wakes += [quiet] if whole else []
        if not whole:
            _over(draft, f"{STORE_UNREACHABLE}:{store}", max((row.heard_at for _, row in rows), default=draft.now))
    for agent, row in rows:
        wakes += _one_silent(draft, store, agent, row) if not whole else []
    return wakes


def _quiet_until(draft: Draft, store: str, row: AgentState) -> float:
    """How long an announced silence is believed to be meant; for ever when the store does not open again soon."""
    if not row.announced or row.silent_since is None:
        return 0.0
    if draft.estate.is_trading(store, row.silent_since):
        return row.silent_since + draft.policy.evidence.restart_grace
    opening = draft.estate.next_opening(store, row.silent_since)
    return float("inf") if opening is None else opening + draft.policy.evidence.late_start


def _unreachable(draft: Draft, store: str, since: float) -> list[float]:
    cause = f"{STORE_UNREACHABLE}:{store}"
    found = unheard.judged(draft, store, draft.by_cause(cause), since)
    row = draft.store(store)
    until = closed_until(draft, store, STORE_UNREACHABLE)
    text = f"no agent of {draft.estate.name(store)} is heard; what it can still sell is unknown"
    unreachable = ensure(
        draft,
        Finding(
            cause=cause,
            category=STORE_UNREACHABLE,
            ci=store,
            home=store,
            stores=(store,),
            title=f"Store unreachable: {draft.estate.name(store)}",
            priority=found.priority,
            service=draft.policy.category(STORE_UNREACHABLE).service,
            started_at=since,
            learnt_at=row.learnt_at if row else draft.now,
            affected=Affected(cis=(store,)),
            closed_until=until,
            flags=(CAPACITY_UNKNOWN,),
            reasons=(Reason("5 silence", text), found.reason),
            urgency=found.urgency,
        ),
    )
    for agent in draft.estate.agents(store):
        alone = draft.by_cause(f"{AGENT_SILENT}:{agent}")
        if alone is not None:
            absorb(draft, alone, unreachable)
    return [*turns(draft, store), *([] if found.until is None else [found.until])]


def _one_silent(draft: Draft, store: str, agent: str, row: AgentState) -> list[float]:
    cause = f"{AGENT_SILENT}:{agent}"
    if row.silent_since is None:
        _over(draft, cause, row.heard_at)
        return []
    quiet = max(_quiet_until(draft, store, row), _others_settled(draft, store, row))
    if draft.now < quiet:
        return [quiet]
    host = _host(draft, store, agent)
    if left := why_left(draft, host):
        _leave(draft, cause, left)
        return []
    until = closed_until(draft, store, AGENT_SILENT)
    reason = Reason("5 silence", f"{agent} is silent while others of {draft.estate.name(store)} are heard")
    ensure(
        draft,
        Finding(
            cause=cause,
            category=AGENT_SILENT,
            ci=host,
            home=store,
            stores=(store,),
            title=f"Watching host {agent} silent at {draft.estate.name(store)}",
            priority=3,
            service=draft.policy.category(AGENT_SILENT).service,
            started_at=row.silent_since,
            learnt_at=draft.now,
            affected=Affected(cis=(host,)),
            closed_until=until,
            reasons=(reason,),
        ),
    )
    return [until] if until is not None else []


def _others_settled(draft: Draft, store: str, row: AgentState) -> float:
    """The others may be about to fall silent too, or be the first that are back."""
    heard = [other.heard_at for agent in draft.estate.agents(store) if (other := draft.agent(agent)) and other.is_fresh]
    back = min(heard, default=draft.now)
    settled = back + draft.policy.evidence.settle if back > (row.silent_since or 0.0) else 0.0
    return max(row.learnt_at + draft.policy.evidence.hold, settled)


def _over(draft: Draft, cause: str, heard_at: float) -> None:
    row = draft.by_cause(cause)
    if row is not None and row.state != "resolved":
        recover(draft, row, heard_at)


def _leave(draft: Draft, cause: str, why: str) -> None:
    row = draft.by_cause(cause)
    if row is not None:
        leave(draft, row, why)


def _host(draft: Draft, store: str, agent: str) -> str:
    """The CI that the agent runs on: as it says itself, else one named like it, or like the rest of its name after the
    store's id.
    """
    said = draft.estate.host_of(agent)
    if said is not None:
        return said
    for name in (agent, agent.removeprefix(f"{store}-")):
        if f"{store}/{name}" in draft.estate.items:
            return f"{store}/{name}"
    return store


def _keep_store_row(draft: Draft, store: str, since: float | None) -> None:
    before = draft.store(store)
    if since is None:
        draft.put("stores", store, None)
    elif before is None:
        draft.put("stores", store, StoreState(since, draft.now))


def _away(row: AgentState | None) -> float | None:
    if row is None:
        return None
    return row.away_since if row.silent_since is None else row.silent_since


def _touch(draft: Draft, agent: str) -> None:
    if (store := draft.estate.agent_store.get(agent)) is not None:
        draft.touch(store)
