"""The product's own numbers, in a registry of its own: what the collector counts, and what became of incidents.

What ingest counts is read from collector.services.Counters at each scrape, so the hot path increments plain integers.
"""

from collections.abc import Iterable, Iterator
from itertools import product
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from collector.services import Services
from contract.rejection import Reason
from rules.course.incident import Incident

DETECTION_BUCKETS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 900, 3600, 14_400)
RESTORE_BUCKETS = (60, 300, 600, 1800, 3600, 7200, 14_400, 28_800, 86_400, 259_200)


# They would double the number of our series and are documented nowhere.
disable_created_metrics()  # type: ignore[no-untyped-call]


class Itself(Collector):
    """The collector's own state, read when asked."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def collect(self) -> Iterator[Metric]:
        counters, ready = self._services.counters, self._services.readiness()
        yield _counter("tillwatch_ingest_messages", "Messages taken from the broker.", counters.messages)
        yield _counter("tillwatch_ingest_results", "Measurements taken in.", counters.results)
        yield _counter("tillwatch_ingest_records", "Records committed to the journal.", counters.records)
        yield _counter("tillwatch_ingest_duplicates", "Records that were had already.", counters.duplicates)
        yield _counter(
            "tillwatch_ingest_quarantined_hellos", "Hellos of a second agent with the id of one.", counters.quarantined
        )
        yield _counter("tillwatch_ingest_commits", "Transactions of ingest.", counters.commits)
        yield _gauge("tillwatch_ingest_lag_seconds", "From a message's arrival to its commit.", counters.ingest_lag)
        letters = CounterMetricFamily("tillwatch_dead_letters", "Messages that were not accepted.", labels=["reason"])
        # A reason that appeared with its first letter would never have grown in Prometheus's eyes.
        for reason, count in sorted((dict.fromkeys(get_args(Reason), 0) | dict(counters.dead_letters)).items()):
            letters.add_metric([reason], count)
        yield letters
        quarantined = GaugeMetricFamily(
            "tillwatch_agents_quarantined", "Agents that are limited, or have a second life.", labels=["why"]
        )
        held = list(self._services.fleet.quarantined.values())
        for why in ("chatty", "forked"):
            quarantined.add_metric([why], sum(one.why == why for one in held))
        yield quarantined
        differences = CounterMetricFamily(
            "tillwatch_ticket_differences", "Tickets found not as they should be.", labels=["desk", "field"]
        )
        for (desk, field), count in sorted(dict(counters.ticket_differences).items()):
            differences.add_metric([desk, field], count)
        yield differences
        yield _gauge("tillwatch_journal_position", "The journal's last committed entry.", self._services.position())
        yield _gauge("tillwatch_engine_lag_entries", "Journal entries that the engine has not done.", ready.engine_lag)
        yield _gauge("tillwatch_ready", "1 when the collector is ready.", ready.ready)
        refused = bool(ready.refused)
        yield _gauge("tillwatch_documents_refused", "1 while the files of policy and CMDB are refused.", refused)
        read_at = ready.documents_read_at
        yield _gauge("tillwatch_documents_read_timestamp_seconds", "When policy and CMDB were read.", read_at)
        yield _gauge("tillwatch_start_time_seconds", "When this process started.", self._services.started_at)
        yield _gauge("tillwatch_agents", "Agents heard since the start.", len(self._services.fleet.views))
        yield _gauge("tillwatch_agents_registered", "Agents that the CMDB names.", len(self._services.registry()))
        ends = GaugeMetricFamily(
            "tillwatch_certificate_expiry_timestamp_seconds",
            "When a certificate of collector.yaml ends; 0 when its file cannot be read.",
            labels=["certificate"],
        )
        for name, end in self._services.certificates().items():
            ends.add_metric([name], end)
        yield ends


class Incidents:
    """Counts what happens to incidents from the versions of them that pass by; each happening once.

    What happened before `since` (seconds UTC, the start of this process) was counted by the process before.
    """

    def __init__(self, registry: CollectorRegistry, since: float) -> None:
        self._since = since
        self._last: dict[str, Incident] = {}
        names = ("priority", "category", "region")
        self._opened = Counter("tillwatch_incidents_opened", "Incidents opened.", names, registry=registry)
        self._breached = Counter("tillwatch_sla_breached", "Deadlines missed.", ("clock", *names), registry=registry)
        self._detection = Histogram(
            "tillwatch_incident_detection_seconds",
            "From the start at the store to the collector's knowing.",
            ("category",),
            buckets=DETECTION_BUCKETS,
            registry=registry,
        )
        self._restore = Histogram(
            "tillwatch_incident_restore_seconds",
            "From the start at the store to the restored service.",
            ("category",),
            buckets=RESTORE_BUCKETS,
            registry=registry,
        )

    def expect(self, categories: Iterable[str], regions: Iterable[str]) -> None:
        """Counts zero of everything that may happen.

        What appears with its first happening has not grown in Prometheus's eyes, and the first P1 is not to be missed.
        """
        regions = [*regions, ""]  # of what belongs to no store
        for category in categories:
            self._detection.labels(category)
            self._restore.labels(category)
            for priority, region in product(("P1", "P2", "P3"), regions):
                self._opened.labels(priority, category, region)
                for clock in ("respond", "resolve"):
                    self._breached.labels(clock, priority, category, region)

    def take(self, incident: Incident) -> None:
        """A version of an incident, in the order of the journal."""
        before = self._last.get(incident.id)
        row = (f"P{incident.priority}", incident.category, incident.region)
        if before is None and self._is_new(incident.learnt_at):
            self._detection.labels(incident.category).observe(max(0.0, incident.learnt_at - incident.started_at))
        if self._is_new(incident.opened_at) and (before is None or before.opened_at is None):
            self._opened.labels(*row).inc()
        restored = incident.restored_at
        if restored is not None and self._is_new(restored) and (before is None or before.restored_at is None):
            self._restore.labels(incident.category).observe(max(0.0, restored - incident.started_at))
        for clock in incident.sla.breached:
            if clock not in before.sla.breached if before is not None else self._is_new(incident.learnt_at):
                self._breached.labels(clock, *row).inc()
        if incident.state == "closed":
            self._last.pop(incident.id, None)
        else:
            self._last[incident.id] = incident

    def _is_new(self, at: float | None) -> bool:
        return at is not None and at >= self._since


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(name, text, value)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, float(value))
