"""What must hold whatever comes, tried by Hypothesis: garbage, repetition, any order, silence."""

from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from contract.records import Gap, Stamp, Summary, Transition
from contract.status import Status
from rules import engine, rows
from rules.asked.commands import VERBS
from rules.course.incident import Incident
from rules.entries import (
    AgentHeard,
    AgentSilent,
    CheckRetired,
    CmdbLoaded,
    Command,
    EngineStarted,
    JournalEntry,
    LeasesSuspended,
    PolicyLoaded,
    Records,
    SeenBelief,
    Snapshot,
    Tick,
    TicketLinked,
)
from rules.state import State
from tests.rules.estates import CRITICAL, OK, RETAIL, START, Story, chain, digest
from tests.rules.test_any_order import record
from tests.rules.test_invariants import AGENTS, CHECKS, walk


def tried(examples: int) -> settings:
    """The same examples in every run, so a failure is of the change at hand; `derandomize=False` finds others."""
    return settings(max_examples=examples, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))


seeds = st.integers(0, 10_000)

# Whatever a message can carry that the contract accepts, and JSON of any shape where people write.

agents = st.sampled_from([*AGENTS, "stranger", ""])
checks = st.sampled_from([*CHECKS, "never-seen/tcp", "sw-01/other"])
statuses = st.sampled_from(list(Status))
instants = st.one_of(
    st.floats(START - 1e5, START + 1e5), st.sampled_from([0.0, 1.0, 4_102_444_800.0]), st.floats(0.0, 4e9)
)
texts = st.one_of(st.text(max_size=20), st.sampled_from(["", "\x1b[2J", "0001/pos-01", "0001", "acquirer-a", "P1"]))
numbers = st.one_of(st.integers(-(2**63), 2**63), st.floats(allow_nan=False, allow_infinity=False))
values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts, instants),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=2)),
    max_leaves=4,
)
# Keys that commands read, so that the odd values get where they matter.
KEYS = "text to group reason ci cis store stores title category priority from until minutes expected window incident by"
keys = st.sampled_from(KEYS.split())
seqs = st.integers(1, 2**53)
transitions = st.builds(
    Transition,
    seq=st.one_of(st.integers(1, 30), seqs),
    check=checks,
    before=statuses,
    after=statuses,
    started_at=instants,
    decided=st.builds(Stamp, instants, st.sampled_from(["", "boot"]), st.floats(0, 1e10)),
    was_seq=st.integers(0, 30),
    flapping=st.booleans(),
    text=texts,
    interval=st.floats(0.1, 86_400),
)
gaps = st.builds(Gap, seq=seqs, first=seqs, last=seqs, count=seqs, reason=texts)
summaries = st.builds(
    Summary,
    seq=seqs,
    check=checks,
    since=instants,
    until=instants,
    status=statuses,
    count=seqs,
    min_ms=numbers,
    mean_ms=numbers,
    max_ms=numbers,
)
beliefs = st.builds(SeenBelief, checks, statuses, instants, st.integers(0, 3), st.integers(0, 30), st.just(15.0), texts)
offsets = st.one_of(st.just(0.0), st.floats(-1e6, 1e6))
documents = st.one_of(
    st.dictionaries(texts, values, max_size=3),
    st.sampled_from([{}, chain(1), chain(3), RETAIL, RETAIL | {"loss": []}, {"stores": [{"id": 7}]}]),
)


@st.composite
def commands(draw: st.DrawFn, incidents: list[str]) -> dict[str, Any]:
    """Verbs that there are, on incidents that there are, with arguments that make no sense; and others."""
    return {
        "name": draw(st.sampled_from([*VERBS, "", "no such verb"])),
        "actor": draw(texts),
        "incident": draw(st.sampled_from([*incidents, "", "no such incident"])),
        "arguments": draw(st.dictionaries(keys, st.one_of(values, st.sampled_from(incidents or [""])), max_size=4)),
        "id": draw(st.sampled_from(["1", "2", "3", "4", "5", "6"])),
    }


@st.composite
def events(draw: st.DrawFn, at: float, incidents: list[str]) -> JournalEntry:
    agent = draw(agents)
    kind = draw(st.integers(0, 11))
    match kind:
        case 0 | 1:
            told = draw(st.lists(st.one_of(transitions, gaps, summaries), max_size=3))
            generation, live = draw(st.integers(0, 3)), draw(st.booleans())
            return Records(at=at, agent=agent, generation=generation, live=live, records=told, offset=draw(offsets))
        case 2:
            said = draw(st.lists(beliefs, max_size=4))
            return Snapshot(at=at, agent=agent, beliefs=said, offset=draw(offsets), generation=draw(st.integers(0, 3)))
        case 3:
            return CheckRetired(at=at, agent=agent, check=draw(checks))
        case 4:
            announced = draw(st.sampled_from(["", "stop", "shutdown"]))
            return AgentSilent(at=at, agent=agent, since=draw(instants), announced=announced)  # type: ignore[arg-type]
        case 5:
            return AgentHeard(at=at, agent=agent)
        case 6:
            return LeasesSuspended(at=at, reason=draw(texts))
        case 7 | 8:
            return Command(at=at, **draw(commands(incidents)))
        case 9:
            incident = draw(st.sampled_from([*incidents, "no such incident"]))
            return TicketLinked(at=at, incident=incident, system=draw(texts), ticket=draw(texts))
        case 10:
            document = draw(documents)
            of_policy = draw(st.booleans())
            return (
                PolicyLoaded(at=at, name="odd", document=document)
                if of_policy
                else CmdbLoaded(at=at, document=document)
            )
        case _:
            return draw(st.sampled_from([Tick(at=at), EngineStarted(at=at, version="odd")]))


@tried(40)
@given(st.data(), st.sampled_from([State.empty(), None]), seeds)
def test_no_event_in_any_state_raises_and_a_replay_gives_the_same_bytes(
    data: st.DataObject, empty: State | None, seed: int
) -> None:
    """From nothing, and from the middle of a story."""
    begun = rows.dump(empty if empty is not None else walk(seed % 7, 30).state)
    state, journal, made = rows.restore(begun), [], []
    now = START + (0 if empty is not None else 1e6)
    for _ in range(data.draw(st.integers(1, 25))):
        now += data.draw(st.sampled_from([0.0, 0.1, 4.0, 20.0, 700.0, 90_000.0]))
        journal.append(data.draw(events(now, sorted(state.incidents)[:8])))
        made += engine.run(state, journal[-1])
    again = rows.restore(begun)
    assert digest([one for entry in journal for one in engine.run(again, entry)]) == digest(made)
    assert rows.dump(again) == rows.dump(state)


@tried(12)
@given(seeds)
def test_repetition_changes_nothing(seed: int) -> None:
    """What an agent or a person says twice: the same record, the same beliefs, the same tickets.

    Records come once, for ingest drops what it has by its cursor; a line that repeats them is in test_perfect_line.py.
    """
    story = walk(seed, 50)
    repeated = (Snapshot, AgentHeard, Command, TicketLinked)
    twice = [entry for entry in story.journal for _ in range(2 if isinstance(entry, repeated) else 1)]
    assert on_record([*story.journal, Tick(at=story.now + 1e5)]) == on_record([*twice, Tick(at=story.now + 1e5)])


def on_record(journal: list[JournalEntry]) -> tuple[Any, ...]:
    """What the design promises to be equal (when a past was learnt is not of it), what is believed, what was asked."""
    state, every, effects = State.empty(), dict[str, Incident](), set[str]()
    for entry in journal:
        for decision in engine.run(state, entry):
            every |= {one.key: one.row for one in decision.changes if one.table == "incidents"}
            effects |= {one.key for one in decision.effects if one.kind == "open_ticket"}
    record = sorted(
        (row.ci, row.category, row.home, row.started_at, row.restored_at or 0.0, row.worst_priority, row.reopened)
        for row in every.values()
    )
    believed = [row for row in rows.dump(state) if row[0] in ("agents", "checks", "items", "stores", "windows")]
    return record, believed, effects


FAILING = ["sw-01/icmp", "pos-01/tcp", "pos-02/tcp", "pos-03/tcp", "pos-04/tcp", "sign/tcp"]


def ended(order: list[str], gaps: list[float]) -> tuple[set[tuple[Any, ...]], set[tuple[Any, ...]]]:
    """What is on record of one store's failures, all of one instant, that arrive in this order."""
    story = Story(chain())
    for agent in AGENTS:
        story.say(agent, {**dict.fromkeys(FAILING, OK), "acquirer-a/http": OK})
    story.wait(20)
    happened = story.now
    said = {check: story.fleet.transitions("0001-s", {check: CRITICAL}, happened) for check in order}
    for check, gap in zip(order, gaps, strict=True):
        story.tell(Records(at=story.now, agent="0001-s", generation=1, live=True, records=said[check]))
        story.wait(gap)
    story.now = happened + 60
    story.tell(Tick(at=story.now))
    return record(story), {(row.ci, row.symptoms, row.started_at, row.parent is None) for row in story.incidents()}


@tried(25)
@given(st.data(), st.lists(st.sampled_from(FAILING), min_size=2, unique=True))
def test_order_does_not_matter_for_the_record_within_the_hold(data: st.DataObject, failing: list[str]) -> None:
    hold = 5.0
    gap = st.sampled_from([0.0, 0.1, (hold - 0.5) / len(failing)])
    orders = [data.draw(st.permutations(failing)) for _ in range(2)]
    ways = [ended(order, [data.draw(gap) for _ in order]) for order in orders]
    assert ways[0] == ways[1]


@tried(15)
@given(seeds, st.lists(st.sampled_from([1.0, 60.0, 600.0, 5_000.0, 100_000.0]), min_size=1, max_size=6))
def test_silence_never_closes(seed: int, waits: list[float]) -> None:
    """Nobody says anything any more: what had not ended stays, whatever time passes."""
    story = walk(seed, 60)
    for agent in AGENTS:
        story.tell(AgentSilent(at=story.now, agent=agent, since=story.now - 45))
    unended = {row.id for row in story.incidents() if row.restored_at is None and row.state in ("open", "acknowledged")}
    for wait in waits:
        story.wait(wait)
        ended_now = [
            f"#{row.number} {row.ci} is {row.state}"
            for id_ in sorted(unended)
            if (row := story.state.incidents.get(id_)) is None or row.state not in ("open", "acknowledged")
        ]
        assert ended_now == []


@tried(15)
@given(seeds)
@example(1970)
def test_a_cause_has_one_open_incident_and_each_effect_is_asked_for_once(seed: int) -> None:
    story = walk(seed, 80)  # which looks after every move that no two incidents have the same cause
    every = [effect for decision in story.decisions for effect in decision.effects]
    told = [(one.kind, one.key) for one in every if one.kind != "update_ticket"]  # two of one instant are one
    assert sorted(told) == sorted(set(told))


@pytest.mark.parametrize("name", VERBS)
@pytest.mark.parametrize("state", ["empty", "without incidents", "in the middle"])
def test_a_command_without_arguments_is_refused_or_done_and_never_raises(name: str, state: str) -> None:
    told = {"empty": State.empty, "without incidents": lambda: Story(chain()).state, "in the middle": walked}[state]()
    for incident in ["", "no such incident", *sorted(told.incidents)[:3]]:
        command = Command(at=START + 1e7, id=f"{name}-{incident}", actor="", name=name, incident=incident)
        before = rows.dump(told)
        decision = engine.step(told, command, command.at)
        assert rows.dump(told) == before
        refused = [reason for reason in decision.reasons if reason.rule == "command refused"]
        assert not refused or not [one for one in decision.changes if one.table in ("incidents", "windows")]


def walked() -> State:
    return walk(3, 60).state
