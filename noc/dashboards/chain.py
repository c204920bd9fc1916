"""The dashboard *Chain*: what customers cannot do now, by region; worst stores; SLA; incidents; Tillwatch itself."""

from noc.dashboards.page import Page, Section, choices
from noc.dashboards.panels import (
    CALM,
    FEW_ARE_FINE,
    NONE_IS_GOOD,
    SHARE_IS_GOOD,
    Frame,
    Query,
    Step,
    curves,
    linked,
    numbers,
    rows,
)
from noc.dashboards.store import ADDRESS as STORE

HERE = '{region=~"$region"}'
# Two collectors, one standing by, tell the same incident twice.
OPEN = f"max by (priority, category, region) (tillwatch_incidents_open{HERE})"
HELD = f"max by (priority, category, region) (tillwatch_incidents_held_back{HERE})"
DAY = 86_400.0


def _quantile(share: float, metric: str) -> str:
    return f"histogram_quantile({share}, sum by (le) (rate({metric}_bucket[$__range])))"


CUSTOMERS = Section(
    "What customers cannot do now",
    [
        numbers(
            Frame("Stores without a service", "Stores where nothing of the service is left.", "short", 10, 6),
            [
                Query(
                    f"sort_desc(sum by (service) (region_service:tillwatch_stores_without:count{HERE}))",
                    "{{service}}",
                )
            ],
            NONE_IS_GOOD,
        ),
        numbers(
            Frame("Open incidents", "Unresolved and not held back, by priority.", "short", 8, 6),
            [Query(f"sum by (priority) ({OPEN})", "{{priority}}")],
            NONE_IS_GOOD,
        ),
        numbers(
            Frame(
                "Unreachable stores", "Nothing is heard of them; what their customers can do is unknown.", "short", 6, 6
            ),
            [
                Query(
                    'sum(max by (region) (tillwatch_stores{status="unreachable", region=~"$region"})) or vector(0)',
                    "stores",
                )
            ],
            NONE_IS_GOOD,
        ),
        rows(
            Frame(
                "Services by region", "Which share of a service the region's stores can give, the worst first.", "short"
            ),
            [
                Query(f"sort(region_service:tillwatch_service_capacity:ratio{HERE})", "Can be given", "percentunit"),
                Query(f"region_service:tillwatch_stores_without:count{HERE}", "Stores without"),
                Query(f"region_service:tillwatch_stores_impaired:count{HERE}", "Stores impaired"),
            ],
            {"region": "Region", "service": "Service"},
            SHARE_IS_GOOD,
        ),
        linked(
            rows(
                Frame("Worst stores", "At most 20: services lost, added up. A store opens its own dashboard.", "short"),
                [
                    Query(
                        f"topk(20, sum by (store, name, region) (store_service:tillwatch_service_loss:ratio{HERE}))",
                        "Services lost",
                    )
                ],
                {"store": "Store", "name": "Name", "region": "Region"},
                (Step(None, "orange"), Step(1, "red")),
            ),
            "Store",
            "Open the store",
            STORE,
        ),
        curves(
            Frame("Service that can be given", "The chain's share of each service over time.", "percentunit", 24, 7),
            [
                Query(
                    f"sum by (service) (region_service:tillwatch_service_capacity:ratio{HERE}"
                    f" * region_service:tillwatch_stores_giving:count{HERE})"
                    f" / sum by (service) (region_service:tillwatch_stores_giving:count{HERE})",
                    "{{service}}",
                )
            ],
        ),
    ],
)

SLA = Section(
    "SLA",
    [
        numbers(
            Frame(
                "Deadlines at risk", "Unresolved incidents of the whole chain with a deadline at risk.", "short", 6, 6
            ),
            [Query("max by (priority) (tillwatch_sla_at_risk)", "{{priority}}")],
            FEW_ARE_FINE,
        ),
        numbers(
            Frame("Deadlines missed", "Within the chosen time, by clock.", "short", 6, 6),
            [Query(f"sum by (clock) (increase(tillwatch_sla_breached_total{HERE}[$__range]))", "{{clock}}")],
            FEW_ARE_FINE,
        ),
        numbers(
            Frame("From failure to knowing", "From the start at the store to the collector's knowing.", "s", 6, 6),
            [
                Query(_quantile(0.5, "tillwatch_incident_detection_seconds"), "half within"),
                Query(_quantile(0.95, "tillwatch_incident_detection_seconds"), "95 % within"),
            ],
            CALM,
        ),
        numbers(
            Frame("From failure to service", "From the start at the store to the restored service.", "s", 6, 6),
            [
                Query(_quantile(0.5, "tillwatch_incident_restore_seconds"), "half within"),
                Query(_quantile(0.95, "tillwatch_incident_restore_seconds"), "95 % within"),
            ],
            CALM,
        ),
    ],
)

INCIDENTS = Section(
    "Incidents",
    [
        curves(
            Frame("Open by priority", "Unresolved and not held back.", "short"),
            [Query(f"sum by (priority) ({OPEN})", "{{priority}}")],
        ),
        curves(
            Frame("Opened", "How many incidents opened, by category.", "short"),
            [
                Query(
                    f"sum by (category) (increase(tillwatch_incidents_opened_total{HERE}[$__rate_interval]))",
                    "{{category}}",
                )
            ],
        ),
        rows(
            Frame("Open by category", "At most 20 lines; the console lists each incident.", "short"),
            [Query(f"topk(20, {OPEN})", "Open")],
            {"priority": "Priority", "category": "Category", "region": "Region"},
            FEW_ARE_FINE,
        ),
        curves(
            Frame("Held back", "Explained by another incident, silenced, or within a window.", "short"),
            [Query(f"sum by (category) ({HELD}) or vector(0)", "{{category}}")],
        ),
    ],
)

CAUSES = Section(
    "What fails",
    [
        rows(
            Frame("Failing checks", "Checks that are critical or unknown, by name; the 20 most frequent.", "short"),
            [Query(f"topk(20, sum by (kind) (region_kind:tillwatch_checks_failing:count{HERE}))", "Failing")],
            {"kind": "Check"},
            FEW_ARE_FINE,
        ),
        curves(
            Frame("Stores", "Stores by what is known of them.", "short", 8),
            [Query(f"sum by (status) (max by (region, status) (tillwatch_stores{HERE}))", "{{status}}")],
        ),
        numbers(
            Frame("Certificates in stores", "Checks named tls that warn or fail: a certificate ends.", "short", 4),
            [
                Query(
                    "sum(max by (region, status) "
                    '(tillwatch_checks{kind="tls", status=~"warning|critical", region=~"$region"})) or vector(0)',
                    "not well",
                )
            ],
            FEW_ARE_FINE,
        ),
    ],
)

ITSELF = Section(
    "Tillwatch itself",
    [
        numbers(
            Frame("Collector ready", "1 when broker, database and engine are there.", "bool_yes_no", 4, 6),
            [Query("max(tillwatch_ready)", "ready")],
            (Step(None, "red"), Step(1, "green")),
        ),
        numbers(
            Frame(
                "Agents not heard",
                "Silent for more than a minute, or not heard since the collector started.",
                "short",
                5,
                6,
            ),
            [
                Query("count(agent:tillwatch_silence:seconds) or vector(0)", "silent"),
                Query("max(tillwatch_agents_registered) - max(tillwatch_agents)", "never heard"),
            ],
            FEW_ARE_FINE,
        ),
        numbers(
            Frame("Tickets not delivered", "Incidents with something that a desk has not been told.", "short", 5, 6),
            [
                Query("max by (desk) (tillwatch_tickets_pending)", "{{desk}}: waiting"),
                Query("max by (desk) (tillwatch_tickets_dead)", "{{desk}}: refused"),
            ],
            FEW_ARE_FINE,
        ),
        numbers(
            Frame("Messages not accepted", "Within the chosen time.", "short", 5, 6),
            [Query("sum(increase(tillwatch_dead_letters_total[$__range]))", "dead letters")],
            FEW_ARE_FINE,
        ),
        numbers(
            Frame("First certificate to end", "Of those in collector.yaml; empty without any.", "s", 5, 6),
            [
                Query(
                    "min by (certificate) (tillwatch_certificate_expiry_timestamp_seconds) - time()", "{{certificate}}"
                )
            ],
            (Step(None, "red"), Step(2 * DAY, "orange"), Step(14 * DAY, "green")),
        ),
        curves(
            Frame("Taken in", "Measurements that agents sent.", "ops", 8, 7),
            [Query("sum(rate(tillwatch_ingest_results_total[$__rate_interval]))", "results")],
        ),
        curves(
            Frame("Behind", "From a message's arrival to its commit.", "s", 8, 7),
            [Query("max(tillwatch_ingest_lag_seconds)", "ingest")],
        ),
        curves(
            Frame("Undecided", "Journal entries that the engine has not done.", "short", 8, 7),
            [Query("max(tillwatch_engine_lag_entries)", "entries")],
        ),
    ],
)

CHAIN = Page(
    uid="tillwatch-chain",
    title="Tillwatch: chain",
    description="What customers cannot do now, by region; worst stores; deadlines; incidents; and Tillwatch itself.",
    since="now-6h",
    variables=[choices("region", "Region", "tillwatch_stores", "region")],
    sections=[CUSTOMERS, SLA, INCIDENTS, CAUSES, ITSELF],
)
