"""What Prometheus gets, read with Prometheus's own parser."""

import gzip
import re
import subprocess

from prometheus_client.parser import text_string_to_metric_families

from collector.pressure import Quarantined
from contract.ids import part_of
from rules.course.incident import Sla
from tests.collector.http.chain import NOW, incident
from tests.collector.http.conftest import Answer, Face

PART = part_of("0042-server")
RELIED_ON = [
    "tillwatch_check_status",
    "tillwatch_check_duration_seconds",
    "tillwatch_agent_last_pulse_timestamp_seconds",
    "tillwatch_store_up",
    "tillwatch_store_last_seen_timestamp_seconds",
    "tillwatch_service_capacity_ratio",
    "tillwatch_store_info",
    "tillwatch_ci_info",
    "tillwatch_checks",
    "tillwatch_stores",
    "tillwatch_incidents_open",
    "tillwatch_incidents_opened_total",
    "tillwatch_incident_detection_seconds_bucket",
    "tillwatch_incident_restore_seconds_bucket",
    "tillwatch_sla_at_risk",
    "tillwatch_sla_breached_total",
    "tillwatch_tickets_pending",
    "tillwatch_ingest_records_total",
    "tillwatch_ingest_lag_seconds",
    "tillwatch_agent_log_pending_records",
    "tillwatch_agent_dropped_records_total",
    "tillwatch_dead_letters_total",
]


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


def test_an_agent_in_quarantine_is_named_with_why(face: Face) -> None:
    named = (
        "tillwatch_agent_quarantined",
        frozenset({"store": "0042", "agent": "0042-server", "why": "forked"}.items()),
    )
    assert named not in samples(face.get(f"/metrics/checks?part={PART}"))
    face.chain.fleet.quarantined["0042-server"] = Quarantined("forked", NOW, NOW)
    assert samples(face.get(f"/metrics/checks?part={PART}"))[named] == 1


def test_discovery_leads_to_every_agent_and_store(face: Face) -> None:
    targets = face.get("/sd", Host="localhost:8420").json
    assert {target["targets"][0] for target in targets} == {"localhost:8420"}
    parts = {target["labels"]["__param_part"] for target in targets}
    assert {part_of(name) for name in ("0042", "0043", "0077", "0042-server", "0077-server")} <= parts


def test_every_metric_that_programs_rely_on_is_there(face: Face) -> None:
    """The names of docs/metrics.md that may not be dropped, each with at least one sample."""
    face.do(face.chain.happen, incident(31, restored_at=face.chain.now, opened_at=face.chain.now))
    face.do(face.chain.happen, incident(32, sla=Sla(breached=("respond",)), learnt_at=face.chain.now))
    pages = [target["labels"] for target in face.get("/sd").json]
    asked = [f"{one['__metrics_path__']}?part={one['__param_part']}" for one in pages]
    found = {name for path in ["/metrics", *asked] for name, _ in samples(face.get(path))}
    assert set(RELIED_ON) - found == set()


def test_tickets_certificates_and_agents_are_told_at_metrics(face: Face) -> None:
    found = samples(face.get("/metrics"))
    assert value(found, "tillwatch_tickets_pending", desk="desk") == 2
    assert value(found, "tillwatch_tickets_oldest_pending_seconds", desk="desk") == 90
    assert value(found, "tillwatch_tickets_dead", desk="desk") == 1
    assert value(found, "tillwatch_tickets_pending", desk="hook") == 0
    assert value(found, "tillwatch_help_desk_ready", desk="hook") == 0
    assert value(found, "tillwatch_agents_registered") == 3
    assert value(found, "tillwatch_certificate_expiry_timestamp_seconds", certificate="http") == NOW + 86_400
    assert value(found, "tillwatch_dead_letters_total", reason="bomb") == 0


def test_prometheus_own_lint_finds_nothing_in_any_answer(face: Face) -> None:
    for path in ("/metrics", f"/metrics/checks?part={PART}", f"/metrics/checks?part={part_of('0042')}"):
        lint = subprocess.run(
            ["promtool", "check", "metrics"], input=face.get(path).body, capture_output=True, check=False
        )
        assert (lint.returncode, lint.stdout + lint.stderr) == (0, b"")


def test_a_part_that_is_too_much_for_one_scrape_is_listed_in_pages_that_hold_it_all(face: Face) -> None:
    agents = face.do(face.chain.grow, PART, 60, 1_000)
    pages = [target["labels"] for target in face.get("/sd").json if target["labels"]["__param_part"] == PART]
    assert len(pages) == 2
    found = []
    for page in pages:
        query = "&".join(f"{name}={page[f'__param_{name}']}" for name in ("part", "page", "pages"))
        text = face.get(f"/metrics/checks?{query}").body.decode()
        assert len(re.findall(r"^[^#]", text, re.MULTILINE)) <= 100_000
        found += re.findall(r'^tillwatch_agent_log_pending_records\{.*agent="([^"]+)"', text, re.MULTILINE)
    assert sorted(found) == sorted(agents)
    refused = face.get(f"/metrics/checks?part={PART}")
    assert refused.status == 400
    assert refused.json["detail"].endswith(f"samples; /sd lists the pages of part {PART}")


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
