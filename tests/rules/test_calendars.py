"""Business days, held to a second way of counting them: minute by minute on the wall."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.given import calendars
from rules.given.calendars import Calendar, Work
from rules.given.cmdb import Store
from rules.given.wall import DAYS

ZONES = ["Europe/London", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]
LONDON = ZoneInfo("Europe/London")
OFFICE = Calendar(hours="09:00-17:00", holidays=["2026-03-30", "2026-12-25", "2026-12-28"])
ALL_DAY = Calendar()
INSTANTS = st.integers(
    int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()) // 60, int(datetime(2027, 12, 1, tzinfo=UTC).timestamp()) // 60
)


def at(text: str, zone: ZoneInfo = LONDON) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


@pytest.mark.parametrize(
    ("calendar", "since", "days", "until"),
    [
        (ALL_DAY, "2026-03-27T15:00", 1, "2026-03-31T15:00"),
        (Calendar(), "2026-03-25T15:00", 2, "2026-03-27T15:00"),
        (OFFICE, "2026-03-27T15:00", 1, "2026-03-31T15:00"),
        (OFFICE, "2026-03-27T17:00", 1, "2026-03-31T17:00"),
        (OFFICE, "2026-03-27T16:59", 1, "2026-03-31T16:59"),
        (OFFICE, "2026-03-27T08:59", 1, "2026-03-27T17:00"),
        (OFFICE, "2026-03-27T09:00", 1, "2026-03-27T17:00"),
        (OFFICE, "2026-03-27T09:01", 1, "2026-03-31T09:01"),
        (OFFICE, "2026-12-24T12:00", 2, "2026-12-30T12:00"),
        (ALL_DAY, "2026-12-26T12:00", 1, "2026-12-29T00:00"),
        (Calendar(days=("sat",), hours="10:00-12:00"), "2026-10-24T11:00", 1, "2026-10-31T11:00"),
    ],
)
def test_business_days_are_counted_on_the_wall(calendar: Calendar, since: str, days: int, until: str) -> None:
    known = calendar if calendar is not ALL_DAY else Calendar(holidays=["2026-03-30"])
    assert calendars.business_days_later(Work(known, LONDON), at(since), days) == at(until)


def minutes_of_work(work: Work, since: int, until: int) -> int:
    """The working minutes between two instants, both given in minutes since 1970."""
    opens, closes = (int(part[:2]) * 60 + int(part[3:]) for part in work.calendar.hours.split("-"))
    found = 0
    for minute in range(since, until):
        local = datetime.fromtimestamp(minute * 60, work.zone)
        holds = opens <= local.hour * 60 + local.minute < closes
        on = DAYS[local.weekday()] in work.calendar.days and local.date().isoformat() not in work.calendar.holidays
        found += holds and on
    return found


@given(st.sampled_from(ZONES), INSTANTS, st.integers(0, 5 * 1440))
def test_what_was_worked_is_every_minute_of_the_working_hours(zone: str, since: int, lasting: int) -> None:
    work = Work(OFFICE, ZoneInfo(zone))
    worked = calendars.worked(work, since * 60.0, (since + lasting) * 60.0)
    assert worked == 60 * minutes_of_work(work, since, since + lasting)


@given(st.sampled_from(ZONES), INSTANTS, st.integers(1, 3))
def test_business_days_hold_so_much_work_and_end_in_working_hours(zone: str, since: int, days: int) -> None:
    work = Work(OFFICE, ZoneInfo(zone))
    due = calendars.business_days_later(work, since * 60.0, days)
    assert minutes_of_work(work, since, round(due / 60)) == days * 8 * 60
    local = datetime.fromtimestamp(due, work.zone)
    assert 9 <= local.hour + local.minute / 60 <= 17


@given(st.sampled_from(ZONES), INSTANTS, st.integers(0, 20_000), st.booleans())
def test_shifting_by_what_was_worked_is_its_inverse(zone: str, since: int, seconds: int, sundays: bool) -> None:
    calendar = Calendar(days=DAYS, hours="00:00-24:00") if sundays else OFFICE
    work, begun = Work(calendar, ZoneInfo(zone)), since * 60.0
    later = calendars.shifted(work, begun, float(seconds))
    assert later >= begun
    assert calendars.worked(work, begun, later) == seconds


def test_a_store_goes_by_its_own_calendar_then_its_regions_then_the_default() -> None:
    known = {
        "default": Calendar(hours="01:00-02:00"),
        "own": Calendar(hours="02:00-03:00"),
        "north": Calendar(hours="03:00-04:00", regions=["north", "east"]),
    }
    assert calendars.of(known, Store(id="1", business_calendar="own", region="north"), "north") == known["own"]
    assert calendars.of(known, Store(id="1", business_calendar="gone", region="east"), "east") == known["north"]
    assert calendars.of(known, Store(id="1", region="west"), "west") == known["default"]
    assert calendars.of(known, None, "") == known["default"]
    assert calendars.of({}, None, "north") == Calendar()


def test_every_mistake_in_a_calendar_is_told() -> None:
    wrong = {
        "a": Calendar(days=(), hours="17:00-09:00", holidays=["2026-02-30"], regions=["north"]),
        "b": Calendar(hours="nine to five", regions=["north"]),
    }
    assert list(calendars.mistakes(wrong)) == [
        ("business_calendars.a.days", "a calendar needs at least one day of the week"),
        ("business_calendars.a.hours", "found '17:00-09:00', expected hours of one day such as 09:00-17:00"),
        ("business_calendars.a.holidays[0]", "found '2026-02-30', which is no date"),
        ("business_calendars.b.hours", "found 'nine to five', expected a time of day such as 02:00"),
        ("business_calendars.b.regions", "north goes by the calendar a already"),
    ]
    assert list(calendars.mistakes({"c": Calendar(hours="00:00-24:00", holidays=["2026-12-25"])})) == []


def test_over_a_night_of_the_clocks_a_day_is_a_day() -> None:
    always = Work(Calendar(days=DAYS), LONDON)
    for day, hours in (("2026-03-28", 23), ("2026-10-24", 25)):
        since = at(f"{day}T12:00")
        assert calendars.business_days_later(always, since, 1) == since + timedelta(hours=hours).total_seconds()
