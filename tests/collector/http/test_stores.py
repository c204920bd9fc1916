"""Stores, configuration items, blast radius and why."""

import pytest

from collector.expected import Installed
from tests.collector.http.chain import Chain, incident
from tests.collector.http.conftest import Face


def test_stores_come_in_the_order_of_their_ids_a_page_at_a_time(face: Face) -> None:
    first = face.get("/api/v1/stores?limit=2").json
    second = face.get(f"/api/v1/stores?limit=2&cursor={first['next']}").json
    assert [store["id"] for store in first["items"] + second["items"]] == ["0042", "0043", "0077"]
    assert second["next"] is None


def test_a_store_shows_its_items_and_incidents(face: Face) -> None:
    store = face.get("/api/v1/stores/0042").json
    assert (store["name"], len(store["items"])) == ("Leeds Briggate", 9)
    assert store["last_seen"] == "2027-01-15T08:00:00Z"


def test_a_store_shows_which_of_its_agents_run_by_another_configuration(face: Face) -> None:
    def said(chain: Chain) -> None:
        chain.fleet.installed["0042-server"] = Installed("0.1.0", "aa")
        chain.hashes["0042-server"] = "bb"

    (before,) = face.get("/api/v1/stores/0042").json["agents"]
    assert (before["version"], before["config"], before["expected"], before["drift"]) == (None, None, None, None)
    face.do(said, face.chain)
    (after,) = face.get("/api/v1/stores/0042").json["agents"]
    assert (after["version"], after["config"], after["expected"], after["drift"]) == ("0.1.0", "aa", "bb", True)
    assert face.get("/api/v1/overview").json["agents_drifting"] == 1


def test_a_ci_is_found_by_its_name_outside_its_store(face: Face) -> None:
    till = face.get("/api/v1/cis/0042/pos-01").json
    assert (till["ref"], till["class"], till["state"], till["depends_on"]) == (
        "0042/pos-01", "till", "ok", ["0042/sw-01"],
    )  # fmt: skip
    assert till["checks"][0]["check"] == "tcp"
    assert face.get("/api/v1/cis/acquirer-a").json["store"] is None


@pytest.mark.parametrize("path", ["cis/0042/pos-99", "cis/none", "stores/none", "cis/0042/pos-99/blast-radius"])
def test_what_nobody_knows_is_not_found(face: Face, path: str) -> None:
    assert face.get(f"/api/v1/{path}").status == 404


def test_the_blast_radius_of_a_switch_holds_what_needs_it_with_how_it_is(face: Face) -> None:
    face.do(face.chain.fails, "0042/pos-03")
    radius = face.get("/api/v1/cis/0042/sw-01/blast-radius").json
    assert (radius["total"], radius["stores"], radius["services"]) == (9, ["0042"], ["checkout"])
    nodes = {node["ref"]: (node["depth"], node["status"]) for node in radius["nodes"]}
    assert nodes["0042/pos-03"] == (1, "critical")
    assert nodes["0042/pos-01"] == (1, "ok")
    assert ["0042/sw-01", "0042/pos-01"] in radius["edges"]


def test_a_store_stands_above_all_that_is_in_it(face: Face) -> None:
    """Of a store that cannot be reached the page draws everything that it may have lost."""
    radius = face.get("/api/v1/cis/0042/blast-radius").json
    depths = {node["ref"]: node["depth"] for node in radius["nodes"]}
    assert (depths["0042"], depths["0042/sw-01"], depths["0042/pos-08"]) == (0, 1, 2)
    assert ["0042", "0042/sw-01"] in radius["edges"]


def test_why_explains_now_and_then(face: Face) -> None:
    assert face.get("/api/v1/why?subject=0042/pos-01").json["subject"] == "0042/pos-01"
    then = face.get("/api/v1/why?subject=0042&at=2027-01-15T07:30:00Z").json
    assert then["at"] == "2027-01-15T07:30:00Z"


@pytest.mark.parametrize(
    ("query", "status", "detail"),
    [
        ("", 400, "subject: missing"),
        ("subject=0042&at=2099-01-01T00:00:00Z", 400, "at: lies in the future"),
        ("subject=0042&at=2020-01-01T00:00:00Z", 404, "the journal begins later"),
        (
            "subject=0042/pos-99",
            404,
            "0042/pos-99 is no store and no configuration item, and no agent checks it; did you",
        ),
        ("subject=0099", 404, "0099 is no store and no configuration item, and no agent checks it; did you mean 00"),
        (
            "subject=acquirer-b",
            404,
            "acquirer-b is no store and no configuration item, and no agent checks it; did you mean acquirer-a?",
        ),
        (
            "subject=zzz/zzz",
            404,
            "zzz/zzz is no store and no configuration item, and no agent checks it; a store is written 0042",
        ),
        ("subject=a/b/c", 400, "subject: Expected str matching regex"),
    ],
)
def test_a_why_that_cannot_be_answered_says_so(face: Face, query: str, status: int, detail: str) -> None:
    answer = face.get(f"/api/v1/why?{query}")
    assert (answer.status, answer.json["detail"][: len(detail)]) == (status, detail)


def test_the_overview_counts_what_people_can_act_on(face: Face) -> None:
    face.do(face.chain.happen, incident(1, state="acknowledged"))
    seen = face.get("/api/v1/overview").json
    assert (seen["unresolved"], seen["unacknowledged"]) == ({"P1": 1, "P2": 6}, 6)
    assert (seen["stores_total"], seen["stores_affected"], seen["agents_total"]) == (3, 1, 3)
