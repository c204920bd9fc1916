"""GET /api/v1/incidents and /api/v1/incidents/{id}."""

import json

import pytest

from tests.collector.http.chain import HELD, NOW, incident
from tests.collector.http.conftest import Face

URL = "/api/v1/incidents"
FIELDS = {
    "id", "number", "priority", "category", "state", "title", "ci", "service", "stores", "affected", "symptoms",
    "parent", "problem", "changes", "started_at", "learnt_at", "opened_at", "acknowledged_at", "restored_at",
    "resolved_at", "closed_at", "reasons", "timeline", "sla", "pin", "resolver_group", "runbook", "major", "vendor",
    "suppressed", "ticket",
}  # fmt: skip


def numbers(face: Face, query: str) -> list[int]:
    return [item["number"] for item in face.get(f"{URL}?{query}").json["items"]]


def test_an_incident_has_every_promised_field(face: Face) -> None:
    """The names of INTERFACE are the product's face; a missing one breaks somebody's script."""
    found = face.get(f"{URL}/{incident(4).id}").json
    assert FIELDS - set(found) == set()
    assert found["affected"] == {"lanes_down": 4, "lanes_total": 8, "cis": ["0042/pos-04"], "unit": "lanes"}
    assert set(found["sla"]) == {
        "respond_by",
        "resolve_by",
        "at_risk",
        "breached",
        "paused",
        "paused_at",
        "paused_until",
        "owner",
    }
    assert found["timeline"][0]["kind"] == "opened"


def test_instants_are_rfc_3339(face: Face) -> None:
    """Seconds inside, text with an offset outside."""
    assert face.get(f"{URL}/{incident(4).id}").json["started_at"] == "2027-01-15T07:56:00Z"


def test_newest_comes_first(face: Face) -> None:
    assert numbers(face, "") == [1, 2, 3, 4, 5, 6, 7]


def test_worst_puts_priority_before_age_and_the_unacknowledged_before_the_rest(face: Face) -> None:
    face.do(face.chain.happen, incident(1, state="acknowledged"))
    assert numbers(face, "state=open,acknowledged&sort=worst") == [4, 2, 3, 5, 6, 7, 1]


@pytest.mark.parametrize("order", ["sort=newest", "sort=worst&state=open,acknowledged"])
def test_pages_neither_skip_nor_repeat_when_incidents_come_in_between(face: Face, order: str) -> None:
    """A cursor names where a page ended, not how many rows came before."""
    seen: list[int] = []
    cursor = ""
    for round_ in range(10):
        page = face.get(f"{URL}?{order}&limit=3{cursor}").json
        seen += [item["number"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
        newcomer = incident(100 + round_, started_at=NOW + round_, priority=1)
        face.do(face.chain.happen, newcomer)
    assert sorted(seen) == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("priority=P1", [4]),
        ("priority=1", [4]),
        ("priority=P1,P2&limit=2", [1, 2]),
        ("priority=P1&priority=P3", [4]),
        ("state=resolved", []),
        ("store=0042&limit=1", [1]),
        ("store=0043", []),
        ("category=network", []),
        ("since=2027-01-15T07:58:00Z", [1, 2]),
        ("since=2027-01-15T08:58:00%2B01:00", [1, 2]),
    ],
)
def test_filters_narrow_the_list(face: Face, query: str, expected: list[int]) -> None:
    assert numbers(face, query) == expected


def test_held_back_incidents_can_be_left_out(face: Face) -> None:
    face.do(face.chain.happen, incident(2, suppressed=HELD))
    assert 2 not in numbers(face, "suppressed=false")
    assert numbers(face, "suppressed=true") == [2]
    held = face.get(f"{URL}/{incident(2).id}").json["suppressed"]
    assert held == {"reason": HELD.reason, "until": None, "rule": "11 suppressed"}


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("stat=open", "stat: unknown; did you mean state?"),
        ("priority=P9", "priority: takes P1, P2, P3, 1, 2, 3, found 'P9'"),
        ("state=open,shut", "state: takes open, acknowledged, resolved, closed, found 'open,shut'"),
        ("since=yesterday", "since: 'yesterday' is not an RFC 3339 time such as 2026-11-21T23:45:57Z"),
        ("since=2026-11-21T23:45:57", "since: '2026-11-21T23:45:57' has no offset"),
        ("limit=0", "limit: Expected int >= 1, found '0'"),
        ("limit=5&limit=6", "limit: given 2 times"),
        ("cursor=***", "cursor: not one of this list; leave it out to begin again"),
        ("cursor=WzFd", "cursor: not one of this list; leave it out to begin again"),
        ("sort=worst", "sort: worst takes state=open,acknowledged; resolved ones sort by newest"),
        ("store=Leeds%20Briggate", "store: Expected str matching regex"),
    ],
)
def test_a_bad_filter_is_refused_and_says_what_is_wrong(face: Face, query: str, detail: str) -> None:
    """A filter that is silently ignored would show other incidents than were asked for."""
    answer = face.get(f"{URL}?{query}")
    assert answer.status == 400
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert answer.json["detail"].startswith(detail)


def test_every_mistake_is_reported_at_once(face: Face) -> None:
    assert len(face.get(f"{URL}?stat=open&priority=P9&limit=x").json["errors"]) == 3


def test_an_incident_that_is_decided_and_not_yet_committed_is_waited_for(face: Face) -> None:
    """The worst-first list may show it a moment before the database does; following the link must not fail."""
    face.do(face.chain.happen_late, incident(60), 0.3)
    answer = face.get(f"{URL}/{incident(60).id}")
    assert (answer.status, len(answer.json["timeline"])) == (200, 1)


def test_an_unknown_incident_is_a_problem_document(face: Face) -> None:
    answer = face.get(f"{URL}/nothing")
    assert (answer.status, answer.json["title"]) == (404, "No such incident")


def test_an_incident_lists_the_unresolved_ones_that_it_explains(face: Face) -> None:
    face.do(face.chain.happen, incident(2, parent=incident(4).id))
    assert [part["number"] for part in face.get(f"{URL}/{incident(4).id}").json["parts"]] == [2]


def test_an_unknown_address_and_a_wrong_method_are_problem_documents(face: Face) -> None:
    assert face.get("/api/v1/incident").status == 404
    answer = face.post("/api/v1/stores")
    assert (answer.status, answer.headers["Allow"]) == (405, "GET")
    assert json.loads(answer.body)["status"] == 405
