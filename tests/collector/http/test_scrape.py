"""What Prometheus gets, read with Prometheus's own parser."""

import gzip

from prometheus_client.parser import text_string_to_metric_families

from contract.ids import part_of
from tests.collector.http.chain import incident
from tests.collector.http.conftest import Answer, Face

PART = part_of("0042-server")


def samples(answer: Answer) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    families = text_string_to_metric_families(answer.body.decode())
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def value(found: dict[tuple[str, frozenset[tuple[str, str]]], float], metric: str, /, **labels: str) -> float:
    return found[metric, frozenset(labels.items())]


def test_metrics_hold_the_product_and_the_chain_in_few_numbers(face: Face) -> None:
    found = samples(face.get("/metrics"))
    assert value(found, "tillwatch_ingest_records_total") == 7
    assert value(found, "tillwatch_dead_letters_total", reason="garbage") == 2
    assert value(found, "tillwatch_checks", region="north", kind="tcp", status="ok") == 8
    assert value(found, "tillwatch_stores", region="south", status="ok") == 1
    assert value(found, "tillwatch_incidents_open", priority="P2", category="pos_outage", region="north") == 6


def test_an_incident_that_opens_is_counted_once_whatever_happens_to_it_later(face: Face) -> None:
    fresh = incident(30, started_at=face.chain.now, learnt_at=face.chain.now + 3, opened_at=face.chain.now + 3)
    for state in ("open", "acknowledged", "open"):
        face.do(face.chain.happen, incident(30, **_instants(fresh), state=state))
    found = samples(face.get("/metrics"))
    row = {"priority": "P2", "category": "pos_outage", "region": "north"}
    assert value(found, "tillwatch_incidents_opened_total", **row) == 1
    assert value(found, "tillwatch_incident_detection_seconds_sum", category="pos_outage") == 3


def test_a_part_holds_its_checks_agents_stores_and_items(face: Face) -> None:
    found = samples(face.get(f"/metrics/checks?part={PART}"))
    labels = {"store": "0042", "agent": "0042-server", "ci": "pos-01", "check": "tcp"}
    assert value(found, "tillwatch_check_status", **labels) == 0
    assert value(found, "tillwatch_check_duration_seconds", **labels) == 0.0125
    last = value(found, "tillwatch_agent_last_pulse_timestamp_seconds", store="0042", agent="0042-server")
    assert last == face.chain.now
    found = samples(face.get(f"/metrics/checks?part={part_of('0042')}"))
    assert value(found, "tillwatch_store_up", store="0042") == 1
    info = {"name": "Till 1", "class": "till", "vendor": "", "group": "", "store": "0042", "ci": "pos-01"}
    assert value(found, "tillwatch_ci_info", **info) == 1


def test_discovery_leads_to_every_agent_and_store(face: Face) -> None:
    targets = face.get("/sd", Host="localhost:8420").json
    assert {target["targets"][0] for target in targets} == {"localhost:8420"}
    parts = {target["labels"]["__param_part"] for target in targets}
    assert {part_of(name) for name in ("0042", "0043", "0077", "0042-server", "0077-server")} <= parts


def test_discovery_of_an_empty_chain_is_an_empty_list(face: Face) -> None:
    """Prometheus keeps its old targets on anything but 200."""
    face.do(face.chain.forget_everything)
    answer = face.get("/sd")
    assert (answer.status, answer.json) == (200, [])


def test_a_scrape_is_compressed_for_those_who_accept_it(face: Face) -> None:
    plain = face.get(f"/metrics/checks?part={PART}")
    small = face.get(f"/metrics/checks?part={PART}", **{"Accept-Encoding": "gzip"})
    assert small.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.body) == plain.body


def test_a_part_that_is_none_is_refused(face: Face) -> None:
    assert face.get("/metrics/checks?part=64").status == 400
    assert face.get("/metrics/checks").json["detail"] == "part: missing"


def _instants(known: object) -> dict[str, float]:
    return {name: getattr(known, name) for name in ("started_at", "learnt_at", "opened_at")}
