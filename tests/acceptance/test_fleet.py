"""Booted hosts, deployed over SSH by the playbooks: a second run changes nothing, what is broken goes no further.

The tests are one story and run in this order. Needs root: network namespaces, systemd-nspawn and nftables.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.acceptance.fleet_site import (
    CENTRE,
    FLEET,
    ROOT,
    STORES,
    Site,
    broken,
    fleet,
    release,
    secrets_of,
    ssh,
    until,
)
from tests.acceptance.host_listing import listing

pytestmark = [pytest.mark.timeout(3600)]
NEEDED = ("systemd-nspawn", "mmdebstrap", "nft", "nc", "ip", "ssh", "dpkg-scanpackages")
HOSTS = (CENTRE, *STORES)
PACE = 20.0  # the policy's minutes are three seconds each
LEASE = 6.0  # seconds: three pulses of inventories/ci/base.yaml


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    if os.geteuid() != 0:
        pytest.skip("booting hosts needs root")
    if missing := [program for program in NEEDED if shutil.which(program) is None]:
        pytest.skip(f"not installed: {', '.join(missing)}")
    folder = tmp_path_factory.mktemp("fleet")
    subprocess.run([sys.executable, "-m", "tools.wheelhouse", str(folder / "wheelhouse")], cwd=ROOT, check=True)
    try:
        print(fleet("up", *HOSTS, timeout=900))
        site = Site(folder, folder / "wheelhouse", PACE)
        site.before = {host: listing(host) for host in HOSTS}
        yield site
    finally:
        fleet("down")


def reporting(site: Site, store: str) -> bool:
    """The collector hears the store's agent."""
    return bool(site.get(f"/api/v1/stores/{store[:4]}")["status"] == "ok")


def all_report(site: Site) -> bool:
    return all(reporting(site, store) for store in STORES)


@pytest.mark.shows("2.2", "Check mode works on empty hosts and changes nothing")
def test_check_mode_works_on_empty_hosts_and_changes_nothing(site: Site) -> None:
    assert site.play("site", "--check").code == 0
    assert {host: listing(host) for host in HOSTS} == site.before


@pytest.mark.shows("2.1", "One run brings agents that report over mutual tls")
def test_one_run_brings_agents_that_report_over_mutual_tls(site: Site) -> None:
    outcome = site.play("site")
    assert outcome.code == 0, outcome.text[-3000:]
    assert ssh(CENTRE, "systemctl is-active mosquitto tillwatch-collector").split() == ["active", "active"]
    assert [ssh(store, "systemctl is-active tillwatch-agent") for store in STORES] == ["active"] * 3
    until(lambda: all_report(site), 60, "all stores report")
    listening = ssh(CENTRE, "ss --listening --tcp --numeric --no-header")
    assert "0.0.0.0:8883" in listening
    assert ":1883" not in listening


@pytest.mark.shows("2.1", "A deployment registers a window for the stores that it touches")
def test_a_deployment_registers_a_window_for_the_stores_that_it_touches(site: Site) -> None:
    [window] = site.get("/api/v1/maintenance")["items"]
    assert window["stores"] == ["0042", "0043", "0044"]
    assert window["reason"] == "deployment of the agent"


@pytest.mark.parametrize(("host", "unit"), [(STORES[0], "tillwatch-agent"), (CENTRE, "tillwatch-collector")])
@pytest.mark.shows("2.1", "Units are hardened")
def test_units_are_hardened(site: Site, host: str, unit: str) -> None:
    """systemd's own score: 0 is shut, 10 is open."""
    assert float(ssh(host, f"systemd-analyze security --no-pager {unit} | tail -1 | grep -oE '[0-9]+[.][0-9]'")) <= 2.0


@pytest.mark.shows("2.1", "A second run changes nothing")
def test_a_second_run_changes_nothing(site: Site) -> None:
    outcome = site.play("site")
    assert outcome.code == 0
    assert outcome.changed == dict.fromkeys([*HOSTS, "localhost"], 0)


@pytest.mark.shows("2.1", "A broken release stops at the canary and is rolled back")
def test_a_broken_release_stops_at_the_canary_and_is_rolled_back(site: Site) -> None:
    good = release(STORES[0])
    outcome = site.play("deploy", wheelhouse=broken(site.wheelhouse, site.folder / "broken"))
    assert outcome.code != 0
    assert {host for host, failed in outcome.failed.items() if failed} == {STORES[0]}
    assert [release(store) for store in STORES] == [good] * 3
    releases = {store: ssh(store, "ls /opt/tillwatch/store/releases").split() for store in STORES}
    assert [any(name.startswith("broken-") for name in releases[store]) for store in STORES] == [True, False, False]
    until(lambda: all_report(site), 60, "all stores report, the canary too")
    assert site.play("deploy").changed == dict.fromkeys(STORES, 0) | {CENTRE: 0}


@pytest.mark.shows("2.1", "A store that does not answer stops nobody and is named")
def test_a_store_that_does_not_answer_stops_nobody_and_is_named(site: Site) -> None:
    fleet("unplug", STORES[2])
    try:
        outcome = site.play("deploy")
    finally:
        fleet("plug", STORES[2])
    assert outcome.code == 0, outcome.text[-3000:]
    assert f"Not reached, not deployed: {STORES[2]}." in outcome.text
    assert "PLAY [Deploy]" in outcome.text
    until(lambda: all_report(site), 60, "all stores report")


@pytest.mark.shows("2.1", "A certificate with too few days left is renewed and used")
def test_a_certificate_with_too_few_days_left_is_renewed_and_used(site: Site) -> None:
    issued = site.folder / "site" / "authority" / "issued"
    before = {store: (issued / f"{store}.pem").read_text() for store in STORES}
    assert site.play("deploy", "-e", "authority_renew_days=120").code == 0
    after = {store: ssh(store, "cat /etc/tillwatch/agent/agent.pem") for store in STORES}
    assert all(after[store].strip() != before[store].strip() for store in STORES)
    assert all(after[store].strip() == (issued / f"{store}.pem").read_text().strip() for store in STORES)
    until(lambda: all_report(site), 60, "all stores report")


@pytest.mark.shows("2.1", "Hosts come back from a reboot by themselves")
def test_hosts_come_back_from_a_reboot_by_themselves(site: Site) -> None:
    rebooted = {STORES[1]: "tillwatch-agent", CENTRE: "tillwatch-collector"}
    before = {host: life(host, unit) for host, unit in rebooted.items()}
    for host in rebooted:
        subprocess.run([FLEET, "ssh", host, "systemctl reboot"], check=False, timeout=30, stdin=subprocess.DEVNULL)
    for host, unit in rebooted.items():
        until(lambda host=host, unit=unit: life(host, unit) not in ("", before[host]), 300, f"{host} is back")
    until(lambda: all_report(site), 120, "all stores report")


def life(host: str, unit: str) -> str:
    """Names one run of a unit; empty when it does not run."""
    is_active = ssh(host, f"systemctl is-active {unit} || true") == "active"
    return ssh(host, f"systemctl show -p MainPID,ActiveEnterTimestamp {unit}") if is_active else ""


@pytest.mark.shows("2.1", "A store that is cut off is one incident and heals")
def test_a_store_that_is_cut_off_is_one_incident_and_heals(site: Site) -> None:
    until(lambda: unresolved(site) == [], 180, "whatever the tests before have caused is over")
    for window in site.get("/api/v1/maintenance")["items"]:
        end = f"/opt/tillwatch/collector/current/bin/tillwatch maintenance end {window['id']}"
        ssh(CENTRE, f"{end} --url http://127.0.0.1:8420")
    fleet("cut", STORES[2])
    try:
        [incident] = until(lambda: unresolved(site), 90, "the store is unreachable")
        assert (incident["category"], incident["stores"]) == ("store_unreachable", ["0044"])
        time.sleep(LEASE * 2)
        assert [one["id"] for one in unresolved(site)] == [incident["id"]]
    finally:
        fleet("heal", STORES[2])
    until(lambda: site.get(f"/api/v1/incidents/{incident['id']}")["state"] == "resolved", 180, "it is resolved")
    assert unresolved(site) == []
    assert reporting(site, STORES[2])


def unresolved(site: Site) -> list[dict[str, Any]]:
    """Of all stores: nobody else's line was cut. A cause that comes back within a day opens its old incident again."""
    return [one for one in site.incidents() if one["state"] in ("open", "acknowledged")]


@pytest.mark.shows("2.3", "A revoked agent is out at once and others are not")
def test_a_revoked_agent_is_out_at_once_and_others_are_not(site: Site) -> None:
    assert site.play("revoke", "-e", "tillwatch_revoked=0044-server").code == 0
    status = "/opt/tillwatch/store/current/bin/tillwatch agent status --config /etc/tillwatch/agent.yaml --json || true"
    said = until(lambda: _refused(json.loads(ssh(STORES[2], status))), 60, "the revoked agent is refused")
    assert "certificate is revoked" in said
    until(lambda: reporting(site, STORES[0]) and reporting(site, STORES[1]), 60, "the others report")


def _refused(said: dict[str, object]) -> str:
    troubles = said["troubles"]
    assert isinstance(troubles, list)
    return "" if said["connected"] or not troubles else str(troubles[-1]["text"])


@pytest.mark.shows("2.2", "No secret is in any log or diff")
def test_no_secret_is_in_any_log_or_diff(site: Site) -> None:
    secrets = secrets_of(HOSTS) | {
        line
        for line in (site.folder / "site" / "authority" / "ca.key").read_text().splitlines()
        if len(line) > 40 and " " not in line
    }
    assert len(secrets) >= 5
    for store in STORES:
        assert ssh(store, "stat --format '%a %U:%G' /etc/tillwatch/secrets/example.token") == "640 root:tillwatch-agent"
        assert ssh(store, "cat /etc/tillwatch/secrets/example.token") == site.token
    secrets |= {site.token, site.passphrase}
    told = "".join(path.read_text() for path in sorted(site.logs.iterdir()))
    told += "".join(ssh(host, "journalctl --no-pager --output cat") for host in HOSTS)
    assert [secret[:6] + "…" for secret in secrets if secret in told] == []


@pytest.mark.shows("2.8", "Removing leaves hosts as they were")
def test_removing_leaves_hosts_as_they_were(site: Site) -> None:
    assert site.play("remove").code != 0, "removes without being told that it is meant"
    assert site.play("remove", "-e", "tillwatch_remove=yes").code == 0
    for host in HOSTS:
        after = listing(host)
        assert sorted(after - site.before[host]) == []
        assert sorted(site.before[host] - after) == []
