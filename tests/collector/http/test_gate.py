"""Who may come in, and with what."""

import pytest

from collector.http.gate import SECURITY_HEADERS
from tests.collector.http.chain import incident
from tests.collector.http.conftest import Face, token

LIST = "/api/v1/incidents"
ONE = f"{LIST}/{incident(4).id}"


def test_a_foreign_host_is_refused_even_on_loopback(face: Face) -> None:
    """DNS rebinding: a page of evil.example whose name was pointed at 127.0.0.1 must not read the incidents."""
    assert face.get(LIST, Host="evil.example:8420").status == 421
    assert face.get("/", Host="evil.example").status == 421
    assert face.get("/metrics", Host="").status == 421


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_the_loopbacks_names_are_ours(face: Face, host: str) -> None:
    assert face.get(LIST, Host=f"{host}:{face.port}").status == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
def test_a_page_of_another_origin_cannot_command(face: Face, origin: str) -> None:
    """CSRF: a browser that visits a foreign page must not acknowledge anything."""
    assert face.post(f"{ONE}/acknowledge", {}, Origin=origin).status == 403
    assert face.chain.requests == []


def test_our_own_page_may(face: Face) -> None:
    origin = {"Origin": f"http://127.0.0.1:{face.port}", "Sec-Fetch-Site": "same-origin"}
    assert face.post(f"{ONE}/acknowledge", {}, **origin).status == 200


def test_a_cross_site_fetch_without_origin_is_refused_but_a_link_is_followed(face: Face) -> None:
    assert face.get(LIST, **{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}).status == 403
    assert face.get("/", **{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}).status == 200


@pytest.mark.parametrize("path", ["/", LIST, "/nothing", "/healthz", "/console/base.css"])
def test_every_answer_has_the_security_headers(guarded: Face, path: str) -> None:
    headers = guarded.get(path).headers
    assert {name: headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS


@pytest.mark.parametrize(
    "header", [{}, {"Authorization": "Bearer tw_nobody"}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer "}]
)
def test_without_a_known_token_nothing_is_shown(guarded: Face, header: dict[str, str]) -> None:
    answer = guarded.get(LIST, **header)
    assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="tillwatch"')
    assert guarded.get("/metrics", **header).status == 401
    assert guarded.get("/api/v1/events", **header).status == 401


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/api/v1/openapi.json", "/", "/incidents/x"])
def test_what_tells_nothing_needs_no_token(guarded: Face, path: str) -> None:
    assert guarded.get(path).status == 200


def test_roles_include_the_lesser_ones(guarded: Face) -> None:
    assert guarded.get(LIST, **token("vera")).status == 200
    assert guarded.post(f"{ONE}/acknowledge", {}, **token("vera")).status == 403
    assert guarded.post(f"{ONE}/acknowledge", {}, **token("ada")).status == 200
    assert guarded.get("/api/v1/dead-letters", **token("otto")).status == 403
    assert guarded.get("/api/v1/dead-letters", **token("ada")).status == 200


def test_a_region_filters_lists_and_refuses_singles(guarded: Face) -> None:
    south = incident(50, region="south", ci="0077/sign-01", stores=("0077",))
    guarded.do(guarded.chain.happen, south)
    nora = token("nora")
    assert 50 not in [item["number"] for item in guarded.get(LIST, **nora).json["items"]]
    worst = guarded.get(f"{LIST}?sort=worst&state=open,acknowledged", **nora).json["items"]
    assert 50 not in [item["number"] for item in worst]
    assert [store["id"] for store in guarded.get("/api/v1/stores", **nora).json["items"]] == ["0042", "0043"]
    assert guarded.get("/api/v1/overview", **nora).json["stores_total"] == 2
    body = {"ci": "0077/sign-01", "category": "x", "title": "y"}
    refused = [
        guarded.get(f"{LIST}/{south.id}", **nora),
        guarded.post(f"{LIST}/{south.id}/acknowledge", {}, **nora),
        guarded.post(LIST, body, **nora),
        guarded.get("/api/v1/stores/0077", **nora),
        guarded.get("/api/v1/cis/0077/sign-01", **nora),
        guarded.get("/api/v1/cis/0077/sign-01/blast-radius", **nora),
        guarded.get("/api/v1/why?subject=0077/sign-01", **nora),
        guarded.get("/metrics", **nora),
        guarded.get("/sd", **nora),
    ]
    assert [answer.status for answer in refused] == [403] * len(refused)
    near = guarded.get("/api/v1/why?subject=0076", **nora)
    assert near.status == 404
    assert "0077" not in near.json["detail"]
    assert guarded.chain.requests == []
