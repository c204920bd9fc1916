"""Prometheus and Alertmanager take what we ship, every rule has its test, and every name in it exists."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.house.tracked import ROOT
from tests.noc.promql import documented_labels, recorded, rules, selectors

NOC = ROOT / "noc"
RULES = sorted((NOC / "prometheus" / "rules").glob("*.yml"))
TESTS = sorted((NOC / "prometheus" / "tests").glob("*.test.yml"))
ALERTS = [rule for rule in rules() if "alert" in rule]
PAGE = (ROOT / "docs" / "noc.md").read_text()


def checked(*command: str | Path) -> None:
    outcome = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_prometheus_takes_the_configuration_and_finds_both_files_of_rules() -> None:
    checked("promtool", "check", "config", NOC / "prometheus" / "prometheus.yml")
    assert [path.stem for path in RULES] == ["health", "rollups"]


def test_prometheus_lint_finds_nothing_in_the_rules() -> None:
    checked("promtool", "check", "rules", "--lint=all", "--lint-fatal", *RULES)


def test_alertmanager_takes_the_example() -> None:
    checked("amtool", "check-config", NOC / "alertmanager" / "alertmanager.yml")


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_the_rules_do_what_their_tests_say(path: Path) -> None:
    checked("promtool", "test", "rules", path)


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: str(rule["alert"]))
def test_every_rule_is_tested_when_it_fires_and_explained_with_what_to_do(rule: dict[str, Any]) -> None:
    cases = [case for path in TESTS for test in yaml.safe_load(path.read_text())["tests"] for case in _cases(test)]
    mine = [case["exp_alerts"] for case in cases if case["alertname"] == rule["alert"]]
    assert any(mine), "no test in which it fires"
    assert not all(mine), "no test in which it does not fire"
    assert f"\n### {rule['alert']}\n" in PAGE
    assert rule["labels"]["severity"] in ("page", "ticket", "none")
    assert rule["annotations"]["summary"]


def _cases(test: dict[str, Any]) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = test.get("alert_rule_test", [])
    return cases


def test_every_recorded_series_has_its_row_and_its_test() -> None:
    tested = "\n".join(path.read_text() for path in TESTS)
    for name in recorded():
        assert f"\n| `{name}` |" in PAGE
        # The join's own row is what all others are made of.
        assert name in tested or name == "store:tillwatch_store_info:one"


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule.get("alert") or rule["record"]))
def test_a_rule_asks_only_for_series_and_labels_that_there_are(rule: dict[str, Any]) -> None:
    known = documented_labels()
    for name, labels in selectors(rule["expr"]):
        assert name in known, f"{name} is exposed by nobody"
        assert labels <= known[name]


def test_the_dead_mans_switch_leaves_this_place_every_minute_and_is_never_held_back() -> None:
    config = yaml.safe_load((NOC / "alertmanager" / "alertmanager.yml").read_text())
    first = config["route"]["routes"][0]
    assert first["matchers"] == ["alertname = TillwatchDeadMansSwitch"]
    assert first["repeat_interval"] == first["group_interval"] == "1m"
    [outside] = [one for one in config["receivers"] if one["name"] == first["receiver"]]
    assert all(one["send_resolved"] is False for one in outside["webhook_configs"])
    held_back = [matcher for rule in config["inhibit_rules"] for matcher in rule["target_matchers"]]
    everything = [one for one in held_back if "Tillwatch.+" in one]
    spared = [one for one in held_back if re.search(r'!~ ".*TillwatchDeadMansSwitch', one)]
    assert len(everything) == len(spared)


def test_every_page_is_a_target_of_its_own_and_its_series_do_not_say_so() -> None:
    """Otherwise `up` of 64 pages would be one series, and a page more would rename the series of every till."""
    config = yaml.safe_load((NOC / "prometheus" / "prometheus.yml").read_text())
    jobs = {job["job_name"]: job for job in config["scrape_configs"]}
    assert {rule["target_label"] for rule in jobs["tillwatch-checks"]["relabel_configs"]} == {"part", "page"}
    assert jobs["tillwatch-checks"]["metric_relabel_configs"] == [{"action": "labeldrop", "regex": "part|page"}]
    assert all(job.get("sample_limit") for name, job in jobs.items() if name != "prometheus")
