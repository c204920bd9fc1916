"""What a help desk's own server sends, and the report of what would have been sent."""

import json
from typing import Any

from collector.desk.webhook import secret_bytes, signature
from tests.collector.http.chain import NOW, SECRET
from tests.collector.http.conftest import Answer, Face, token

PATH = "/api/v1/help-desk/desk/webhook"


def send(face: Face, body: Any, path: str = PATH, id_: str = "msg_1", at: float = NOW, **more: str) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {
        "webhook-id": id_,
        "webhook-timestamp": str(int(at)),
        "webhook-signature": signature(secret_bytes(SECRET), id_, int(at), raw),
    }
    return face.post(path, raw, **(headers | more))


def test_a_signed_call_is_taken_at_once_without_a_token(guarded: Face) -> None:
    """Its signature is its credential; the ticket is passed on as a hint, whatever else the body says."""
    body = {"type": "ticket.changed", "data": {"ticket": 4711, "state": "resolved"}, "anything": [1]}
    assert (send(guarded, body).status, send(guarded, body).json) == (202, {"repeated": True})
    assert guarded.chain.hints == ["4711"]
    assert send(guarded, {}, id_="msg_2").json == {"repeated": False}
    assert guarded.chain.hints == ["4711", ""]


def test_what_is_not_signed_or_not_of_a_desk_is_refused(face: Face) -> None:
    wrong = send(face, {}, **{"webhook-signature": "v1,AAAA"})
    assert (wrong.status, wrong.json["title"]) == (401, "Not believed")
    assert "5 minutes off" in send(face, {}, at=NOW - 900).json["detail"]
    assert send(face, {}, path="/api/v1/help-desk/other/webhook").status == 404
    assert send(face, b"{").status == 400
    assert send(face, {"data": {"ticket": "../../x"}}).status == 422
    assert send(face, b"x" * 70_000).status == 413
    assert send(face, {}, Origin="https://evil.example").status == 403
    assert face.chain.hints == []


def test_the_shadow_report_is_paged_and_its_sums_are_of_everything(face: Face) -> None:
    first = face.get("/api/v1/reports/shadow?limit=3").json
    assert [item["number"] for item in first["items"]] == [1, 2, 3]
    assert (first["tickets"], first["summary"][0]["tickets"]) == (5, 5)
    second = face.get(f"/api/v1/reports/shadow?limit=3&cursor={first['next']}").json
    assert [item["number"] for item in second["items"]] == [4, 5]
    assert second["next"] is None


def test_the_shadow_report_asks_for_what_was_asked_and_what_a_person_may_see(guarded: Face) -> None:
    query = "desk=desk&region=south&category=signage_offline&since=2026-11-21T23:45:57Z"
    assert guarded.get(f"/api/v1/reports/shadow?{query}", **token("nora")).status == 200
    asked = guarded.chain.asked
    assert (asked.desk, asked.region, asked.category, asked.regions) == ("desk", "south", "signage_offline", ("north",))
    assert asked.since == 1_795_304_757.0
    assert guarded.get("/api/v1/reports/shadow", **token("vera")).status == 200
    assert guarded.chain.asked.regions is None
    assert guarded.get("/api/v1/reports/shadow?since=yesterday", **token("vera")).status == 400
    assert guarded.get("/api/v1/reports/shadow").status == 401


def test_differences_of_tickets_are_counted_by_desk_and_field(face: Face) -> None:
    face.chain.counters.ticket_differences["desk", "state"] = 2
    lines = face.get("/metrics").body.decode().splitlines()
    assert 'tillwatch_ticket_differences_total{desk="desk",field="state"} 2.0' in lines
