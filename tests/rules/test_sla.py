"""A clock across a change of the clocks, a holiday, a pause and restarts: at risk and breached at its very instant."""

from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rules import engine, rows
from rules.entries import CmdbLoaded, Command, JournalEntry, PolicyLoaded, Records, Tick
from rules.given.calendars import Calendar, Work
from rules.rehearsal.storyteller import Fleet
from rules.state import State
from tests.rules.estates import CRITICAL, OK, RETAIL, Story, store, till
from tests.rules.test_calendars import minutes_of_work

ZONES = ["Europe/London", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]
CHANGES = [  # a day or less before which a clock may run into it, in minutes since 1970
    int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) // 60
    for text in (
        "2026-03-29T01:00",
        "2026-10-25T01:00",
        "2026-03-08T07:00",
        "2026-11-01T06:00",
        "2026-04-04T15:00",
        "2026-10-03T15:30",
        "2026-12-25T00:00",
    )
]
HOLIDAYS = ["2026-03-30", "2026-12-25", "2026-12-28"]
STARTS = st.one_of(
    st.builds(lambda change, before: change - before, st.sampled_from(CHANGES), st.integers(0, 3 * 1440)),
    st.integers(CHANGES[0] - 80_000, CHANGES[0] + 500_000),
)


class Paused(NamedTuple):
    """In minutes: how long after the opening, and for how long; `asked` is what was promised."""

    after: int
    lasting: int
    asked: int


PAUSES = st.builds(
    lambda after, lasting, more: Paused(after, lasting, lasting + more),
    st.integers(1, 190),
    st.integers(1, 240),
    st.sampled_from([0, 0, 30, 600]),
)


def journal(zone: str, start: float, sign: bool, pause: Paused | None) -> list[JournalEntry]:
    """A sign fails (a P3, of business days), or one of two tills (a P2, of hours); acknowledged at once."""
    items = [
        {"id": "sign", "store": "0001", "class": "signage", "provides": ["promotions"]},
        {"id": "pos-01", "store": "0001", "class": "pos_terminal", "provides": ["checkout"]},
        {"id": "pos-02", "store": "0001", "class": "pos_terminal", "provides": ["checkout"], "weight": 1},
    ]
    office = {"hours": "09:00-17:00", "holidays": HOLIDAYS}
    cmdb = {"stores": [{"id": "0001", "timezone": zone, "agents": ["0001-s"]}], "items": items}
    failing = {("sign/tcp" if sign else "pos-01/tcp"): CRITICAL}
    document = {**RETAIL, "business_calendars": {"default": office}}
    entries: list[JournalEntry] = [
        CmdbLoaded(at=start, document=cmdb),
        PolicyLoaded(at=start, name="retail", document=document),
        Records(
            at=start, agent="0001-s", generation=1, live=True, records=Fleet().transitions("0001-s", failing, start)
        ),
        Tick(at=start + 1),
    ]
    if pause is not None:
        begun = start + 60.0 * pause.after
        asked = {"reason": "store access", "minutes": pause.asked}
        entries.append(Command(at=begun, id="p", actor="ann", name="pause", arguments=asked))
        if pause.asked > pause.lasting:
            entries.append(Command(at=begun + 60.0 * pause.lasting, id="r", actor="ann", name="resume"))
    return entries


def addressed(state: State, entry: JournalEntry) -> JournalEntry:
    """A command means the only incident there is."""
    if not isinstance(entry, Command):
        return entry
    (incident,) = state.incidents
    return msgspec.structs.replace(entry, incident=incident)


def played(entries: list[JournalEntry], until: float, restarts: list[float]) -> dict[str, list[float]]:
    """Kind of a line of the story about the resolve clock → when it was written, the process dying now and then."""
    state, told = State.empty(), dict[str, list[float]]()
    ticks: list[JournalEntry] = [Tick(at=at) for at in sorted(restarts)]
    rest = sorted([*entries, *ticks, Tick(at=until)], key=lambda entry: entry.at)
    for entry in rest:
        for decision in engine.run(state, addressed(state, entry)):
            for change in decision.changes:
                if change.table == "timeline" and not change.row.text.startswith("respond"):
                    told.setdefault(change.row.kind, []).append(change.row.at)
        if entry in ticks:
            state = rows.restore(rows.dump(state))
    return told


@settings(deadline=None)
@given(st.sampled_from(ZONES), STARTS, st.none() | PAUSES, st.lists(st.integers(2, 6 * 1440), max_size=4))
@example("Europe/London", CHANGES[0] - 120, Paused(60, 120, 120), [61, 90, 180, 200])
@example("Europe/London", CHANGES[1] - 120, Paused(60, 240, 600), [61, 90, 180, 200])
@example("Australia/Lord_Howe", CHANGES[4] - 30, Paused(10, 100, 130), [20])
def test_hours_are_hours(zone: str, start: int, pause: Paused | None, restarts: list[int]) -> None:
    begun = start * 60.0
    told = played(
        journal(zone, begun, False, pause), begun + 20 * 3600, [begun + 60.0 * minutes for minutes in restarts]
    )
    deadline = begun + 4 * 3600 + (60.0 * pause.lasting if pause is not None else 0.0)
    assert told["at risk"] == [deadline - 900]
    assert told["breached"] == [deadline]


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(ZONES), STARTS, st.none() | PAUSES, st.lists(st.integers(2, 6 * 1440), max_size=4))
@example("Europe/London", CHANGES[0] - 2 * 1440 + 840, Paused(60, 120, 120), [61, 90, 180, 3000])
@example("Europe/London", CHANGES[1] - 2 * 1440 + 840, Paused(60, 240, 600), [61, 90, 180, 3000])
def test_a_business_day_is_its_hours_of_work(zone: str, start: int, pause: Paused | None, restarts: list[int]) -> None:
    begun = start * 60.0
    told = played(
        journal(zone, begun, True, pause), begun + 9 * 86_400, [begun + 60.0 * minutes for minutes in restarts]
    )
    work = Work(Calendar(hours="09:00-17:00", holidays=HOLIDAYS), ZoneInfo(zone))
    (deadline,) = told["breached"]
    assert told["at risk"] == [deadline - 900]
    off = 0
    if pause is not None:
        off = minutes_of_work(work, start + pause.after, start + pause.after + pause.lasting)
    assert minutes_of_work(work, start, round(deadline / 60)) == 8 * 60 + off
    assert minutes_of_work(work, start, round(deadline / 60) - 1) == 8 * 60 + off - 1


def test_a_priority_that_is_raised_though_no_more_is_lost_ends_the_pause() -> None:
    story = Story({"stores": [store(1)], "items": [till(1), till(1, "pos-02")]})
    story.say("0001-s", {"pos-01/tcp": CRITICAL, "pos-02/tcp": OK})
    (row,) = story.incidents()
    asked = {"reason": "store access", "minutes": 60}
    story.tell(Command(at=story.now, id="p", actor="ann", name="pause", incident=row.id, arguments=asked))
    assert story.incidents()[0].sla.paused == "store access"
    story.wait(600)
    stricter = {**RETAIL, "loss": [{"lost": 0.5, "priority": "P1"}, {"lost": 0.0, "priority": "P3"}]}
    story.tell(PolicyLoaded(at=story.now, name="stricter", document=stricter))
    story.wait(0)
    (raised,) = story.incidents()
    assert (raised.priority, raised.loss, raised.sla.paused) == (1, row.loss, None)
    assert raised.sla.paused_for == 600
    assert raised.sla.resolve_by == story.now + 3_600
