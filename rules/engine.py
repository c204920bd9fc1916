"""The engine: a pure, total function from what is known and one event to what changes, what to do, and why.

`run` is how a journal is worked off: every deadline up to an entry's instant first, each at its own instant, then the
entry. So a replay needs nothing but the journal.
"""

from typing import Any, Literal, assert_never

from contract.documents import DocumentError
from rules.asked import change_commands, commands, pin_commands, problem_commands, rebinding, window_commands
from rules.asked.verb import REFUSED
from rules.cause import chain, residual, scope
from rules.cause.judge import judge_store
from rules.course import clocks, flapping, ledger, major, pauses, precision, restore, taken
from rules.course.incident import Incident, Ticket
from rules.decision import Decision
from rules.draft import Draft, changed
from rules.entries import (
    AgentHeard,
    AgentSilent,
    CheckRetired,
    CmdbLoaded,
    Command,
    EngineStarted,
    Entry,
    JournalEntry,
    LeasesSuspended,
    PolicyLoaded,
    Records,
    Snapshot,
    Tick,
    TicketLinked,
)
from rules.given import estate
from rules.history import historical, recall
from rules.repeats import problems, repetition
from rules.sight import beliefs, disputed, silence
from rules.state import State

VERSION = "1"
BATCH = 50  # stores that one step judges: whatever it is about, the next entry waits no longer than that takes
APART = 0.2  # seconds from one batch to the next
REFUSED_DOCUMENT = "document refused"


class Due(Entry, frozen=True, kw_only=True):
    """A deadline has come. Not an entry: deadlines follow from the journal."""

    key: str


def run(state: State, entry: JournalEntry) -> list[Decision]:
    """Every deadline up to `entry.at`, then the entry, each applied to `state`; the decisions in order."""
    decisions = []
    while (due := state.next_deadline()) is not None and due[0] <= entry.at:
        at, key = due
        decisions.append(step(state, Due(at=at, key=key), at))
        apply(state, decisions[-1])
    decisions.append(step(state, entry, entry.at))
    apply(state, decisions[-1])
    return decisions


def step(state: State, event: JournalEntry | Due, now: float) -> Decision:
    """What `event` means at `now`. Does not change `state`."""
    draft = Draft(state, now)
    _take(draft, event)
    if draft.estate.policy is not None:
        _judge(draft)
    return draft.decision()


def apply(state: State, decision: Decision) -> None:
    for change in decision.changes:
        state.put(change)


def next_deadline(state: State) -> float | None:
    """When the engine must be run again although nothing came; None: not of itself."""
    due = state.next_deadline()
    return None if due is None else due[0]


def _take(draft: Draft, event: JournalEntry | Due) -> None:  # noqa: PLR0912 - one case an event
    match event:
        case Records():
            if draft.agent(event.agent) is None:
                silence.confirmed(draft, event.agent)
            beliefs.take_records(draft, event)
        case Snapshot():
            silence.confirmed(draft, event.agent)
            beliefs.take_snapshot(draft, event)
        case CheckRetired():
            beliefs.retire(draft, event.agent, event.check)
        case AgentSilent():
            silence.take_silent(draft, event)
            beliefs.revisit(draft, event.agent)
        case AgentHeard():
            silence.take_heard(draft, event)
        case LeasesSuspended():
            draft.reason("5 silence", f"silence proves nothing for now: {event.reason}")
        case Command():
            if draft.estate.policy is None:
                draft.reason(REFUSED, "no policy is loaded yet")
            else:
                commands.obey(draft, event)
        case TicketLinked():
            _link_ticket(draft, event)
        case PolicyLoaded():
            _adopt(draft, event.document, draft.meta("cmdb"), "policy")
        case CmdbLoaded():
            _adopt(draft, draft.meta("policy"), event.document, "cmdb")
        case EngineStarted():
            draft.put("meta", "version", event.version)
        case Tick():
            pass
        case Due():
            _fall_due(draft, event.key)
        case _:
            assert_never(event)


def _adopt(draft: Draft, policy: Any, cmdb: Any, which: Literal["policy", "cmdb"]) -> None:
    """Judge by another policy or CMDB from now on; one that cannot be read changes nothing."""
    try:
        draft.judge_by(estate.made(policy, cmdb))
    except (DocumentError, ValueError) as error:
        draft.reason(REFUSED_DOCUMENT, f"the {which} is not usable: {error}")
        return
    draft.put("meta", which, policy if which == "policy" else cmdb)
    disputed.forget(draft)
    draft.wake("adopted", draft.now)


def _fall_due(draft: Draft, key: str) -> None:  # noqa: PLR0912 - one case a kind
    kind, _, name = key.partition(":")
    draft.wake(key, None)
    draft.due = key
    match kind:
        case "adopted":
            _look_at_everything(draft)
        case "store":
            draft.touch(name)
        case scope.TIMER | scope.LINE_TIMER:
            draft.touch_shared(name)
        case chain.TIMER:
            if draft.estate.policy is not None:
                chain.fall_due(draft, name)
        case "agent":
            silence.confirmed(draft, name)
            beliefs.revisit(draft, name)
        case "command":
            commands.forget(draft, name)
        case taken.TIMER:
            draft.put("meta", key, None)
        case ledger.TIMER:
            if draft.estate.policy is not None:
                precision.look(draft)
        case recall.TIMER:
            historical.settle(draft, name, run)
        case window_commands.TIMER:
            window_commands.fall_due(draft, name)
        case repetition.TIMER:
            repetition.forget(draft, name)
        case problems.TIMER:
            problems.fall_due(draft, name)
        case change_commands.TIMER:
            change_commands.forget(draft, name)
        case _:
            row = draft.incident(name)
            if row is not None:
                _time_of_incident(draft, kind, row)


def _time_of_incident(draft: Draft, kind: str, row: Incident) -> None:
    match kind:
        case "clock":
            row = clocks.strike(draft, row)
        case "escalate":
            row = clocks.escalate(draft, row)
        case pauses.TIMER:
            row = pauses.ended_by_time(draft, row)
        case major.TIMER:
            row = major.fall_due(draft, row)
        case flapping.TIMER:
            row = flapping.fall_due(draft, row)
        case "restore":
            row = restore.settle(draft, row)
        case "nudge":
            row = restore.nudge(draft, row)
        case pin_commands.TIMER:
            row = pin_commands.end(draft, row, "the pin has come to its end")
        case "close":
            restore.close(draft, row)
            return
        case _:  # lower, refail, hold: the finding decides
            touch_scope(draft, row)
            for store in row.stores if kind == "refail" else ():
                draft.touch(store)
            return
    draft.put_incident(row)
    clocks.arm(draft, row)


def touch_scope(draft: Draft, row: Incident) -> None:
    """Have judged anew whatever the incident stands for."""
    if row.home:
        draft.touch(row.home)
    elif draft.estate.is_shared(row.ci):
        draft.touch_shared(row.ci)


def _look_at_everything(draft: Draft) -> None:
    rebinding.revisit(draft)
    for agent in draft.agents():
        beliefs.revisit(draft, agent)
        store = draft.estate.agent_store.get(agent)
        if store is not None:
            draft.touch(store)


def _postpone(draft: Draft, key: str, at: float) -> None:
    sooner = draft.deadline(key)
    draft.wake(key, at if sooner is None else min(at, sooner))


def _link_ticket(draft: Draft, event: TicketLinked) -> None:
    row = draft.incident(event.incident)
    if row is not None:
        draft.put_incident(changed(row, ticket=Ticket(event.system, event.ticket, event.url)))
        draft.tell(row.id, "ticket", f"{event.system} {event.ticket}", "ticket")
    else:
        problem_commands.link_ticket(draft, event)


def _judge(draft: Draft) -> None:
    """Shared CIs first, for they explain what their stores see; then the stores; then what stores have in common.

    The stores that the event itself is about were touched first, so they never wait for those that follow from it.
    """
    for ref in list(draft.shared):
        scope.judge(draft, ref)
        for rival in scope.rivals(draft, ref):
            scope.judge(draft, rival)
    stores = list(draft.stores)
    for store in stores[:BATCH]:
        judge_store(draft, store)
    for at, store in enumerate(stores[BATCH:]):
        _postpone(draft, f"store:{store}", draft.now + APART * (1 + at // BATCH))
    for category in draft.drafted_among(draft.policy.chains):
        chain.judge(draft, category)
    for incident in draft.parents_drafted():
        if chain.is_chain(incident) or residual.is_residual(incident):
            chain.settle(draft, incident)
    problems.settle(draft)
