"""What the doctor says of a collector's host."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.collector import chain
from tests.edge_agent.peers import free_port, until
from tests.edge_agent.running import ROOT
from tests.edge_agent.secured import SecuredBroker
from tests.tillwatch.doctor_asked import Ask, agent_yaml, failed
from tillwatch.cmdb.acl import COLLECTOR
from tillwatch.doctor.collector import CHECKS

HEAD = max(path.stem[1:5] for path in (ROOT / "collector/database/migrations/versions").glob("v*.py"))


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredBroker]:
    broker = SecuredBroker(tmp_path_factory.mktemp("broker"))
    broker.start()
    yield broker
    broker.kill()


def collector_yaml(folder: Path, broker: SecuredBroker, **more: Any) -> Path:
    credential = broker.credential(COLLECTOR)
    Path(credential.key).chmod(0o600)
    (folder / "cmdb.yaml").write_text(chain.CMDB)
    document = {
        "deployment": "test",
        "broker": {"url": broker.url, "ca": credential.ca, "cert": credential.cert, "key": credential.key},
        "database": f"sqlite:///{folder}/collector.db",
        "cmdb": [{"kind": "yaml", "path": "cmdb.yaml"}],
        "http": {"listen": f"127.0.0.1:{free_port()}"},
    }
    path = folder / "collector.yaml"
    path.write_text(yaml.safe_dump(document | more))
    return path


def test_before_its_first_start_nothing_is_wrong(tmp_path: Path, secured: SecuredBroker, ask: Ask) -> None:
    code, said = ask("--config", collector_yaml(tmp_path, secured))
    assert (code, failed(said)) == (0, [])
    assert {check for check, _, _ in said} == set(CHECKS) - {"help-desk"}
    assert ("broker", "ok", "the broker lets this credential in") in said
    assert ("broker", "ok", "nobody gets in without a credential") in said
    assert any(check == "database" and "does not exist yet" in text for check, _, text in said)
    assert not (tmp_path / "collector.db").exists()


def test_a_collector_that_runs_is_seen_and_left_alone(tmp_path: Path, secured: SecuredBroker, ask: Ask) -> None:
    path = collector_yaml(tmp_path, secured)
    command = [sys.executable, "-m", "tillwatch", "collector", "run", "--config", str(path)]
    with (tmp_path / "log").open("wb") as log:
        collector = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, stderr=log)
    try:
        until(lambda: any("is ready" in text for _, _, text in ask("--config", path, "--skip", "broker")[1]))
        code, said = ask("--config", path)
        assert (code, failed(said)) == (0, [])
        assert ("broker", "ok", "the collector that runs is subscribed") in said
        assert ("database", "ok", f"the database answers and is at revision {HEAD}") in said
        collector.send_signal(signal.SIGTERM)
        assert collector.wait(20) == 0
    finally:
        collector.kill()
        collector.wait()
    assert "WARNING" not in (tmp_path / "log").read_text()


def test_each_mistake_is_found_beside_the_others(tmp_path: Path, secured: SecuredBroker, ask: Ask) -> None:
    token = tmp_path / "token"
    token.write_text("secret\n")
    token.chmod(0o644)
    desk = {"name": "desk", "kind": "rt", "url": "http://127.0.0.1:1", "token_file": str(token), "mode": "live"}
    shadow = desk | {"name": "later", "mode": "shadow"}
    path = collector_yaml(tmp_path, secured, help_desk=[desk, shadow], http={"listen": "0.0.0.0:1"})
    (tmp_path / "cmdb.yaml").write_text("stores: 7\n")
    (tmp_path / "collector.db").touch(mode=0o600)
    code, said = ask("--config", path)
    assert code == 1
    for expected in (
        f"help_desk desk: token_file {token} is open to others (mode 0644)",
        "stores: found",
        f"the database is at revision none, and this release has {HEAD}",
        "http.listen 0.0.0.0 can be reached from other machines, which needs http.tls and http.users_file",
        "desk at http://127.0.0.1:1: GET failed",
    ):
        assert any(expected in text for text in failed(said)), (expected, said)
    assert ("help-desk", "ok", "later is in shadow mode: nothing is sent, and nothing was asked of it") in said


def test_an_observer_hears_what_a_forger_may_say(tmp_path: Path, secured: SecuredBroker, ask: Ask) -> None:
    """With its own eyes, where the forger itself may not read."""
    watching = collector_yaml(tmp_path, secured)
    agent, right = agent_yaml(tmp_path, secured), secured.acl.read_text()
    secured.acl.write_text(f"{right}\npattern write tillwatch/1/+/+/bye\n")
    secured.reload()
    try:
        _, said = ask("--config", agent, "--observer", watching)
    finally:
        secured.acl.write_text(right)
        secured.reload()
    assert [text.partition(":")[2].split()[:2] for text in failed(said) if "speak" in text] == [["it", "arrived"]] * 2
