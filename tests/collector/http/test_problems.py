"""Problems and changes at the face: who sees which, and the note on the item."""

from rules.course.incident import Ticket
from rules.decision import Change
from rules.repeats.change import ChangeRequest
from rules.repeats.problem import Problem
from tests.collector.http.chain import NOW, Chain
from tests.collector.http.conftest import Face, token


def problem(number: int, *cis: str, **more: object) -> Problem:
    fields: dict[str, object] = {
        "id": f"{number:016x}",
        "number": number,
        "key": f"pos_outage/ci={cis[0]}",
        "category": "pos_outage",
        "subject": cis[0],
        "title": f"POS system outage on {cis[0]}",
        "service": "checkout",
        "first_at": NOW - 900.0,
        "last_at": NOW,
        "opened_at": NOW - number,
        "hold_until": NOW + 900.0,
        "count": 5,
        "cis": cis,
    }
    return Problem(**(fields | more))  # type: ignore[arg-type]


def known(chain: Chain) -> None:
    """One in Leeds, one in Bath that is resolved, one of the whole chain; and a change to each place."""
    bath = problem(1, "0077/sign-01", state="resolved", resolved_at=NOW, note="new cable")
    leeds = problem(2, "0042/pos-01", change="CHG1", ticket=Ticket("desk", "77", "https://desk.example/77"))
    for row in (bath, leeds, problem(3, "acquirer-a")):
        chain.state().put(Change("problems", row.id, row))
    for reference, where in (("CHG1", {"stores": ("0042",)}), ("CHG2", {"cis": ("0077/sign-01",)}), ("CHG3", {})):
        row = ChangeRequest(reference=reference, title="t", since=NOW, until=NOW + 60, actor="ann", **where)
        chain.state().put(Change("changes", reference, row))


def test_open_problems_come_first_then_the_newest(face: Face) -> None:
    face.do(known, face.chain)
    items = face.get("/api/v1/problems").json["items"]
    assert [(one["number"], one["state"], one["note"]) for one in items] == [
        (2, "open", ""),
        (3, "open", ""),
        (1, "resolved", "new cable"),
    ]
    assert (items[0]["change"], items[0]["ticket"]["id"]) == ("CHG1", "77")


def test_an_open_problem_is_noted_on_its_item_and_a_resolved_one_is_not(face: Face) -> None:
    face.do(known, face.chain)
    text = "problem #2: POS system outage on 0042/pos-01, 5 times"
    assert [one["text"] for one in face.get("/api/v1/cis/0042/pos-01").json["problems"]] == [text]
    assert face.get("/api/v1/cis/0077/sign-01").json["problems"] == []


def test_a_person_sees_the_problems_and_changes_of_their_regions(guarded: Face) -> None:
    guarded.do(known, guarded.chain)
    for path, name, all_of_it, theirs in (
        ("problems", "number", [2, 3, 1], [2]),
        ("changes", "reference", ["CHG1", "CHG2", "CHG3"], ["CHG1"]),
    ):
        seen = {who: guarded.get(f"/api/v1/{path}", **token(who)).json["items"] for who in ("vera", "nora")}
        assert [one[name] for one in seen["vera"]] == all_of_it
        assert [one[name] for one in seen["nora"]] == theirs
    assert guarded.get(f"/api/v1/problems/{1:016x}", **token("nora")).status == 403
    assert guarded.get("/api/v1/problems/none", **token("nora")).status == 404


def test_who_only_views_neither_resolves_nor_announces(guarded: Face) -> None:
    guarded.do(known, guarded.chain)
    assert guarded.post(f"/api/v1/problems/{2:016x}/resolve", {}, **token("vera")).status == 403
    assert guarded.post("/api/v1/changes", {"reference": "C", "title": "t"}, **token("vera")).status == 403


def test_who_has_regions_announces_changes_in_them_only(guarded: Face) -> None:
    guarded.do(known, guarded.chain)
    for more in ({"cis": ["acquirer-a"]}, {"shares": ["model=T2000"]}, {"stores": ["0042", "0077"]}, {}):
        body = {"reference": "CHG9", "title": "t"} | more
        assert guarded.post("/api/v1/changes", body, **token("nora")).status == 403
    # Not theirs to reschedule.
    assert (
        guarded.post("/api/v1/changes", {"reference": "CHG2", "title": "t", "stores": ["0042"]}, **token("nora")).status
        == 403
    )
    assert guarded.chain.requests == []
