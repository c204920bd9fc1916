"""What the doctor says of real brokers, right and wrong ones, and of hosts whose files are not as they should be."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import DEVNULL, PIPE

import pytest

from tests.edge_agent.peers import Broker, free_port, until
from tests.edge_agent.running import ROOT, AgentProcess
from tests.edge_agent.secured import SecuredBroker
from tests.tillwatch.doctor_asked import AGENT, Ask, agent_yaml, failed
from tillwatch.cli import main
from tillwatch.doctor.agent import CHECKS

ALL_BUT_RUNNING = [word for check in CHECKS if check != "running" for word in ("--skip", check)]


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[SecuredBroker]:
    broker = SecuredBroker(tmp_path / "broker")
    yield broker
    broker.kill()


def test_an_installation_as_the_docs_have_it_passes(tmp_path: Path, secured: SecuredBroker, ask: Ask) -> None:
    secured.start()
    code, said = ask("--config", agent_yaml(tmp_path, secured))
    assert (code, failed(said)) == (0, [])
    forging = [(level, text) for check, level, text in said if check == "forging"]
    assert [level for level, _ in forging] == ["ok"] * 8
    assert ("ok", "this agent's credential cannot speak as another agent: the broker says no") in forging
    assert {check for check, _, _ in said} == {
        *("configuration", "running", "certificate"),
        *("broker", "forging", "log", "clock"),
    }


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ("pattern write tillwatch/1/+/+/bye", r"can speak as another agent: the broker took it on tillwatch/1/\d\d/"),
        ("pattern readwrite tillwatch/1/#", "can speak as another agent: it arrived on"),
        ("pattern write tillwatch/1/+/%u/bye", "can speak in a foreign part"),
        ("pattern write tillwatch/1/+/+/ack", "can acknowledge what others sent"),
        (f"user {AGENT}\ntopic write tillwatch/1/31/{AGENT}/#", "can acknowledge its own records"),
        ("pattern write tillwatch/1/+/+/cmd", "can command another agent"),
        ("pattern read #", "can read what others say"),
    ],
)
def test_a_broker_that_lets_a_credential_forge_or_listen_is_found(
    tmp_path: Path, secured: SecuredBroker, ask: Ask, more: str, found: str
) -> None:
    secured.acl.write_text(f"{secured.acl.read_text()}\n{more}\n")
    secured.start()
    code, said = ask("--config", agent_yaml(tmp_path, secured), "--skip", "clock")
    assert code == 1
    assert any(re.search(found, text) for text in failed(said)), said


def test_a_broker_where_ids_are_free_to_choose_is_found(tmp_path: Path, ask: Ask) -> None:
    broker = SecuredBroker(tmp_path / "broker", names_are_ids=False)
    broker.start()
    try:
        code, said = ask("--config", agent_yaml(tmp_path, broker))
    finally:
        broker.kill()
    assert (code, failed(said)) == (
        1,
        ["any credential can take this agent's client id and end its connection"],
    )


def test_a_broker_that_lets_in_strangers_is_found(tmp_path: Path, ask: Ask) -> None:
    broker = Broker(tmp_path)
    broker.start()
    path = tmp_path / "agent.yaml"
    path.write_text(
        f'store: "0042"\nagent: {AGENT}\nbroker: {{url: "{broker.url}"}}\nlog: {{path: {tmp_path}/a.db}}\nchecks: []\n'
    )
    try:
        code, said = ask("--config", path, "--skip", "clock")
    finally:
        broker.kill()
    assert code == 1
    assert {"the broker lets in whoever comes", "this agent's credential can read what others say"} <= {
        text.partition(":")[0] for text in failed(said)
    }


def test_open_keys_foreign_names_and_a_dead_broker_are_told_with_what_to_do(
    tmp_path: Path, secured: SecuredBroker, capsys: pytest.CaptureFixture[str]
) -> None:
    path = agent_yaml(tmp_path, secured, "0043-server")
    key = secured.credential("0043-server").key
    Path(key).chmod(0o644)
    path.chmod(0o646)
    assert main(["doctor", "--config", str(path), "--skip", "forging"]) == 1
    said = capsys.readouterr().out
    assert f"to do: chmod 0640 {key}" in said
    assert f"to do: chmod o-w {path}" in said
    assert f"to do: issue a certificate with the common name {AGENT}" in said
    assert "is not reached: [Errno 111] Connection refused" in " ".join(said.split())


@pytest.mark.parametrize(("days", "level"), [(-2, "failed"), (7, "warning")])
def test_a_certificate_that_ends_is_told_in_time(
    tmp_path: Path, secured: SecuredBroker, ask: Ask, days: int, level: str
) -> None:
    secured.authority.issue(AGENT, days=days)
    _, said = ask("--config", agent_yaml(tmp_path, secured), "--skip", "forging", "--skip", "broker")
    assert [one for check, one, _ in said if check == "certificate"] == [level]


def test_a_file_with_mistakes_is_told_as_its_reader_tells_it(tmp_path: Path, ask: Ask) -> None:
    path = tmp_path / "agent.yaml"
    path.write_text("agent: 0042-server\nstor: '0042'\nbroker: {url: mqtt://h}\nchecks: []\n")
    code, said = ask("--config", path)
    assert code == 1
    assert any("stor" in text and "store" in text for text in failed(said))


def test_a_check_that_is_none_is_a_mistake_in_the_usage(
    tmp_path: Path, secured: SecuredBroker, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--config", str(agent_yaml(tmp_path, secured)), "--skip", "forgery"]) == 2
    assert "there is no check 'forgery'; there are configuration, running, " in capsys.readouterr().err


def test_a_running_agent_is_seen_and_its_line_comes_back_after_the_forging(
    tmp_path: Path, secured: SecuredBroker, ask: Ask
) -> None:
    """Agent and doctor have one credential and so end each other's connections; no finding comes of that."""
    secured.start()
    path = agent_yaml(tmp_path, secured)
    with AgentProcess(path) as agent:
        until(
            lambda: "the agent runs and is connected; 0 records wait" in ask("--config", path, *ALL_BUT_RUNNING)[1][0]
        )
        code, said = ask("--config", path, "--skip", "clock")
        assert (code, failed(said)) == (0, [])
        assert all(level == "ok" for check, level, _ in said if check == "forging")
        until(lambda: ask("--config", path, *ALL_BUT_RUNNING)[1][0][1] == "ok")
        assert agent.stop() == 0


def test_a_broker_of_before_mqtt_5_is_judged_by_what_arrives(tmp_path: Path, ask: Ask) -> None:
    """There a PUBACK says nothing, so what was forged has to be heard."""
    port = free_port()
    path = tmp_path / "agent.yaml"
    path.write_text(
        f'store: "0042"\nagent: {AGENT}\nbroker: {{url: "mqtt://127.0.0.1:{port}"}}\n'
        f"log: {{path: {tmp_path}/agent.db}}\nchecks: []\n"
    )
    # In a process of its own: it leaves sockets open.
    program = f"from tillwatch import embedded_broker as b\nwith b.running({port}): print(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdin=PIPE, stdout=PIPE, stderr=DEVNULL) as broker:
        assert broker.stdout is not None
        broker.stdout.readline()
        code, said = ask("--config", path)
        broker.kill()
    assert code == 1
    assert sum("it arrived on tillwatch/1/" in text for text in failed(said)) == 5


def test_a_host_with_an_agent_only_needs_no_library_of_the_collector() -> None:
    program = (
        "import sys, tillwatch.doctor.agent; print([name for name in sys.modules if name.startswith('collector')])"
    )
    answer = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout == "[]\n"
