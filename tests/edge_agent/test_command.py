"""`tillwatch agent`: what a person on the host sees."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import msgspec
import pytest

from contract import broker
from edge_agent import VERSION
from edge_agent.config import AgentDocument, CheckSettings, Defaults, LogSettings
from tests.edge_agent.collecting import CollectorForTests
from tests.edge_agent.peers import Broker, Device, until
from tests.edge_agent.running import ROOT, AgentProcess, agent_yaml


def tillwatch(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tillwatch", "agent", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_check_runs_every_probe_once_and_leaves_with_1_when_one_is_not_ok(tmp_path: Path, device: Device) -> None:
    target = f'probe: tcp, target: "127.0.0.1:{device.port}"'
    config = str(agent_yaml(tmp_path, "mqtt://127.0.0.1:1", [f"ci: pos-01, {target}", f"ci: pos-02, {target}"]))
    well = tillwatch("check", "--config", config)
    assert (well.returncode, well.stderr) == (0, "")
    assert [line.split()[:4] for line in well.stdout.splitlines()[1:]] == [
        ["pos-01/tcp", "tcp", f"127.0.0.1:{device.port}", "ok"],
        ["pos-02/tcp", "tcp", f"127.0.0.1:{device.port}", "ok"],
    ]
    device.down()
    dead = tillwatch("check", "--json", "--config", config)
    assert dead.returncode == 1
    assert [(row["status"], row["text"]) for row in json.loads(dead.stdout)] == [("critical", "refused")] * 2


@pytest.mark.parametrize("action", ["run", "check", "status", "config"])
def test_mistakes_are_told_and_leave_with_2(tmp_path: Path, action: str) -> None:
    config = agent_yaml(tmp_path, "http://broker", [])
    said = tillwatch(action, "--config", str(config))
    assert said.returncode == 2
    assert said.stderr == (
        f"{config}:3: broker.url: found 'http://broker', expected mqtts://HOST:PORT or mqtt://HOST:PORT\n"
    )


def test_a_password_file_that_cannot_be_read_is_told_before_anything_runs(tmp_path: Path) -> None:
    config = agent_yaml(tmp_path, "mqtt://127.0.0.1:1, username: a, password_file: /none", [])
    said = tillwatch("run", "--config", str(config))
    assert (said.returncode, said.stderr) == (
        2,
        f"{config}: broker.password_file: /none cannot be read: No such file or directory\n",
    )


def test_status_tells_how_the_agent_is_and_a_second_agent_on_its_log_refuses_to_start(
    tmp_path: Path, broker: Broker, device: Device
) -> None:
    config = agent_yaml(tmp_path, broker.url, [f'ci: pos-01, probe: tcp, target: "127.0.0.1:{device.port}"'])
    before = tillwatch("status", "--config", str(config))
    assert before.returncode == 1
    assert "the agent has not run here yet" in before.stderr
    with CollectorForTests(broker.port) as collector, AgentProcess(config) as agent:
        until(lambda: collector.lives and collector.lives[-1].pending == 0 and collector.records)
        until(lambda: tillwatch("status", "--config", str(config)).returncode == 0)
        said = tillwatch("status", "--config", str(config)).stdout
        assert "agent 0042-server of store 0042" in said
        assert "broker: connected" in said
        assert "records: 0 pending, 0 of them sent and not acknowledged, 0 dropped for good" in said
        second = tillwatch("run", "--config", str(config))
        assert second.returncode == 2
        assert "is in use by another process" in second.stderr
        assert agent.stop() == 0
    after = tillwatch("status", "--json", "--config", str(config))
    assert after.returncode == 1
    assert json.loads(after.stdout)["running"] is False


def test_config_prints_what_is_in_force(tmp_path: Path) -> None:
    config = agent_yaml(tmp_path, "mqtt://127.0.0.1", ['ci: pos-01, probe: tcp, target: "10.0.42.11:8443"'])
    said = tillwatch("config", "--config", str(config))
    assert said.returncode == 0
    again = tmp_path / "again.yaml"
    again.write_text(said.stdout)
    assert tillwatch("config", "--config", str(again)).stdout == said.stdout


def test_an_agent_with_light_checks_loads_no_heavy_library(tmp_path: Path) -> None:
    checks = ['ci: a, probe: tcp, target: "127.0.0.1:1"', "ci: b, probe: icmp, target: 127.0.0.1", "ci: c, probe: host"]
    config = agent_yaml(tmp_path, "mqtt://127.0.0.1:1", checks)
    program = (
        "import sys; from pathlib import Path; import tillwatch.commands.agent as a;"
        f"a.agent_config.read(Path({str(config)!r}));"
        "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    loaded = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    heavy = {"aiohttp", "pysnmp", "prometheus_client", "sqlalchemy", "tenacity", "collector", "rules"}
    assert heavy.isdisjoint(loaded.stdout.split())
    assert "paho" in loaded.stdout.split()


def test_every_setting_is_in_the_docs() -> None:
    docs = (ROOT / "docs" / "agent.md").read_text(encoding="utf-8")
    wanted = {"": AgentDocument, "broker.": broker.Broker, "log.": LogSettings, "defaults.": Defaults}
    for prefix, kind in wanted.items():
        for field in msgspec.structs.fields(kind):
            nested = f"{field.name}." in wanted or field.name == "checks"
            assert nested or f"`{prefix}{field.name}`" in docs, f"{prefix}{field.name}"
    for field in msgspec.structs.fields(CheckSettings):
        assert f"`checks[].{field.name}`" in docs or f"`{field.name}`" in docs, field.name


def test_the_agent_says_the_version_of_the_product() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == VERSION
