"""Windows that come again, over years and in zones whose clocks change by an hour and by half of one."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.entries import Command
from rules.given import wall
from rules.planned import recurrence
from rules.planned.overlaps import overlapping
from rules.planned.recurrence import Occurrence, Recurrence
from rules.planned.recurring import as_of
from rules.planned.window import Window
from tests.rules.estates import Story, store, till

ZONES = ["Europe/London", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]
YEAR = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
DAY = 86_400.0
TIMES = st.integers(0, 1439).map(lambda at: f"{at // 60:02d}:{at % 60:02d}")


def nightly(start: str, end: str, zone: str = "Europe/London", **more: Any) -> Recurrence:
    return Recurrence(start=start, end=end, zone=zone, **({"begins": YEAR} | more))


def shown(found: Occurrence | None, zone: str) -> tuple[str, str]:
    assert found is not None
    since, until = (datetime.fromtimestamp(at, ZoneInfo(zone)).strftime("%a %d %b %H:%M %Z") for at in found)
    return since, until


@pytest.mark.parametrize(
    ("zone", "day", "span", "seen"),
    [
        ("Europe/London", "2026-03-29", "00:30-02:30", ("Sun 29 Mar 00:30 GMT", "Sun 29 Mar 02:30 BST")),
        ("Europe/London", "2026-03-29", "01:15-01:45", ("Sun 29 Mar 02:15 BST", "Sun 29 Mar 02:45 BST")),
        ("Europe/London", "2026-03-29", "01:00-02:00", ("Sun 29 Mar 02:00 BST", "Sun 29 Mar 03:00 BST")),
        ("Europe/London", "2026-03-29", "00:30-01:30", ("Sun 29 Mar 00:30 GMT", "Sun 29 Mar 02:30 BST")),
        ("Europe/London", "2026-10-25", "00:30-01:30", ("Sun 25 Oct 00:30 BST", "Sun 25 Oct 01:30 GMT")),
        ("Europe/London", "2026-10-25", "01:30-02:30", ("Sun 25 Oct 01:30 BST", "Sun 25 Oct 02:30 GMT")),
        ("Europe/Berlin", "2026-03-29", "02:00-03:00", ("Sun 29 Mar 03:00 CEST", "Sun 29 Mar 04:00 CEST")),
        ("America/New_York", "2026-03-08", "02:30-04:00", ("Sun 08 Mar 03:30 EDT", "Sun 08 Mar 04:00 EDT")),
        ("Australia/Lord_Howe", "2026-10-04", "01:00-03:00", ("Sun 04 Oct 01:00 +1030", "Sun 04 Oct 03:00 +11")),
        ("Australia/Lord_Howe", "2026-04-05", "01:40-03:00", ("Sun 05 Apr 01:40 +11", "Sun 05 Apr 03:00 +1030")),
    ],
)
def test_the_night_of_the_change(zone: str, day: str, span: str, seen: tuple[str, str]) -> None:
    midnight = wall.first(ZoneInfo(zone), datetime.fromisoformat(day).date(), 0)
    start, _, end = span.partition("-")
    assert shown(recurrence.following(nightly(start, end, zone), midnight), zone) == seen


@given(st.sampled_from(ZONES), TIMES, TIMES, st.integers(0, 700), st.sets(st.sampled_from(wall.DAYS)))
def test_it_comes_on_each_of_its_days_once_at_its_time_of_day(
    zone: str, start: str, end: str, ahead: int, days: set[wall.Day]
) -> None:
    if start == end:
        return
    known = nightly(start, end, zone, days=tuple(day for day in wall.DAYS if day in days))
    at, seen = YEAR + ahead * DAY, []
    for _ in range(9):
        found = recurrence.following(known, at)
        assert found is not None
        assert found.since < found.until
        assert found.until > at
        seen.append(found)
        at = found.until
    begun = [datetime.fromtimestamp(one.since, ZoneInfo(zone)) for one in seen]
    for local in begun[1:]:
        assert not days or wall.DAYS[local.weekday()] in days
        skipped = datetime.fromtimestamp(local.timestamp() - 3_600.0, ZoneInfo(zone)).utcoffset() != local.utcoffset()
        assert local.strftime("%H:%M") == start or skipped
    if not days:
        assert [b.date() - a.date() for a, b in pairwise(begun[1:])] == [timedelta(days=1)] * 7


@pytest.mark.parametrize(
    ("weeks", "expected"),
    [
        ((1,), ["01 Feb", "01 Mar", "05 Apr"]),
        ((-1,), ["25 Jan", "22 Feb", "29 Mar"]),
        ((5,), ["29 Mar", "31 May", "30 Aug"]),
        ((2, 4), ["25 Jan", "08 Feb", "22 Feb"]),
    ],
)
def test_weeks_of_a_month(weeks: tuple[int, ...], expected: list[str]) -> None:
    known = nightly("02:00", "04:00", days=("sun",), weeks=weeks)
    at, seen = YEAR + 20 * DAY, []
    for _ in range(3):
        found = recurrence.following(known, at)
        seen.append(shown(found, "UTC")[0][4:10])
        at = found.until if found else at
    assert seen == expected


def test_it_begins_and_ends_when_it_was_said() -> None:
    known = nightly("02:00", "04:00", begins=YEAR + 3 * 3600, ends=YEAR + DAY + 3 * 3600)
    assert recurrence.following(known, YEAR) == (YEAR + 3 * 3600, YEAR + 4 * 3600)
    assert recurrence.following(known, YEAR + 4 * 3600) == (YEAR + DAY + 2 * 3600, YEAR + DAY + 3 * 3600)
    assert recurrence.following(known, YEAR + DAY + 3 * 3600) is None


@pytest.mark.parametrize(
    ("days", "weeks", "words"),
    [
        ((), (), "every day 02:00-04:00 Europe/London"),
        (("sat", "sun"), (), "every sat, sun 02:00-04:00 Europe/London"),
        (("sun",), (1, -1), "every first, last sun 02:00-04:00 Europe/London"),
    ],
)
def test_it_is_said_in_words(days: tuple[wall.Day, ...], weeks: tuple[int, ...], words: str) -> None:
    assert recurrence.words(nightly("02:00", "04:00", days=days, weeks=weeks)) == words


def window(id_: str, since: float, until: float, **more: Any) -> Window:
    base: dict[str, Any] = {"stores": ("0042",), "reason": "work", "actor": "ann", "kind": "maintenance"}
    return Window(id=id_, since=since, until=until, **(base | more))


def test_a_window_that_repeats_is_as_it_was_then_also_in_its_grace() -> None:
    known = nightly("02:00", "04:00")
    now = window("a", YEAR + 40 * DAY, YEAR + 40 * DAY + 1, repeats=known, grace=900.0)
    assert as_of(now, YEAR + DAY).since == YEAR + DAY + 2 * 3600
    assert as_of(now, YEAR + DAY + 4 * 3600 + 899).since == YEAR + DAY + 2 * 3600
    assert as_of(now, YEAR + DAY + 4 * 3600 + 900).since == YEAR + 2 * DAY + 2 * 3600
    assert as_of(msgspec.structs.replace(now, repeats=None), YEAR) == msgspec.structs.replace(now, repeats=None)


def test_windows_overlap_on_what_both_name_when_both_hold() -> None:
    sunday = YEAR + 3 * DAY  # 4 January
    weekly = nightly("02:00", "04:00", days=("sun",))
    patching = window("a", sunday + 2 * 3600, sunday + 4 * 3600, repeats=weekly)
    moving = window("b", sunday + 7 * DAY + 3 * 3600, sunday + 9 * DAY, stores=(), cis=("0042/pos-01",))
    touching = window("c", sunday + 4 * 3600, sunday + 5 * 3600)
    elsewhere = window("d", sunday, sunday + DAY, stores=("0043",))
    other = window("e", sunday, sunday + DAY, expected=("signage",))
    only = window("f", sunday, sunday + DAY, expected=("power",))
    found = overlapping([patching, moving, touching, elsewhere])
    assert [(one.first.id, one.second.id, one.since, one.until, one.names) for one in found] == [
        ("a", "b", sunday + 7 * DAY + 3 * 3600, sunday + 7 * DAY + 4 * 3600, ("0042/pos-01",))
    ]
    assert overlapping([other, only]) == []
    assert {(one.first.id, one.second.id) for one in overlapping([patching, other, only])} == {("a", "e"), ("a", "f")}


def test_windows_that_repeat_overlap_when_their_days_meet() -> None:
    first = nightly("02:00", "04:00", days=("sun",), weeks=(1,))
    monthly = window("a", YEAR + 3 * DAY + 2 * 3600, YEAR + 3 * DAY + 4 * 3600, repeats=first)
    after = window("b", YEAR, YEAR + 1, repeats=nightly("04:00", "05:00"))
    into = window("c", YEAR, YEAR + 1, repeats=nightly("03:59", "05:00"))
    saturdays = window("d", YEAR, YEAR + 1, repeats=nightly("02:00", "04:00", days=("sat",)))
    assert overlapping([monthly, after]) == []
    assert overlapping([monthly, saturdays]) == []
    assert len(overlapping([monthly, into])) == 1


def test_who_makes_a_window_is_told_which_others_it_meets() -> None:
    story = Story({"stores": [store(1), store(2)], "items": [till(1)]})

    def add(id_: str, **told: Any) -> list[str]:
        arguments = {"reason": id_, "minutes": 60} | told
        command = Command(at=story.now, id=id_, actor="ann", name="add_maintenance", arguments=arguments)
        return [reason.text for decision in story.tell(command) for reason in decision.reasons]

    assert len(add("patch", stores=["0001"])) == 1
    assert len(add("elsewhere", stores=["0002"])) == 1
    (_, met) = add("till", cis=["0001/pos-01"])
    assert met.startswith("overlaps on 0001/pos-01 with maintenance until")
    assert met.endswith("by ann: patch")
    assert len(add("all", stores=["0001", "0002"])) == 4
