"""The freshness probe on real files and a real server; what judges has its instants passed in."""

import asyncio
import os
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from contract.documents import DocumentError
from contract.status import Status
from contract.units import Duration
from probes.kinds.freshness import Observation, Settings, judge
from probes.probe import Verdict
from probes.settings import read
from tests.probes.peers import answering, asked, http_response, serving

HOUR = 3600.0


def verdict_of(target: Path | str, settings: dict[str, Any] | None = None) -> Verdict:
    return asyncio.run(asked("freshness", str(target), settings))


def written(path: Path, hours_ago: float, content: str = "") -> Path:
    path.write_text(content)
    at = time.time() - hours_ago * HOUR
    os.utime(path, (at, at))
    return path


def london(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def test_the_age_of_a_file_is_judged(tmp_path: Path) -> None:
    fresh = verdict_of(written(tmp_path / "a", 0.1))
    assert (fresh.status, fresh.text) == (Status.OK, "")
    assert 360 <= fresh.values["age_s"] < 420
    stale = verdict_of(written(tmp_path / "b", 1.5), {"warning": "30m", "critical": "2h"})
    assert (stale.status, stale.text) == (Status.WARNING, "its age is 90 min, more than 30 min")


def test_a_file_that_is_missing_is_critical_and_one_that_may_not_be_read_is_unknown(tmp_path: Path) -> None:
    gone = verdict_of(tmp_path / "gone")
    assert (gone.status, gone.text) == (Status.CRITICAL, f"there is no {tmp_path}/gone")
    folder = verdict_of(tmp_path, {"marker": True})
    assert folder.status is Status.UNKNOWN


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert verdict_of(tmp_path / "pipe", {"marker": True}).status is Status.UNKNOWN


def test_of_several_files_the_newest_counts_or_the_one_that_waits_longest(tmp_path: Path) -> None:
    for hours_ago in (1, 5, 9):
        written(tmp_path / f"stock-{hours_ago}.csv", hours_ago)
    written(tmp_path / "other.txt", 100)
    assert verdict_of(tmp_path / "stock-*.csv", {"critical": "2h"}).status is Status.OK
    waiting = verdict_of(tmp_path / "stock-*.csv", {"critical": "2h", "which": "oldest"})
    assert (waiting.status, waiting.text) == (Status.CRITICAL, "its age is 540 min, more than 120 min")
    assert verdict_of(tmp_path / "none-*", {"which": "oldest"}).status is Status.OK
    assert verdict_of(tmp_path / "none-*").status is Status.CRITICAL
    assert verdict_of(tmp_path / "gone" / "*").status is Status.CRITICAL


@pytest.mark.parametrize(
    ("content", "settings"),
    [
        ("2026-03-01T07:00:00Z\n", {"marker": True}),
        ("2026-03-01 08:00", {"marker": True, "timezone": "Europe/Berlin"}),
        ("1772348400", {"marker": True, "written": "seconds"}),
        ('{"sync": [{"at": 1772348400000}]}', {"field": "sync[0].at", "written": "milliseconds"}),
        ('{"lag": 1800}', {"field": "lag", "written": "age"}),
    ],
)
def test_an_instant_is_read_as_systems_write_it(content: str, settings: dict[str, Any]) -> None:
    typed: Any = read("freshness", settings)
    verdict = judge(Observation(at=london("2026-03-01T07:30:00Z"), body=content.encode()), typed)
    assert (verdict.status, verdict.values) == (Status.OK, {"age_s": 1800.0})


@pytest.mark.parametrize(
    ("content", "settings", "text"),
    [
        ("soon", {"marker": True}, "found 'soon', expected an instant such as 2026-03-01T08:00:00Z"),
        ("", {"marker": True}, "found '', expected an instant such as 2026-03-01T08:00:00Z"),
        ("nan", {"marker": True, "written": "seconds"}, "found 'nan', expected a number (seconds)"),
        ("{}", {"field": "last"}, "nothing at last: stopped before 'last'"),
        ("<html>", {"field": "last"}, "it cannot be read: JSON is malformed: invalid character (byte 0)"),
        ("failed", {"marker": True, "contains": "OK"}, "it does not contain 'OK'; it begins 'failed'"),
    ],
)
def test_what_is_no_instant_is_critical_and_quoted(content: str, settings: dict[str, Any], text: str) -> None:
    typed: Any = read("freshness", settings)
    verdict = judge(Observation(at=0, body=content.encode()), typed)
    assert (verdict.status, verdict.text) == (Status.CRITICAL, text)


def test_an_instant_in_the_future_is_a_wrong_clock_and_not_fresh() -> None:
    verdict = judge(Observation(at=0, modified=HOUR), Settings())
    assert (verdict.status, verdict.text) == (Status.UNKNOWN, "it is dated 60 min in the future: a clock is wrong")
    assert judge(Observation(at=0, modified=60), Settings()).status is Status.OK


@pytest.mark.parametrize(
    ("now", "status"),
    [
        ("2026-07-06T23:30:00+01:00", Status.OK),  # Monday, after hours
        ("2026-07-07T06:30:00+01:00", Status.OK),  # opened half an hour ago
        ("2026-07-07T07:20:00+01:00", Status.OK),  # within the grace
        ("2026-07-07T07:40:00+01:00", Status.CRITICAL),
        ("2026-07-12T12:00:00+01:00", Status.OK),  # Sunday
    ],
)
def test_a_night_without_a_synchronisation_is_no_delay_in_the_morning(now: str, status: Status) -> None:
    settings = Settings(
        days=["mon", "tue", "wed", "thu", "fri", "sat"],
        hours="06:00-22:00",
        timezone="Europe/London",
        grace=Duration(1800),
    )
    last = london("2026-07-06T21:50:00+01:00")
    assert judge(Observation(at=london(now), modified=last), settings).status is status


def test_hours_past_midnight_belong_to_the_day_on_which_they_begin() -> None:
    settings = Settings(days=["fri"], hours="22:00-04:00")
    saturday, sunday = london("2026-07-11T03:00:00Z"), london("2026-07-12T03:00:00Z")
    assert judge(Observation(at=saturday, modified=0), settings).status is Status.CRITICAL
    later = judge(Observation(at=sunday, modified=0), settings)
    assert (later.status, later.text) == (Status.OK, "not expected now, but fri 22:00-04:00")


def test_midnight_between_two_whole_days_is_no_beginning() -> None:
    settings = Settings(days=["mon", "tue"])
    tuesday = london("2026-07-07T00:10:00Z")
    assert judge(Observation(at=tuesday, modified=tuesday - 2 * HOUR), settings).status is Status.CRITICAL
    monday = tuesday - 24 * HOUR
    assert judge(Observation(at=monday, modified=monday - 2 * HOUR), settings).status is Status.OK


def test_a_field_behind_a_url_is_asked_with_a_secret_header(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("Bearer abc\n")
    heard: list[bytes] = []

    async def scene() -> None:
        async with serving(answering(http_response(b'{"age": 7200}'), heard)) as port:
            settings = {"field": "age", "written": "age", "header_files": {"Authorization": str(tmp_path / "token")}}
            verdict = await asked("freshness", f"http://127.0.0.1:{port}/sync", settings)
            assert (verdict.status, verdict.text) == (Status.CRITICAL, "its age is 120 min, more than 60 min")
        async with serving(answering(http_response(b"", "503 Busy"))) as port:
            busy = await asked("freshness", f"http://127.0.0.1:{port}/sync", {"field": "age"})
            assert busy.text == "answered 503, expected 200 to 299"

    asyncio.run(scene())
    assert b"Authorization: Bearer abc\r\n" in heard[0]


def test_files_are_looked_at_without_a_library_for_http(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys; from tests.probes.peers import asked\n"
        "verdict = asyncio.run(asked('freshness', sys.argv[1]))\n"
        "print(verdict.status.word, 'aiohttp' in sys.modules)"
    )
    command = [sys.executable, "-c", code, written(tmp_path / "a", 0)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["ok", "False"]


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"hours": "6-22"}, "found hours '6-22', expected a span such as 06:00-22:00"),
        ({"hours": "06:00-24:30"}, "found hours '06:00-24:30'"),
        ({"timezone": "Mars/Olympus"}, "found timezone 'Mars/Olympus', expected a name such as Europe/London"),
        ({"days": ["monday"]}, "days[0]: found 'monday'"),
        ({"field": "a..b"}, "found path 'a..b', expected something like"),
        ({"field": "a", "marker": True}, "field and marker exclude each other"),
        ({"critical": 3600}, "critical: found 3600, expected a duration"),
    ],
)
def test_a_mistake_in_the_settings_is_named_with_its_place(mapping: dict[str, Any], message: str) -> None:
    with pytest.raises(DocumentError) as refusal:
        read("freshness", mapping)
    assert message in str(refusal.value)
