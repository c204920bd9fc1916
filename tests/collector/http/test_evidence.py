"""What a vendor needs to believe it, over HTTP."""

import msgspec

from contract.status import Status
from rules.decision import Change
from rules.sight.belief import CheckState
from tests.collector.http.chain import NOW, Chain, incident
from tests.collector.http.conftest import Face, token

ONE = f"/api/v1/incidents/{incident(4).id}/evidence"


def refuses(chain: Chain) -> None:
    seen = CheckState(Status.CRITICAL, NOW - 60, 1, 99, 15.0, "connection refused")
    chain.state().put(Change("checks", "0042-server/pos-04/tcp", seen))
    chain.fails("0042/pos-04")


def test_the_pack_says_who_sees_it_with_what_words_and_how_long_it_took(face: Face) -> None:
    face.do(refuses, face.chain)
    pack = face.get(ONE).json
    (witness,) = pack["witnesses"]
    assert (witness["agent"], witness["check"], witness["state"], witness["text"], witness["latency"]) == (
        "0042-server", "tcp", "critical", "connection refused", 0.0125,
    )  # fmt: skip
    assert (pack["stores"], pack["regions"], pack["ci"]) == (1, {"north": 1}, "0042/pos-04")
    assert pack["story"][0]["kind"] == "opened"
    assert (
        "0042-server, 0042/pos-04/tcp critical since 2027-01-15 07:59:00 UTC, last answer took 0.0125 s" in pack["text"]
    )


def test_the_pack_of_then_is_asked_for_with_an_instant(face: Face) -> None:
    assert face.get(f"{ONE}?at=2027-01-15T07:59:30Z").json["at"] == "2027-01-15T07:59:30Z"
    assert face.get(f"{ONE}?at=2027-01-15T09:00:00Z").status == 400
    assert face.get(f"{ONE}?at=2020-01-15T09:00:00Z").status == 404
    face.do(face.chain.happen, msgspec.structs.replace(incident(4), state="closed"))
    assert face.get(f"{ONE}?at=2027-01-15T07:59:30Z").json["title"] == "Not then"
    assert face.get(ONE).status == 200


def test_only_those_see_it_who_see_the_incident(guarded: Face) -> None:
    assert guarded.get(ONE, **token("vera")).status == 200
    assert guarded.get(ONE, **token("nora")).status == 200
    south = incident(31, region="south")
    guarded.do(guarded.chain.happen, south)
    assert guarded.get(f"/api/v1/incidents/{south.id}/evidence", **token("nora")).status == 403
