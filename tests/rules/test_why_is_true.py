"""Every reason of every decision of every scenario, derived again by a second reading that shares no code."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from contract.status import Status
from rules import engine
from rules.answers.why import why
from rules.course.incident import Incident, Reason, Suppression
from rules.entries import JournalEntry, PolicyLoaded
from rules.given import policy
from rules.reasons import LABELS
from rules.rehearsal import scenario
from rules.state import State
from tests.rules.estates import CRITICAL, RETAIL, START, Story, chain
from tests.rules.independent import Evidence, false_absence, false_claims
from tests.rules.test_scenario import FILES


def told_falsely(path: Path) -> Iterator[str]:
    """What is said and not so, in the order in which it is said."""
    read = scenario.read(path)
    known = Evidence(msgspec.to_builtins(read.cmdb), policy.load(read.policy))
    state, rows = State.empty(), dict[str, Incident]()
    for _, entry in scenario.entries(read):
        resolved = scenario.resolved(state, entry)
        for event in _with_what_is_due(state, resolved):
            if event is resolved:
                known.take(resolved)
            decision = engine.step(state, event, event.at)
            engine.apply(state, decision)
            changed = {one.key: one.row for one in decision.changes if one.table == "incidents"}
            yield from (f"no label {one.rule!r}" for one in decision.reasons if one.rule not in LABELS)
            after = rows | changed
            for key, row in changed.items():
                if row.state in ("open", "acknowledged"):
                    said = false_claims(known, row, rows.get(key), after, event.at)
                    yield from (f"{row.cause}: {one}" for one in said)
            rows = after
        yield from _absences(known, state, resolved)


def _with_what_is_due(state: State, entry: JournalEntry) -> Iterator[engine.Due | JournalEntry]:
    """Deadlines up to the entry, each asked for once the one before is applied, and then the entry."""
    while (due := state.next_deadline()) is not None and due[0] <= entry.at:
        yield engine.Due(at=due[0], key=due[1])
    yield entry


def _absences(known: Evidence, state: State, entry: JournalEntry) -> Iterator[str]:
    if isinstance(entry, PolicyLoaded) or state.policy is None:
        return
    there = list(state.incidents.values())
    for ref, item in known.items.items():
        if item.get("store") and not any(ref in (row.ci, *row.affected.cis, *row.symptoms) for row in there):
            yield from false_absence(known, ref, why(state, ref, entry.at).reasons, there)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_every_decision_says_is_so(path: Path) -> None:
    assert list(told_falsely(path)) == []


# The second reading is worth nothing if it takes everything for true.


def a_dead_till() -> tuple[Evidence, Incident]:
    story = Story(chain())
    known = Evidence(chain(), RETAIL)
    story.say("0001-s", {"pos-01/tcp": CRITICAL, "pos-02/tcp": Status.OK})
    story.wait(10)
    for entry in story.journal:
        known.take(entry)
    (row,) = story.incidents()
    return known, row


LIES = {
    "a till that is well": {"cause": "pos_outage:0001/pos-02"},
    "a loss that is not": {"loss": 0.9},
    "a priority that does not follow": {"priority": 1, "opened_at": None},
    "a till that was hit": {"affected": msgspec.structs.replace(a_dead_till()[1].affected, cis=("0001/pos-03",))},
    "a symptom that never failed": {"symptoms": ("0001/sign",)},
    "a parent that is not there": {"suppressed": Suppression("part of #9: x", rule="11 symptom"), "parent": "x"},
    "a window that nobody made": {"suppressed": Suppression("maintenance until", rule="25 window")},
    "a store that is closed": {"suppressed": Suppression("closed", rule="9 hours")},
}


def test_what_is_so_is_taken_for_true() -> None:
    known, row = a_dead_till()
    assert list(false_claims(known, row, None, {row.id: row}, 0.0)) == []


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_found(lie: str) -> None:
    known, row = a_dead_till()
    lying = msgspec.structs.replace(row, **LIES[lie])
    assert len(list(false_claims(known, lying, None, {row.id: lying}, 0.0))) >= 1


@pytest.mark.parametrize(("service", "lies"), [("checkout", False), ("fuel", True), ("order_production", False)])
def test_that_a_store_is_closed_is_no_reason_for_a_service_that_is_open(service: str, *, lies: bool) -> None:
    cmdb = chain()
    cmdb["stores"][0] |= {"hours": {"mon-sun": "08:00-20:00"}, "service_hours": {"fuel": {"mon-sun": "24h"}}}
    cmdb["stores"][0]["events"] = [
        {"kind": "peak", "from": "2026-11-16", "until": "2026-11-16", "hours": "24h", "services": ["loyalty"]}
    ]
    row = msgspec.structs.replace(a_dead_till()[1], service=service)
    held = msgspec.structs.replace(row, suppressed=Suppression("closed", rule="9 hours"))
    at_night = START - 6 * 3_600
    assert bool(list(false_claims(Evidence(cmdb, RETAIL), held, row, {}, at_night))) is lies


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("1 evidence", "every check of it is ok"),
        ("1 evidence", "nothing checks it"),
        ("5 silence", "it cannot be seen"),
        ("28 lifecycle", "not live"),
        ("2 off", "off"),
        ("3 warning", "warns"),
        ("3 unknown", "unknown"),
        ("11 symptom", "explained"),
    ],
)
def test_a_false_reason_for_an_absence_is_found(rule: str, text: str) -> None:
    known, _ = a_dead_till()
    assert len(list(false_absence(known, "0001/pos-01", [Reason(rule, text)], []))) == 1
