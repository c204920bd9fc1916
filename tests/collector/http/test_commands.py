"""What people do to incidents over HTTP."""

import pytest

from tests.collector.http.chain import incident
from tests.collector.http.conftest import Face, token

ONE = f"/api/v1/incidents/{incident(4).id}"


def test_acknowledging_names_the_person_and_shows_the_incident_as_it_then_is(guarded: Face) -> None:
    answer = guarded.post(f"{ONE}/acknowledge", {"note": "on it"}, **token("otto"))
    assert answer.status == 200
    assert answer.json["incident"]["state"] == "acknowledged"
    assert answer.json["position"] == guarded.chain.position()
    requests = [(one.actor, one.name, one.incident, one.arguments) for one in guarded.chain.requests]
    id_ = incident(4).id
    assert requests == [("otto", "acknowledge", id_, {}), ("otto", "note", id_, {"text": "on it"})]


def test_without_a_users_file_the_actor_is_local(face: Face) -> None:
    face.post(f"{ONE}/notes", {"text": "called the store"})
    assert face.chain.requests[-1].actor == "local"


def test_a_body_is_not_needed_where_nothing_must_be_said(face: Face) -> None:
    assert face.post(f"{ONE}/acknowledge").status == 200


def test_what_the_engine_refuses_is_a_conflict_with_its_reasons(face: Face) -> None:
    face.post(f"{ONE}/acknowledge")
    answer = face.post(f"{ONE}/acknowledge")
    assert answer.status == 409
    assert answer.json["errors"] == ["rule lifecycle: it is acknowledged already"]


def test_a_person_can_create_an_incident(face: Face) -> None:
    body = {"ci": "0042/pos-01", "category": "pos_outage", "title": "Till 1 smokes"}
    answer = face.post("/api/v1/incidents", body)
    assert (answer.status, answer.json["incident"]["title"]) == (201, "Till 1 smokes")
    assert face.chain.requests[-1].arguments["ci"] == "0042/pos-01"


def test_a_person_declares_or_declines_a_major_incident(face: Face) -> None:
    face.post(f"{ONE}/major", {"decision": "decline", "note": "planned by the bank"})
    request = face.chain.requests[-1]
    assert (request.name, request.arguments) == ("decline_major", {"text": "planned by the bank"})
    assert face.post(f"{ONE}/major", {"decision": "perhaps"}).status == 422


def test_an_idempotency_key_is_passed_on_within_its_actors_name_space(guarded: Face) -> None:
    """Two people who choose the same key do not swallow each other's commands."""
    guarded.post(f"{ONE}/notes", {"text": "a"}, **token("otto"), **{"Idempotency-Key": "k1"})
    guarded.post(f"{ONE}/notes", {"text": "b"}, **token("ada"), **{"Idempotency-Key": "k1"})
    assert [request.id for request in guarded.chain.requests] == ["otto:note:k1", "ada:note:k1"]


@pytest.mark.parametrize(
    ("path", "body", "status", "detail"),
    [
        (f"{ONE}/notes", {}, 422, "Object missing required field text"),
        (f"{ONE}/notes", {"text": ""}, 422, "Expected str of length >= 1 - at $.text"),
        (f"{ONE}/notes", {"txt": "x"}, 422, "Object contains unknown field txt"),
        (f"{ONE}/notes", b'{"text": ', 400, "not JSON"),
        (f"{ONE}/notes", b"\xff\xfe", 400, "not JSON"),
        (f"{ONE}/notes", b"[" * 60_000, 422, "Expected object, got array"),
        (f"{ONE}/notes", {"text": "x" * 70_000}, 413, "a request's body has at most 64 KiB"),
        ("/api/v1/incidents/none/notes", {"text": "x"}, 404, "there is no incident 'none'"),
        ("/api/v1/incidents", {"ci": "../etc", "category": "x", "title": "y"}, 422, "Expected str matching regex"),
    ],
)
def test_a_bad_command_changes_nothing_and_says_why(
    face: Face, path: str, body: object, status: int, detail: str
) -> None:
    answer = face.post(path, body)
    assert (answer.status, answer.json["detail"][: len(detail)]) == (status, detail)
    assert face.chain.requests == []


def test_a_body_that_is_not_json_by_its_type_is_refused(face: Face) -> None:
    """A form of a foreign page can send only forms: never JSON, never a command."""
    answer = face.post(f"{ONE}/notes", b"text=x", **{"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status == 415


@pytest.mark.parametrize(
    ("path", "body", "name", "arguments"),
    [
        (
            "priority",
            {"priority": "P2", "reason": "no customers", "minutes": 90},
            "pin",
            {"priority": "P2", "reason": "no customers", "minutes": 90.0},
        ),
        (
            "priority",
            {"priority": "P1", "reason": "r", "until": "2027-01-15T08:00:00Z"},
            "pin",
            {"priority": "P1", "reason": "r", "until": 1_800_000_000.0},
        ),
        ("priority", {"priority": None}, "unpin", {}),
        ("cannot-sell", {"text": "the manager called"}, "cannot_sell", {"text": "the manager called"}),
        ("can-sell", {}, "can_sell", {"text": ""}),
    ],
)
def test_what_people_say_about_a_priority_is_passed_on(
    face: Face, path: str, body: object, name: str, arguments: object
) -> None:
    face.post(f"{ONE}/{path}", body)
    assert [(one.name, one.arguments) for one in face.chain.requests] == [(name, arguments)]


def test_an_end_that_is_no_time_is_refused(face: Face) -> None:
    answer = face.post(f"{ONE}/priority", {"priority": "P1", "reason": "r", "until": "tomorrow"})
    assert (answer.status, answer.json["detail"][:6]) == (422, "until:")
    assert face.chain.requests == []


def test_a_pause_carries_the_role_of_whoever_asks_for_it(guarded: Face) -> None:
    """The policy says whose may pause a P1; a body cannot claim one."""
    guarded.post(f"{ONE}/pause", {"reason": "vendor", "reference": "VX-1", "minutes": 30}, **token("otto"))
    guarded.post(f"{ONE}/pause", {"reason": "store access", "until": "2027-01-15T09:00:00Z"}, **token("ada"))
    assert [(one.name, one.arguments) for one in guarded.chain.requests] == [
        ("pause", {"reason": "vendor", "reference": "VX-1", "role": "operate", "minutes": 30.0}),
        ("pause", {"reason": "store access", "reference": "", "role": "admin", "until": 1_800_003_600.0}),
    ]
    assert guarded.post(f"{ONE}/pause", {"reason": "vendor", "role": "admin"}, **token("otto")).status == 422
    assert guarded.post(f"{ONE}/pause", {"reason": "vendor", "until": "soon"}, **token("otto")).status == 422
    assert guarded.post(f"{ONE}/pause", {"reason": "vendor", "minutes": 5}, **token("vera")).status == 403
    assert guarded.post(f"{ONE}/resume", {"note": "back"}, **token("otto")).status == 200
    assert guarded.chain.requests[-1].arguments == {"text": "back"}
