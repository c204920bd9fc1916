"""The dashboard *Store*: what its customers cannot do, its lanes and devices, and how that came to be."""

from noc.dashboards.page import Page, Section, choice, choices
from noc.dashboards.panels import (
    FEW_ARE_FINE,
    SHARE_IS_GOOD,
    Frame,
    Query,
    Step,
    bands,
    curves,
    numbers,
    rows,
    statuses,
)

UID = "tillwatch-store"
ADDRESS = f"/d/{UID}?var-store=${{__value.raw}}&${{datasource:queryparam}}&${{__url_time_range}}"
HERE = '{store="$store"}'

STATUS = f"max by (ci) (tillwatch_check_status{HERE})"
# One row a CI, however often the CMDB's facts of it came; a CI without any is shown without a name.
INFO = f"topk by (ci) (1, max by (ci, name, class, group) (tillwatch_ci_info{HERE}))"
DEVICES = f"({STATUS} * on (ci) group_left (name, class, group) {INFO}) or ({STATUS} unless on (ci) {INFO})"
GROUPED = 'topk by (ci) (1, max by (ci, name, class, group) (tillwatch_ci_info{store="$store", group!=""}))'
LANES = f"{STATUS} * on (ci) group_left (name, class, group) {GROUPED}"

CUSTOMERS = Section(
    "What customers cannot do here",
    [
        numbers(
            Frame("Services", "What of each service can be given now.", "percentunit", 12, 6),
            [Query(f"min by (service) (tillwatch_service_capacity_ratio{HERE})", "{{service}}")],
            SHARE_IS_GOOD,
        ),
        numbers(
            Frame("Reachable", "Whether anything is heard of the store.", "bool_yes_no", 4, 6),
            [Query(f"min(tillwatch_store_up{HERE})", "store")],
            (Step(None, "red"), Step(1, "green")),
        ),
        numbers(
            Frame("Last heard", "Since when nothing was heard of any of its agents.", "s", 4, 6),
            [Query(f"time() - max(tillwatch_store_last_seen_timestamp_seconds{HERE})", "ago")],
            (Step(None, "green"), Step(150, "orange"), Step(300, "red")),
        ),
        numbers(
            Frame("Devices not well", "Devices with a check that is critical or unknown.", "short", 4, 6),
            [Query(f"count({STATUS} >= 2) or vector(0)", "devices")],
            FEW_ARE_FINE,
        ),
    ],
)

NOW = Section(
    "Lanes and devices now",
    [
        statuses(
            Frame("Lanes", "Whatever stands in a group, such as lanes: the worst of each one's checks.", "short"),
            Query(f"sort_desc({LANES})", "Status"),
            {"group": "Group", "ci": "Device", "name": "Name", "class": "Class"},
        ),
        statuses(
            Frame("Devices", "All that is checked in this store, the worst first.", "short"),
            Query(f"sort_desc({DEVICES})", "Status"),
            {"ci": "Device", "name": "Name", "class": "Class", "group": "Group"},
        ),
        statuses(
            Frame("Checks not well", "Single checks behind it, by the agent that made them.", "short"),
            Query(f"topk(20, max by (ci, check, agent) (tillwatch_check_status{HERE}) > 0)", "Status"),
            {"ci": "Device", "check": "Check", "agent": "Agent"},
        ),
        rows(
            Frame("Slowest checks", "How long the latest probe took; the 20 slowest.", "s"),
            [Query(f"topk(20, max by (ci, check) (tillwatch_check_duration_seconds{HERE}))", "Took")],
            {"ci": "Device", "check": "Check"},
        ),
    ],
)

HISTORY = Section(
    "History",
    [
        bands(
            Frame("Devices that were not well", "Those with anything but ok within the chosen time.", "short", 24, 9),
            [
                Query(
                    f"{STATUS} and on (ci) (max by (ci) (max_over_time(tillwatch_check_status{HERE}[$__range])) > 0)",
                    "{{ci}}",
                )
            ],
        ),
        curves(
            Frame("Services over time", "What of each service could be given.", "percentunit"),
            [Query(f"min by (service) (tillwatch_service_capacity_ratio{HERE})", "{{service}}")],
        ),
        curves(
            Frame("Checks by how long they take", "The 20 slowest at each moment.", "s"),
            [Query(f"topk(20, max by (ci, check) (tillwatch_check_duration_seconds{HERE}))", "{{ci}}/{{check}}")],
        ),
        curves(
            Frame("Records waiting in the store", "Not yet acknowledged by the collector.", "short"),
            [Query(f"max by (agent) (tillwatch_agent_log_pending_records{HERE})", "{{agent}}")],
        ),
        curves(
            Frame("Silence", "Seconds since each agent's last pulse.", "s"),
            [
                Query(
                    f"time() - max by (agent) (tillwatch_agent_last_pulse_timestamp_seconds{HERE})",
                    "{{agent}}",
                )
            ],
        ),
    ],
)

STORE = Page(
    uid=UID,
    title="Tillwatch: store",
    description="One store: what its customers cannot do, its lanes and devices, and how that came to be.",
    since="now-6h",
    variables=[
        choices("region", "Region", "tillwatch_store_info", "region"),
        choice("store", "Store", 'tillwatch_store_info{region=~"$region"}', "store"),
    ],
    sections=[CUSTOMERS, NOW, HISTORY],
)
