"""What became of incidents, counted once each."""

from prometheus_client import CollectorRegistry

from collector.metrics.instruments import Incidents
from rules.course.incident import Sla
from tests.collector.http.chain import NOW, incident

ROW = {"priority": "P2", "category": "pos_outage", "region": "north"}


def counted(*versions: dict[str, object], since: float = NOW - 3600) -> CollectorRegistry:
    registry = CollectorRegistry()
    incidents = Incidents(registry, since)
    for changes in versions:
        incidents.take(incident(3, **changes))
    return registry


def test_opening_restoring_and_breaching_count_once_each() -> None:
    breached = Sla(respond_by=NOW, breached=("respond",))
    registry = counted(
        {"opened_at": None}, {}, {}, {"sla": breached}, {"sla": breached, "restored_at": NOW},
        {"sla": breached, "restored_at": NOW, "state": "resolved"},
    )  # fmt: skip
    assert registry.get_sample_value("tillwatch_incidents_opened_total", ROW) == 1
    assert registry.get_sample_value("tillwatch_sla_breached_total", {"clock": "respond"} | ROW) == 1
    assert registry.get_sample_value("tillwatch_incident_restore_seconds_sum", {"category": "pos_outage"}) == 180
    assert registry.get_sample_value("tillwatch_incident_detection_seconds_sum", {"category": "pos_outage"}) == 4


def test_what_the_process_before_has_counted_is_not_counted_again() -> None:
    """After a restart the first version seen of an old incident is no news; its restoring is."""
    registry = counted({}, {"restored_at": NOW + 60}, since=NOW)
    assert registry.get_sample_value("tillwatch_incidents_opened_total", ROW) is None
    assert registry.get_sample_value("tillwatch_incident_detection_seconds_count", {"category": "pos_outage"}) is None
    assert registry.get_sample_value("tillwatch_incident_restore_seconds_count", {"category": "pos_outage"}) == 1


def test_the_first_of_anything_is_a_growth_and_not_a_beginning() -> None:
    """Prometheus sees a counter grow only from a value that it has seen."""
    registry = CollectorRegistry()
    incidents = Incidents(registry, NOW)
    incidents.expect(["pos_outage"], ["north", "north"])
    for region in ("north", ""):
        row = ROW | {"region": region}
        assert registry.get_sample_value("tillwatch_incidents_opened_total", row) == 0
        assert registry.get_sample_value("tillwatch_sla_breached_total", {"clock": "resolve"} | row) == 0
    assert registry.get_sample_value("tillwatch_incident_restore_seconds_count", {"category": "pos_outage"}) == 0
    incidents.take(incident(3, opened_at=NOW + 1))
    incidents.expect(["pos_outage", "power"], ["north"])
    assert registry.get_sample_value("tillwatch_incidents_opened_total", ROW) == 1
