"""What is watched, how often rules were right, and what people say of incidents."""

import pytest

from collector.database.own_tickets import OwnTicket
from collector.http.instants import shown
from rules.course.incident import Tally
from rules.decision import Change
from tests.collector.http.chain import incident
from tests.collector.http.conftest import Face, token

ONE = f"/api/v1/incidents/{incident(4).id}"


def test_coverage_names_what_watches_a_service_and_what_nothing_does(face: Face) -> None:
    (store,) = face.get("/api/v1/coverage?store=0042").json["items"]
    checkout = next(one for one in store["services"] if one["service"] == "checkout")
    assert checkout["members"][0]["watched_by"][0]["agent"] == "0042-server"
    assert checkout["members"][0]["watched_by"][0]["stale_since"] is None


def test_coverage_goes_by_pages_and_keeps_gaps_when_asked(face: Face) -> None:
    first = face.get("/api/v1/coverage?limit=2").json
    second = face.get(f"/api/v1/coverage?limit=2&cursor={first['next']}").json
    assert [one["store"] for one in first["items"] + second["items"]] == ["0042", "0043", "0077"]
    gaps = face.get("/api/v1/coverage?gaps=true").json["items"]
    assert all(one["unwatched"] or any(s["coverage"] != "watched" for s in one["services"]) for one in gaps)


@pytest.mark.parametrize(("store", "status"), [("0042", 200), ("0077", 403), ("none", 404)])
def test_coverage_of_another_region_is_refused(guarded: Face, store: str, status: int) -> None:
    assert guarded.get(f"/api/v1/coverage?store={store}", **token("nora")).status == status


def test_coverage_without_a_store_leaves_other_regions_out(guarded: Face) -> None:
    assert "0077" not in [one["store"] for one in guarded.get("/api/v1/coverage", **token("nora")).json["items"]]


def test_the_ledger_sums_the_days_of_each_rule(face: Face) -> None:
    def kept() -> None:
        state = face.chain.state()
        state.put(Change("ledger", "2027-01-14/13 shared", Tally(3, 2, 0, 1, 600.0)))
        state.put(Change("ledger", "2027-01-15/13 shared", Tally(1, 0, 1)))

    face.do(kept)
    found = face.get("/api/v1/ledger").json
    assert (found["days"], found["wanted"], found["least"]) == (30, 0.9, 5)
    assert found["rules"] == [
        {
            "rule": "13 shared",
            "owner": "payments",
            "opened": 4,
            "confirmed": 2,
            "false": 1,
            "precision": pytest.approx(2 / 3),
            "called": 1,
            "minutes_before_first_call": 10,
        }
    ]


@pytest.mark.parametrize(
    ("path", "body", "name", "arguments"),
    [
        ("false-positive", {"note": "unplugged"}, "false_positive", {"text": "unplugged"}),
        ("split", {"part": "0042/pos-01"}, "split", {"part": "0042/pos-01", "reason": ""}),
        ("rebind", {"ci": "0042/pos-01", "reason": "old name"}, "rebind", {"ci": "0042/pos-01", "reason": "old name"}),
        ("merge", {"incident": incident(5).id}, "merge", {"other": incident(5).id, "reason": ""}),
        ("notes", {"text": "x", "called_at": "2027-01-15T07:00:00Z"}, "note", {"text": "x", "called_at": 1799996400.0}),
    ],
)
def test_what_people_say_of_an_incident_is_passed_on(
    face: Face, path: str, body: dict[str, str], name: str, arguments: dict[str, object]
) -> None:
    assert shown(1799996400.0).isoformat() == "2027-01-15T07:00:00+00:00"
    answer = face.post(f"{ONE}/{path}", body)
    assert answer.status == 200, answer.json
    request = face.chain.requests[-1]
    assert (request.name, request.incident, request.arguments) == (name, incident(4).id, arguments)


def test_merging_answers_with_the_older_one(face: Face) -> None:
    answer = face.post(f"/api/v1/incidents/{incident(5).id}/merge", {"incident": incident(4).id})
    assert answer.json["incident"]["number"] == 4


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("merge", {"incident": "none"}, 404),
        ("merge", {}, 422),
        ("split", {"part": ""}, 422),
        ("rebind", {"ci": "Not A CI"}, 422),
        ("notes", {"text": "x", "called_at": "yesterday"}, 422),
    ],
)
def test_what_makes_no_sense_is_not_passed_on(face: Face, path: str, body: dict[str, str], status: int) -> None:
    assert face.post(f"{ONE}/{path}", body).status == status
    assert face.chain.requests == []


def test_an_incident_is_not_rebound_to_another_region(guarded: Face) -> None:
    answer = guarded.post(f"{ONE}/rebind", {"ci": "0077/pos-01"}, **token("nora"))
    assert answer.status == 403


def test_a_day_of_the_desks_own_tickets_is_compared(face: Face) -> None:
    one = incident(4)
    opened = one.opened_at or one.started_at
    day = shown(opened).date().isoformat()
    face.chain.own_tickets = [OwnTicket("desk", "INC1", opened + 300, one.stores[0], "", one.category)]
    found = face.get(f"/api/v1/reports/shadow/comparison?desk=desk&day={day}").json
    assert (found["day"], found["tickets"], found["caught"], found["missed"]) == (day, 1, 1, 0)
    caught = next(line for line in found["items"] if line["verdict"] == "caught")
    assert caught["ticket"] == "INC1"
    assert face.get(f"/api/v1/reports/shadow/comparison?desk=other&day={day}").json["tickets"] == 0
    assert face.get("/api/v1/reports/shadow/comparison?desk=desk").status == 200
    assert face.get("/api/v1/reports/shadow/comparison").status == 400
    assert face.get("/api/v1/reports/shadow/comparison?desk=desk&day=monday").status == 400


def test_the_comparison_shows_no_other_region(guarded: Face) -> None:
    day = shown(incident(4).started_at).date().isoformat()
    guarded.chain.own_tickets = [OwnTicket("desk", "INC1", incident(4).started_at, "0077")]
    found = guarded.get(f"/api/v1/reports/shadow/comparison?desk=desk&day={day}", **token("nora")).json
    assert found["tickets"] == 0
    assert "0077" not in [line["store"] for line in found["items"]]
