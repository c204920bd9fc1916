from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from rules.given import hours
from rules.given.cmdb import Store

LONDON = ZoneInfo("Europe/London")


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).timestamp()


def of(week: dict[str, object]) -> hours.Hours:
    return hours.of(Store(id="0042", timezone="Europe/London", hours=week))  # type: ignore[arg-type]


WEEK = of(
    {
        "mon-thu": "08:00-20:00",
        "fri-sat": "08:00-12:00, 14:00-02:00",
        "exceptions": {"2026-12-25": "closed", "2026-11-18": "24h"},
    }
)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-11-16T07:59", False),  # Monday
        ("2026-11-16T08:00", True),
        ("2026-11-16T20:00", False),
        ("2026-11-20T13:00", False),  # Friday, the break
        ("2026-11-20T23:59", True),
        ("2026-11-21T01:59", True),  # Friday's night
        ("2026-11-21T02:00", False),
        ("2026-11-22T01:00", True),  # Saturday's night
        ("2026-11-22T12:00", False),  # Sunday: not written, so closed
        ("2026-11-18T00:00", True),  # an exception: all day
        ("2026-11-18T23:59", True),
        ("2026-11-19T00:00", False),
        ("2026-12-25T10:00", False),  # a Friday, but Christmas
    ],
)
def test_hours_are_weekly_with_exceptions_breaks_and_nights(when: str, expected: bool) -> None:
    assert hours.is_open(WEEK, at(when)) is expected


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-11-16T05:00", "2026-11-16T08:00"),
        ("2026-11-16T08:00", "2026-11-17T08:00"),
        ("2026-11-20T12:30", "2026-11-20T14:00"),
        ("2026-11-22T03:00", "2026-11-23T08:00"),
        ("2026-12-24T21:00", "2026-12-26T08:00"),
    ],
)
def test_the_next_opening_skips_closed_days(when: str, expected: str) -> None:
    assert hours.next_opening(WEEK, at(when)) == at(expected)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-11-16T05:00", "2026-11-16T20:00"),
        ("2026-11-16T20:00", "2026-11-17T20:00"),
        ("2026-11-17T21:00", "2026-11-19T00:00"),  # after a whole day
        ("2026-11-20T11:59", "2026-11-20T12:00"),
        ("2026-11-21T01:00", "2026-11-21T02:00"),  # Friday's night
        ("2026-12-24T21:00", "2026-12-26T12:00"),
    ],
)
def test_the_next_closing_is_the_end_of_a_span_that_no_other_continues(when: str, expected: str) -> None:
    assert hours.next_closing(WEEK, at(when)) == at(expected)


def test_a_store_that_never_closes_has_no_next_turn_and_is_open() -> None:
    always = of({"mon-sun": "24h"})
    assert hours.next_opening(always, at("2026-11-16T05:00")) is None
    assert hours.next_closing(always, at("2026-11-16T05:00")) is None
    assert hours.next_closing(of({}), at("2026-11-16T05:00")) is None
    assert hours.is_open(always, at("2026-11-16T00:00"))


def test_from_an_hour_to_the_same_hour_is_a_whole_day() -> None:
    always = of({"mon-sun": "08:00-08:00"})
    assert hours.next_opening(always, at("2026-11-16T05:00")) is None
    assert hours.next_closing(always, at("2026-11-16T05:00")) is None
    assert hours.is_open(always, at("2026-11-16T05:00"))


def test_a_store_that_is_closed_for_good_has_no_next_opening() -> None:
    assert hours.next_opening(of({"mon-sun": "closed"}), at("2026-11-16T05:00")) is None


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("08:30-20:15", (510, 1215)), ("08:59-24:00", (539, 1440)), ("23:59-00:59", (1439, 1499)), ("24h", (0, 1440))],
)
def test_a_span_is_minutes_of_the_day(text: str, minutes: tuple[int, int]) -> None:
    assert hours.spans(text, "hours.mon") == (minutes,)


@pytest.mark.parametrize("text", ["24:00-24:00", "08:60-20:00", "08:00-20:60", "08:00-24:01", "8:00-20:00"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"hours\.mon: found"):
        hours.spans(text, "hours.mon")


def test_unknown_hours_mean_open() -> None:
    assert hours.is_open(of({}), at("2026-11-16T03:00"))


@pytest.mark.parametrize(("day", "offset"), [("2026-03-29", 1), ("2026-10-25", 0)])
def test_opening_follows_the_wall_clock_over_a_daylight_saving_change(day: str, offset: int) -> None:
    opening = datetime.fromisoformat(f"{day}T08:00+00:00").timestamp() - 3600 * offset
    daily = of({"mon-sun": "08:00-20:00"})
    assert hours.next_opening(daily, opening - 7 * 3600) == opening
    assert not hours.is_open(daily, opening - 1)
    assert hours.is_open(daily, opening)
