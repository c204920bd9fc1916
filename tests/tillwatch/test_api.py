"""The client commands speak HTTP to a real server and turn every failure into one line."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.tillwatch.answering import Asked, Ran, Site
from tillwatch import api, cli
from tillwatch.api import Api, Event
from tillwatch.failure import CommandFailed

INCIDENT = {
    "id": "abc123", "number": 7, "priority": "P1", "category": "pos_outage", "state": "open", "ci": "0042/pos-01",
    "title": "Checkout: 8 of 8 lanes down\x1b[2J", "service": "checkout", "stores": ["0042"],
    "affected": {"lanes_down": 8, "lanes_total": 8, "cis": ["0042/pos-01"], "unit": "lanes"},
    "symptoms": [], "parent": None,
    "started_at": "2026-11-27T09:00:00Z", "learnt_at": "2026-11-27T09:00:04Z", "opened_at": "2026-11-27T09:00:04Z",
    "sla": {"respond_by": "2026-11-27T09:05:04Z", "resolve_by": None, "at_risk": [], "breached": []},
    "reasons": [{"rule": "7 capacity", "text": "all lanes are down"}], "suppressed": None,
    "timeline": [{"at": "2026-11-27T09:00:04Z", "actor": "engine", "text": "opened", "kind": "opened"}],
}  # fmt: skip

DONE = {"incident": INCIDENT, "position": 9, "reasons": [{"rule": "22 restore", "text": "stable"}]}

STORES = "/api/v1/stores?limit=1000"


def test_incidents_are_listed_with_the_filters_passed_on(site: Site, ran: Ran) -> None:
    path = "/api/v1/incidents?limit=5&state=open&priority=P1&store=0042"
    site.says(path, {"items": [INCIDENT], "next": "more"})
    code, out, _ = ran("incidents", "--state", "open", "--priority", "p1", "--store", "0042", "--limit", "5")
    assert code == 0
    assert "abc123" in out
    assert "Checkout: 8 of 8 lanes down" in out
    assert "\x1b" not in out
    assert "There are more than these 1" in out


def test_list_is_the_same_as_no_action(site: Site, ran: Ran) -> None:
    site.says("/api/v1/incidents?limit=100", {"items": [], "next": None})
    assert ran("incidents") == ran("incidents", "list") == (0, "No incidents.\n", "")


def test_json_is_the_answer_as_it_is(site: Site, ran: Ran) -> None:
    site.says("/api/v1/incidents?limit=100", {"items": [INCIDENT], "next": None})
    assert json.loads(ran("incidents", "--json")[1]) == {"items": [INCIDENT], "next": None}
    assert json.loads(ran("incidents", "list", "--json")[1])["items"] == [INCIDENT]


def test_an_incident_is_shown_with_its_reasons_and_its_story(site: Site, ran: Ran) -> None:
    site.says("/api/v1/incidents/abc123", INCIDENT)
    code, out, _ = ran("incidents", "show", "abc123")
    assert code == 0
    for word in ("P1 open", "8 of 8 lanes\n", "[7 capacity] all lanes are down", "opened", "respond by"):
        assert word in out
    assert "\x1b" not in out


@pytest.mark.parametrize(
    ("arguments", "path", "body"),
    [
        (["ack", "abc123"], "acknowledge", {"note": ""}),
        (["note", "abc123", "on my way"], "notes", {"text": "on my way"}),
        (["assign", "abc123", "jo"], "assign", {"assignee": "jo"}),
        (["resolve", "abc123", "--note", "fuse"], "resolve", {"note": "fuse"}),
        (["reopen", "abc123", "again"], "reopen", {"reason": "again"}),
        (["false-positive", "abc123", "--note", "unplugged"], "false-positive", {"note": "unplugged"}),
        (["merge", "abc123", "def456"], "merge", {"incident": "def456", "reason": ""}),
        (["split", "abc123", "0042/pos-01", "--reason", "x"], "split", {"part": "0042/pos-01", "reason": "x"}),
        (["rebind", "abc123", "0042/pos-01"], "rebind", {"ci": "0042/pos-01", "reason": ""}),
        (
            ["note", "abc123", "they called", "--called", "2026-11-27T09:00:00Z"],
            "notes",
            {"text": "they called", "called_at": "2026-11-27T09:00:00Z"},
        ),
        (
            ["pin", "abc123", "p2", "--reason", "no customers", "--for", "2h"],
            "priority",
            {"priority": "P2", "reason": "no customers", "minutes": 120.0},
        ),
        (["unpin", "abc123"], "priority", {"priority": None}),
        (["cannot-sell", "abc123", "--note", "the manager called"], "cannot-sell", {"text": "the manager called"}),
        (["can-sell", "abc123"], "can-sell", {"text": ""}),
        (["resume", "abc123", "--note", "done"], "resume", {"note": "done"}),
        (
            ["pause", "abc123", "vendor", "--reference", "VX-1", "--for", "2h"],
            "pause",
            {"reason": "vendor", "reference": "VX-1", "minutes": 120},
        ),
        (
            ["pause", "abc123", "store access", "--until", "2026-11-27T16:00:00Z"],
            "pause",
            {"reason": "store access", "reference": "", "until": "2026-11-27T16:00:00Z"},
        ),
        (["major", "abc123", "decline", "--note", "planned"], "major", {"decision": "decline", "note": "planned"}),
    ],
)
def test_what_a_person_does_is_posted(site: Site, ran: Ran, arguments: list[str], path: str, body: Any) -> None:
    site.says(f"/api/v1/incidents/abc123/{path}", DONE)
    code, out, _ = ran("incidents", *arguments)
    assert "[22 restore] stable" in out
    assert code == 0
    assert "abc123" in out
    assert site.asked == [Asked("POST", f"/api/v1/incidents/abc123/{path}", None, body)]


@pytest.mark.parametrize("end", [[], ["--for", "2h", "--until", "2026-11-27T16:00:00Z"], ["--for", "long"]])
def test_a_pause_needs_one_end(ran: Ran, end: list[str]) -> None:
    assert ran("incidents", "pause", "abc123", "vendor", *end)[0] == 2


def test_evidence_is_printed_as_text_made_harmless_or_as_json(site: Site, ran: Ran) -> None:
    pack = {"incident": "abc123", "text": "Incident #7\n* 0042 refused\x1b[2J"}
    site.says("/api/v1/incidents/abc123/evidence", pack)
    assert ran("incidents", "evidence", "abc123") == (0, "Incident #7\n* 0042 refused [2J\n", "")
    assert json.loads(ran("incidents", "evidence", "abc123", "--json")[1]) == pack
    site.says("/api/v1/incidents/abc123/evidence?at=2026-11-27T09:00:00Z", {**pack, "text": "then"})
    site.answers.update({key.replace(":", "%3A"): value for key, value in site.answers.items()})
    assert ran("incidents", "evidence", "abc123", "--at", "2026-11-27T09:00:00Z")[1] == "then\n"
    assert ran("incidents", "evidence", "abc123", "--at", "sometime")[0] == 2


def test_an_incident_that_is_paused_says_until_when_and_why(site: Site, ran: Ran) -> None:
    sla = {"respond_by": None, "resolve_by": None, "paused": "vendor, VX-1", "paused_until": "2026-11-27T16:00:00Z"}
    site.says("/api/v1/incidents/abc123", {**INCIDENT, "sla": sla})
    assert ":00:00: vendor, VX-1\n" in ran("incidents", "show", "abc123")[1]


def test_an_incident_whose_clock_a_desk_owns_says_so(site: Site, ran: Ran) -> None:
    sla = {"respond_by": None, "resolve_by": "2026-11-27T16:00:00Z", "owner": "desk"}
    site.says("/api/v1/incidents/abc123", {**INCIDENT, "sla": sla})
    assert "  clock of      desk\n" in ran("incidents", "show", "abc123")[1]


def test_what_speaks_against_the_cmdb_is_a_table(site: Site, ran: Ran) -> None:
    seen = {"failed_at": "2026-11-16T09:00:00Z", "seen_at": "2026-11-16T09:02:00Z", "times": 3}
    one = {"child": "0042/pos-02", "parent": "0042/sw-01", "store": "0042"}
    site.says("/api/v1/cmdb/disputes", {"items": [one | seen]})
    code, out, _ = ran("cmdb", "disputes")
    assert (code, "0042/pos-02" in out, "0042/sw-01" in out) == (0, True, True)


def test_an_incident_is_created_by_a_person(site: Site, ran: Ran) -> None:
    site.says("/api/v1/incidents", DONE)
    code, out, _ = ran(
        "incidents", "create", "--category", "other", "--ci", "0042", "--title", "Smoke", "--priority", "p2"
    )
    assert (code, "abc123" in out) == (0, True)
    assert site.asked[0].body == {"category": "other", "ci": "0042", "title": "Smoke", "priority": "P2"}


def test_a_hostile_id_stays_one_path_segment(site: Site, ran: Ran) -> None:
    assert ran("incidents", "show", "../stores?x=1#y")[0] == 1
    assert site.asked[0].path == "/api/v1/incidents/..%2Fstores%3Fx%3D1%23y"


def test_the_token_is_sent_and_not_followed_elsewhere(site: Site, tmp_path: Path) -> None:
    """A redirect is refused: it would hand the token to another address."""
    token = tmp_path / "token"
    token.write_text("secret\n")
    site.answers[STORES] = (302, {"Location": f"{site.url}/elsewhere"}, b"")
    assert cli.main(["stores", "--url", site.url, "--token-file", str(token)]) == 1
    assert [(one.path, one.token) for one in site.asked] == [(STORES, "Bearer secret")]


def test_a_token_with_line_breaks_in_it_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    token = tmp_path / "token"
    token.write_text("one\r\nX-Other: two")
    assert cli.main(["stores", "--token-file", str(token)]) == 2
    assert "does not hold one printable token" in capsys.readouterr().err


@pytest.mark.parametrize(("status", "code"), [(400, 2), (401, 2), (403, 2), (404, 1), (409, 1), (500, 1), (503, 1)])
def test_a_problem_is_told_in_its_own_words(site: Site, ran: Ran, status: int, code: int) -> None:
    site.says(
        "/api/v1/incidents/abc123", {"title": "No", "detail": "because\x1b[1m of this", "errors": ["x", "y"]}, status
    )
    assert ran("incidents", "show", "abc123") == (code, "", "tillwatch incidents: No: because [1m of this: x: y\n")


def test_an_answer_that_is_not_json_is_no_stack_trace(site: Site, ran: Ran) -> None:
    site.answers[STORES] = (200, {}, b"<html>")
    code, _, said = ran("stores")
    assert code == 1
    assert "did not answer in JSON" in said


def test_a_store_is_shown_with_its_agents_and_whether_they_drift(site: Site, ran: Ran) -> None:
    agents = [
        {
            "agent": f"0042-{name}",
            "version": version,
            "config": config,
            "expected": "aa",
            "drift": drift,
            "last_seen": None,
        }
        for name, version, config, drift in [("server", "0.1.0", "bb", True), ("spare", None, None, None)]
    ]
    store = {"id": "0042", "name": "Leeds\x1b[2J", "region": "north", "status": "ok", "trading": False}
    service = {"service": "checkout", "title": "Checkout", "unit": "lanes", "up": 7.0, "total": 8.0, "ratio": 0.875}
    site.says("/api/v1/stores/0042", {**store, "agents": agents, "services": [service], "incidents": []})
    code, out, _ = ran("stores", "show", "0042")
    assert code == 0
    assert "Leeds [2J (0042), north: ok (closed)" in out
    assert "7 of 8 lanes" in out
    lines = {line.split()[0]: line.split() for line in out.splitlines() if line.startswith("0042-")}
    assert lines["0042-server"][-4:] == ["0.1.0", "bb", "aa", "yes"]
    assert lines["0042-spare"][-4:] == ["-", "-", "aa", "?"]


def test_stores_are_listed_from_all_pages(site: Site, ran: Ran) -> None:
    store = {"id": "0001", "name": "Demo Street", "region": "north", "status": "ok", "trading": False, "incidents": 2}
    site.says(STORES, {"items": [{**store, "last_seen": None}], "next": "a b"})
    site.says(f"{STORES}&cursor=a+b", {"items": [{**store, "id": "0002", "last_seen": None}], "next": None})
    code, out, _ = ran("stores")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == ["STORE", "0001", "0002"]
    assert "ok (closed)" in out


def test_why_of_what_nobody_knows_is_one_line_and_a_failure(site: Site, ran: Ran) -> None:
    problem = {"title": "Nobody knows it", "status": 404, "detail": "0049 is no store; did you mean 0042?"}
    site.says("/api/v1/why?subject=0049", problem, 404)
    said = "tillwatch why: Nobody knows it: 0049 is no store; did you mean 0042?\n"
    assert ran("why", "0049") == (1, "", said)


def test_why_explains_in_words(site: Site, ran: Ran) -> None:
    at = "2026-11-27T09:00:00Z"
    check = {
        "agent": "a",
        "check": "tcp",
        "state": "critical",
        "since": at,
        "interval": 15.0,
        "fresh": False,
        "text": "x",
    }
    site.says(
        "/api/v1/why?subject=0042%2Fpos-01&at=2026-11-27T09%3A00%3A00Z",
        {
            "subject": "0042/pos-01",
            "at": at,
            "state": "critical",
            "sentence": "It is down.",
            "reasons": [{"rule": "7 capacity", "text": "all lanes"}],
            "incidents": [{**INCIDENT, "title": "No till"}],
            "path": ["0042/sw-01", "0042/pos-01"],
            "checks": [check],
        },
    )
    code, out, _ = ran("why", "0042/pos-01", "--at", at)
    assert code == 0
    for words in (
        "It is down.",
        "[7 capacity] all lanes",
        "0042/sw-01 → 0042/pos-01",
        "abc123  P1",
        "No till",
        "no     x",
    ):
        assert words in out


def test_events_are_told_until_the_server_ends_them(site: Site, ran: Ran) -> None:
    at = "2026-11-27T09:00:00Z"
    said = [
        (4, "snapshot", {"at": at, "position": 4, "total": 1, "incidents": [INCIDENT]}),
        (5, "incident", {"at": at, "position": 5, "incident": {**INCIDENT, "state": "resolved"}}),
        (6, "heartbeat", {"at": at, "position": 6, "last_message_age": 1.0}),
        (7, "resync", {"reason": "slow\x1b[2J"}),
    ]
    blocks = [f"id: {id_}\nevent: {name}\ndata: {json.dumps(data)}\n\n" for id_, name, data in said]
    stream = "".join([":hello\n\n", *blocks]).encode()
    site.answers["/api/v1/events"] = (200, {"Content-Type": "text/event-stream"}, stream)
    code, out, _ = ran("events")
    lines = [line[21:] if line[:2] == "20" else line for line in out.splitlines()]
    assert code == 0
    assert lines == [
        "1 unresolved",
        f"{' ' * 21}P1 open  0042/pos-01  Checkout: 8 of 8 lanes down [2J",
        "P1 resolved  0042/pos-01  Checkout: 8 of 8 lanes down [2J",
        'resync: {"reason": "slow\\u001b[2J"}',
    ]
    assert [json.loads(line) for line in ran("events", "--json")[1].splitlines()] == [
        {"id": str(id_), "event": name, "data": data} for id_, name, data in said
    ]


def test_an_event_may_have_several_lines_or_no_json() -> None:
    lines = io.BytesIO(b"data: {\r\ndata: }\r\n\r\nevent: x\ndata:plain\n\ndata: unfinished")
    assert list(api.parsed_events(lines)) == [Event("", "message", {}), Event("", "x", "plain")]


def test_a_collector_that_hangs_up_is_a_failure_in_one_line(site: Site) -> None:
    site.answers[STORES] = (200, {"Content-Length": "100"}, b"{")
    with pytest.raises(CommandFailed, match=r"answer stopped|did not answer in JSON"):
        api.get(Api(site.url), "stores", limit="1000")


def test_a_time_that_is_none_is_a_usage_error(site: Site, ran: Ran) -> None:
    code, _, err = ran("incidents", "note", "abc123", "they called", "--called", "yesterday")
    assert (code, site.asked) == (2, [])
    assert "--called: found 'yesterday'" in err
