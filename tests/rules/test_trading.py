"""Rule 9: which hours count where: a store's exceptions, its events, holidays, and services with hours of their own."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from rules.given import hours, trading
from rules.given.cmdb import Store
from tests.rules.estates import START, Story

LONDON = ZoneInfo("Europe/London")
ENGLAND = {"england": {"2026-12-25": "closed", "2026-12-26": "10:00-16:00"}}


def store(**more: Any) -> Store:
    told = {"id": "0042", "timezone": "Europe/London", "hours": {"mon-sun": "08:00-20:00"}} | more
    return msgspec.convert(told, Store)


def is_open(known: trading.Trading, text: str, service: str = "") -> bool:
    return hours.is_open(known.of(service), datetime.fromisoformat(text).replace(tzinfo=LONDON).timestamp())


def test_a_stores_own_exception_wins_over_its_event_and_that_over_the_holiday() -> None:
    told = store(
        hours={"mon-sun": "08:00-20:00", "exceptions": {"2026-12-26": "22:00-23:00"}},
        calendar="england",
        events=[{"kind": "refit", "from": "2026-12-26", "until": "2026-12-27"}],
    )
    known = trading.of(told, ENGLAND)
    assert not is_open(known, "2026-12-25T12:00")
    assert is_open(known, "2026-12-26T22:30")
    assert not is_open(known, "2026-12-26T12:00")
    assert not is_open(known, "2026-12-27T12:00")
    assert is_open(known, "2026-12-28T12:00")


def test_a_service_with_hours_of_its_own_follows_these_and_the_events_that_name_it() -> None:
    told = store(
        service_hours={"fuel": {"mon-sun": "24h"}},
        calendar="england",
        events=[
            {"kind": "stocktake", "from": "2026-11-20", "until": "2026-11-20"},
            {"kind": "refit", "from": "2026-11-21", "until": "2026-11-21", "services": ["fuel"]},
            {
                "kind": "stocktake",
                "from": "2026-11-22",
                "until": "2026-11-22",
                "hours": "12:00-14:00",
                "services": ["cafe"],
            },
        ],
    )
    known = trading.of(told, ENGLAND)
    assert [is_open(known, f"2026-11-{day}T09:00") for day in (20, 21, 22)] == [False, True, True]
    assert [is_open(known, f"2026-11-{day}T09:00", "fuel") for day in (20, 21, 22)] == [True, False, True]
    assert [is_open(known, f"2026-11-{day}T09:00", "cafe") for day in (20, 21, 22)] == [False, True, False]
    assert is_open(known, "2026-12-25T12:00", "fuel")
    assert not is_open(known, "2026-12-25T12:00", "cafe")


def test_a_refit_closes_also_a_store_whose_hours_nobody_knows() -> None:
    known = trading.of(store(hours={}, events=[{"kind": "refit", "from": "2026-11-20", "until": "2026-11-21"}]), {})
    assert [is_open(known, f"2026-11-{day}T23:00") for day in (19, 20, 21, 22)] == [True, False, False, True]


def test_peaks_are_local_days_and_the_next_one_begins_at_the_stores_midnight() -> None:
    known = trading.of(store(events=[{"kind": "peak", "from": "2026-11-27", "until": "2026-11-28"}]), {})
    assert [day.isoformat() for day in sorted(known.peaks)] == ["2026-11-27", "2026-11-28"]
    summer = datetime(2026, 10, 24, 23, 30, tzinfo=LONDON).timestamp()  # the clocks go back in the night that follows
    assert known.midnight(summer) - summer == 1_800
    assert known.midnight(known.midnight(summer)) - known.midnight(summer) == 25 * 3_600


@pytest.mark.parametrize(
    ("more", "mistakes"),
    [
        ({"calendar": "wales"}, [("calendar", "found 'wales', which is none of `calendars`")]),
        ({"service_hours": {"fuel": {"mon": "8-20"}}}, [("service_hours.fuel.mon", "found '8-20'")]),
        (
            {
                "events": [
                    {"kind": "peak", "from": "2026-11-27", "until": "2026-11-26"},
                    {"kind": "refit", "from": "soon", "until": "2026-11-26"},
                    {"kind": "refit", "from": "2026-01-01", "until": "2036-01-01"},
                    {"kind": "stocktake", "from": "2026-01-01", "until": "2026-01-01", "hours": "all day"},
                ]
            },
            [
                ("events[0].until", "2026-11-26 is before 2026-11-27"),
                ("events[1].from", "found 'soon', expected a date such as 2026-11-27"),
                ("events[2].until", "an event of more than two years"),
                ("events[3].hours", "found 'all day'"),
            ],
        ),
    ],
)
def test_every_mistake_is_told_with_its_key(more: dict[str, Any], mistakes: list[tuple[str, str]]) -> None:
    found = list(trading.mistakes(store(**more), ENGLAND))
    assert [key for key, _ in found] == [key for key, _ in mistakes]
    assert all(text.startswith(begin) for (_, text), (_, begin) in zip(found, mistakes, strict=True))


def test_of_several_services_the_first_that_opens_counts_and_of_none_the_store() -> None:
    own = {"fuel": {"mon-sun": "06:00-22:00"}, "cafe": {"mon-sun": "10:00-16:00"}}
    told = {
        "stores": [{"id": "0042", "agents": [], "hours": {"mon-sun": "08:00-20:00"}, "service_hours": own}],
        "items": [],
    }
    estate = Story(told).state.estate
    midnight = START - 9 * 3_600
    coming = [estate.next_opening("0042", midnight, services) for services in (["fuel", "cafe"], ["cafe"], [])]
    assert coming == [midnight + hour * 3_600 for hour in (6, 10, 8)]
    assert estate.next_opening("0099", midnight, ["fuel"]) is None
