"""Health, readiness and dead letters."""

from tests.collector.http.conftest import Face


def test_alive_is_told_from_ready(face: Face) -> None:
    """A collector without its broker is alive, not ready, and says which fact is missing."""
    assert face.get("/healthz").json == {"status": "ok"}
    assert (face.get("/readyz").status, face.get("/readyz").json["ready"]) == (200, True)
    face.chain.ready = False
    answer = face.get("/readyz")
    assert (answer.status, answer.json["ready"], answer.json["broker"], answer.json["database"]) == (
        503,
        False,
        False,
        True,
    )
    assert face.get("/healthz").status == 200


def test_dead_letters_are_paged_newest_first(face: Face) -> None:
    seen, cursor = [], ""
    while True:
        page = face.get(f"/api/v1/dead-letters?limit=3{cursor}").json
        seen += [letter["id"] for letter in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == [7, 6, 5, 4, 3, 2, 1]
    assert page["counts"] == {"garbage": 2}


def test_only_a_whole_dead_letter_can_be_retried(face: Face) -> None:
    assert (face.post("/api/v1/dead-letters/2/retry").status, face.post("/api/v1/dead-letters/3/retry").status) == (
        202,
        409,
    )
    assert face.post("/api/v1/dead-letters/x/retry").status == 404
    assert face.post(f"/api/v1/dead-letters/{'9' * 30}/retry").status == 404
