"""A real Prometheus and a real Alertmanager watch a real collector that a thousand stores talk to, and see it die."""

import json
import math
import re
import subprocess
import time
import urllib.error
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest

from bench import synthetic
from contract.status import Status
from noc.dashboards.__main__ import FOLDER
from tests.acceptance.noc_centre import Centre
from tests.acceptance.noc_chain import Chain, talking
from tests.acceptance.noc_outside import Heard, Outside, listening
from tests.acceptance.stack import running, until

STORES, CHECKS = 1_000, 30
TILLS = CHECKS // synthetic.CHECKS_A_CI
PACE = 60.0  # the policy's five minutes of stable health are five seconds
CLOSED, IMPAIRED, LATER, SILENT = 3, range(10, 30), range(30, 40), 7


class Noc(NamedTuple):
    centre: Centre
    chain: Chain
    outside: Outside


@pytest.fixture(scope="module")
def noc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Noc]:
    """A chain of which one store cannot sell, twenty are impaired, five are well again, and one is cut off."""
    folder = tmp_path_factory.mktemp("noc")
    with (
        listening() as outside,
        running(Centre(folder, synthetic.cmdb(STORES, CHECKS), outside.url, PACE)) as centre,
        talking(centre.broker_port, STORES, CHECKS) as chain,
    ):
        made = Noc(centre, chain, outside)
        assert chain.greeted.wait(120)
        eventually(made, lambda: centre.value("sum(tillwatch_agents)") == STORES)
        eventually(made, lambda: centre.value("count(tillwatch_check_status)") == STORES * CHECKS)
        chain.turn(CLOSED, TILLS, Status.CRITICAL)
        for number in IMPAIRED:
            chain.turn(number, 1, Status.CRITICAL)
        chain.silent.add(SILENT)
        chain.babble(CLOSED)
        eventually(made, lambda: centre.value("sum(increase(tillwatch_incidents_opened_total[10m]))") > 15)
        for number in IMPAIRED[:5]:
            chain.turn(number, 1, Status.OK)
        for number in LATER:
            chain.turn(number, 1, Status.CRITICAL)
        eventually(made, lambda: centre.value("sum(increase(tillwatch_incident_restore_seconds_count[10m]))") >= 4)
        eventually(made, lambda: centre.value("sum(increase(tillwatch_sla_breached_total[10m]))") > 0)
        eventually(made, lambda: centre.value('tillwatch_stores{status="unreachable"}') == 1)
        eventually(made, lambda: centre.value("count(agent:tillwatch_silence:seconds)") == 1)
        print(
            f"\nset up: {STORES:,} stores of {CHECKS} checks, {centre.value('tillwatch_journal_position'):,.0f} entries"
        )
        yield made


def eventually(noc: Noc, condition: Callable[[], Any]) -> None:
    """`until` with a query's patience; a query without a sample is a condition that is not so yet."""

    def asked() -> Any:
        try:
            return condition()
        except (LookupError, ValueError):
            return False

    until(asked, 240, noc.centre)


@pytest.mark.timeout(1200)
@pytest.mark.shows("2.4", "Every answer passes prometheus own lint")
def test_every_answer_passes_prometheus_own_lint(noc: Noc) -> None:
    pages = [target["labels"] for target in noc.centre.get("/sd")]
    assert len(pages) == 64
    paths = [f"/metrics/checks?part={page['__param_part']}" for page in pages]
    for path in ["/metrics", *paths]:
        lint = ["promtool", "check", "metrics"]
        outcome = subprocess.run(lint, input=noc.centre.text(path), capture_output=True, check=False)
        assert (outcome.returncode, outcome.stdout + outcome.stderr) == (0, b""), path


@pytest.mark.timeout(1200)
@pytest.mark.shows("2.4", "Every target is scraped and every rule evaluated")
def test_every_target_is_scraped_and_every_rule_evaluated(noc: Noc, figure: Callable[[str], None]) -> None:
    eventually(noc, lambda: noc.centre.value("count(up == 1)") == 1 + 64 + 1)
    assert noc.centre.value("count(count by (part) (up{job='tillwatch-checks'}))") == 64
    groups = noc.centre.prometheus("/api/v1/rules")["groups"]
    unwell = [
        (rule["name"], rule["lastError"]) for group in groups for rule in group["rules"] if rule["health"] != "ok"
    ]
    assert unwell == []
    assert noc.centre.value("count by (__name__) (tillwatch_check_status)") == STORES * CHECKS
    memory = psutil.Process(noc.centre.processes["prometheus"].pid).memory_info().rss
    figures = {
        "series of ours": "count({__name__=~'.*tillwatch.*'})",
        "samples of /metrics": "scrape_samples_scraped{job='tillwatch'}",
        "samples of all parts": "sum(scrape_samples_scraped{job='tillwatch-checks'})",
        "largest part, samples": "max(scrape_samples_scraped{job='tillwatch-checks'})",
        "scrape of /metrics, s": "max_over_time(scrape_duration_seconds{job='tillwatch'}[5m])",
        "slowest part, s": "max(max_over_time(scrape_duration_seconds{job='tillwatch-checks'}[5m]))",
        "all parts together, s": "sum(avg_over_time(scrape_duration_seconds{job='tillwatch-checks'}[5m]))",
        "slowest group of rules, s": "max(prometheus_rule_group_last_duration_seconds)",
    }
    for name, expression in figures.items():
        figure(f"{name}: {noc.centre.value(expression):,.2f}")
    figure(f"Prometheus's memory, MB: {memory / 1e6:,.0f}")


@pytest.mark.timeout(1200)
@pytest.mark.shows("2.4", "What the chain is like is what prometheus says")
def test_what_the_chain_is_like_is_what_prometheus_says(noc: Noc) -> None:
    centre, closed = noc.centre, noc.chain.stores[CLOSED].store
    assert centre.value("sum(region_service:tillwatch_stores_without:count)") == 1
    assert centre.value("sum(region_service:tillwatch_stores_giving:count)") == STORES
    eventually(noc, lambda: centre.value("sum(region_service:tillwatch_stores_impaired:count)") == 26)
    [worst] = centre.prometheus("/api/v1/query", query="topk(1, store:tillwatch_service_loss:worst20)")["result"]
    row = {"store": closed, "name": f"Store {CLOSED}", "region": f"region-{CLOSED % 8}"}
    assert row.items() <= worst["metric"].items()
    assert centre.value("count(store:tillwatch_service_loss:worst20)") == 20
    [silent] = centre.prometheus("/api/v1/query", query="agent:tillwatch_silence:seconds")["result"]
    assert silent["metric"]["agent"] == noc.chain.stores[SILENT].agent


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("region", [".*", f"region-{CLOSED % 8}"], ids=["all regions", "one region"])
@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
@pytest.mark.shows("2.4", "Every panel and every variable gets data")
def test_every_panel_and_every_variable_gets_data(
    noc: Noc, path: Path, region: str, figure: Callable[[str], None]
) -> None:
    """An error fails, and so does a panel that shows nothing: with these faults all of them have something to show."""
    document = json.loads(path.read_text())
    empty = [
        f"{panel['title']}: {target['expr']}"
        for panel in document["panels"]
        for target in panel.get("targets", [])
        if not values(noc, filled(noc, target["expr"], region), bool(target.get("range")))
    ]
    for variable in document["templating"]["list"]:
        if variable["type"] == "query":
            asked = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["definition"])
            assert asked
            label = f"/api/v1/label/{asked[2]}/values"
            if not noc.centre.prometheus(label, **{"match[]": filled(noc, asked[1], region)}):
                empty.append(f"${variable['name']}")
    assert empty == []
    figure(f"{sum(len(one.get('targets', [])) for one in document['panels'])} queries with data")


def filled(noc: Noc, expression: str, region: str) -> str:
    """As Grafana would ask it."""
    for name, value in {
        "$__rate_interval": "1m",
        "$__range": "10m",
        "$region": region,
        "$store": noc.chain.stores[CLOSED].store,
    }.items():
        expression = expression.replace(name, value)
    return expression


def values(noc: Noc, expression: str, over_time: bool) -> list[float]:
    """All that are numbers. AssertionError with Prometheus's words for a query that it refuses."""
    now = time.time()
    try:
        if over_time:
            window = {"start": str(now - 120), "end": str(now), "step": "15"}
            rows = noc.centre.prometheus("/api/v1/query_range", query=expression, **window)["result"]
            found = [float(value) for row in rows for _, value in row["values"]]
        else:
            rows = noc.centre.prometheus("/api/v1/query", query=expression)["result"]
            found = [float(row["value"][1]) for row in rows]
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{expression}\n{error.read().decode()}") from error
    return [value for value in found if not math.isnan(value)]


@pytest.mark.timeout(1200)
@pytest.mark.shows("2.4", "The collectors death is heard outside")
def test_the_collectors_death_is_heard_outside(noc: Noc, figure: Callable[[str], None]) -> None:
    """Last of all: the switch is heard again and again, until the collector is killed; then on call is told instead."""
    centre, outside = noc.centre, noc.outside
    # Prometheus was there before the collector, and said so.
    eventually(noc, lambda: centre.value('count(ALERTS{alertname="TillwatchCollectorDown"}) or vector(0)') == 0)
    beats = len(outside.told("outside", "TillwatchDeadMansSwitch"))
    until(lambda: len(outside.told("outside", "TillwatchDeadMansSwitch")) >= beats + 3, 60, centre)
    killed = time.monotonic()
    centre.kill("collector")
    [told, *_] = until(lambda: since(killed, outside.told("on-call", "TillwatchCollectorDown")), 120, centre)
    until(lambda: outside.silence("outside") > 20, 120, centre)
    last = max(one.at for one in outside.heard if one.receiver == "outside") - killed
    figure(f"last beat after {last:.1f} s, on call told after {told.at - killed:.1f} s (scraped every 5 s)")
    assert {one.name for one in outside.heard if one.receiver == "outside"} == {"TillwatchDeadMansSwitch"}
    back = time.monotonic()
    centre.start("collector")
    until(lambda: since(back, outside.told("outside", "TillwatchDeadMansSwitch")), 120, centre)
    until(lambda: since(back, outside.told("on-call", "TillwatchCollectorDown", "resolved")), 120, centre)


def since(instant: float, heard: list[Heard]) -> list[Heard]:
    return [one for one in heard if one.at > instant]
