"""Rule 21: which incident what is told late is put on record as, when one stands there for it already."""

from contract.ranges import added, holes_before
from contract.records import Stamp, Transition
from contract.status import Status
from rules.course.incident import Incident
from rules.entries import Command, Records
from tests.rules.estates import CRITICAL, OK, START, Story, chain
from tests.rules.lines import SETTLED, Turn, log_of, one_store

WELL = [Turn(START + 10 + at, f"{ci}/tcp", OK) for at, ci in enumerate(("sw-01", "pos-01", "pos-02", "pos-03"))]


def turn(at: float, ci: str, state: Status) -> Turn:
    return Turn(START + at, f"{ci}/tcp", state)


def told(log: list[Transition], late: dict[str, float], *others: Command) -> Story:
    """Each record when it is decided, but that of the failure of a CI in `late`: so many seconds after the start."""
    due = [(_told_at(record, late), record) for record in log]
    story, have, waiting = Story(one_store()), list[int](), list(others)
    for at, record in sorted(due, key=lambda one: one[0]):
        while waiting and waiting[0].at <= at:
            story.tell(waiting.pop(0))
        have.append(record.seq)
        holes = holes_before(added((), have), [record.seq])
        story.tell(Records(at=at, agent="0001-s", generation=1, live=True, records=[record], holes=holes))
        story.now = at
    story.wait(SETTLED)
    return story


def _told_at(record: Transition, late: dict[str, float]) -> float:
    ci = record.check.partition("/")[0]
    return START + late[ci] if ci in late and record.after is CRITICAL else record.decided.wall


def by_id(story: Story) -> dict[str, Incident]:
    """Every incident there ever was, as it was last."""
    changes = [change for one in story.decisions for change in one.changes if change.table == "incidents"]
    return {change.key: change.row for change in changes if change.row is not None}


def test_a_ticket_that_a_switch_explained_unheard_is_the_switchs() -> None:
    """Over a perfect line the till's incident is promoted; it is that, and no second one without a ticket."""
    failing = [turn(100, "pos-01", CRITICAL), turn(130, "sw-01", CRITICAL)]
    log = log_of([*WELL, *failing, turn(160, "sw-01", OK), turn(165, "pos-01", OK)])
    story = told(log, {"sw-01": 200})
    tickets = [effect.incident for one in story.decisions for effect in one.effects if effect.kind == "open_ticket"]
    assert [(row.id, row.ci, row.symptoms) for row in by_id(story).values()] == [
        (tickets[0], "0001/sw-01", ("0001/pos-01",))
    ]


LANES = log_of(
    [
        *WELL,
        turn(100, "pos-01", CRITICAL),
        turn(110, "pos-02", CRITICAL),
        turn(112, "pos-03", CRITICAL),
        turn(130, "pos-01", OK),
    ]
)


def leads(story: Story) -> list[tuple[str, bool]]:
    """(CI, whether a ticket was opened for it) of what leads others."""
    rows = by_id(story)
    leading = {row.parent for row in rows.values() if row.parent is not None}
    return [(rows[one].ci, rows[one].opened_at is not None) for one in sorted(leading)]


def test_what_leads_in_the_place_of_a_till_that_failed_first_is_that_tills_incident() -> None:
    story = told(LANES, {"pos-01": 160})
    assert leads(story) == [("0001/pos-01", True)]


def test_what_a_person_has_taken_stays_what_they_took() -> None:
    before = told(LANES, {"pos-01": 160})
    taken = next(one.id for one in by_id(before).values() if one.opened_at is not None)
    story = told(
        LANES, {"pos-01": 160}, Command(at=START + 140, id="1", actor="ann", name="acknowledge", incident=taken)
    )
    assert leads(story) == [("0001/pos-02", True)]


def whose_acquirer_fails(stores: int) -> Story:
    """The first of them does not reach it, and something of that store was missed."""
    story = Story(chain(stores))
    for number in range(1, stores + 1):
        story.say(f"{number:04d}-s", {"pos-01/tcp": OK, "acquirer-a/http": OK})
    story.wait(100)
    story.say("0001-s", {"acquirer-a/http": CRITICAL})
    story.wait(60)
    after_a_hole = Transition(
        seq=99,
        check="pos-01/tcp",
        before=OK,
        after=CRITICAL,
        started_at=story.now,
        decided=Stamp(story.now, "b", 0.0),
        was_seq=98,
    )
    story.tell(Records(at=story.now, agent="0001-s", generation=1, live=True, records=[after_a_hole]))
    return story


def of_the_acquirer(story: Story) -> list[tuple[str, str, tuple[str, ...], float | None]]:
    rows = [row for row in story.incidents() if row.ci in ("acquirer-a", "0001") and row.category == "payment_gateway"]
    return [(row.cause, row.home, row.stores, row.restored_at) for row in rows]


def test_what_became_a_shared_cis_incident_while_a_stores_past_was_told_stays_that() -> None:
    story = whose_acquirer_fails(6)
    for store in ("0002-s", "0003-s"):
        story.say(store, {"acquirer-a/http": CRITICAL})
    story.wait(10)
    assert "0001" in story.state.pasts
    at_fault = [("payment_gateway:acquirer-a", "", ("0001", "0002", "0003"), None)]
    assert of_the_acquirer(story) == at_fault
    story.wait(SETTLED)
    assert story.state.pasts == {}
    assert of_the_acquirer(story) == at_fault


def test_a_stores_past_makes_no_shared_cis_fault_of_its_own_path() -> None:
    """Of three, one other sees it fail too, which is no quorum; and it is not one store's word against one's."""
    story = whose_acquirer_fails(3)
    story.say("0002-s", {"acquirer-a/http": CRITICAL})
    story.wait(SETTLED)
    assert story.state.pasts == {}
    assert of_the_acquirer(story) == [("payment_gateway:acquirer-a@0001", "0001", ("0001",), None)]
