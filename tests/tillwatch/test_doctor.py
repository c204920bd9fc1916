"""What the doctor says of real brokers, right and wrong ones, and of hosts whose files are not as they should be."""

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.collector import chain
from tests.edge_agent.peers import Broker, free_port
from tests.edge_agent.secured import COLLECTOR, SecuredBroker
from tillwatch.cli import main

AGENT = "0042-server"
Said = list[tuple[str, str, str]]


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[SecuredBroker]:
    broker = SecuredBroker(tmp_path / "broker")
    yield broker
    broker.kill()


def agent_yaml(folder: Path, broker: SecuredBroker, name: str = AGENT) -> Path:
    credential = broker.credential(name)
    os.chmod(credential.key, 0o640)
    path = folder / "agent.yaml"
    files = f"ca: {credential.ca}, cert: {credential.cert}, key: {credential.key}"
    path.write_text(
        f'store: "0042"\nagent: {AGENT}\nbroker: {{url: "{broker.url}", {files}}}\nlog: {{path: {folder}/agent.db}}\n'
        "checks: []\n"
    )
    return path


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, Said]]:
    """`tillwatch doctor …`: its code and (check, level, text) of each finding."""

    def asked(*arguments: object) -> tuple[int, Said]:
        code = main(["doctor", *map(str, arguments), "--json"])
        found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
        assert all(bool(one["advice"]) == (one["level"] != "ok") for one in found)
        return code, [(one["check"], one["level"], one["text"]) for one in found]

    return asked


def failed(said: Said) -> list[str]:
    return [text for _, level, text in said if level == "failed"]


def test_an_installation_as_the_docs_have_it_passes(
    tmp_path: Path, secured: SecuredBroker, ask: Callable[..., tuple[int, Said]]
) -> None:
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
    tmp_path: Path, secured: SecuredBroker, ask: Callable[..., tuple[int, Said]], more: str, found: str
) -> None:
    secured.acl.write_text(f"{secured.acl.read_text()}\n{more}\n")
    secured.start()
    code, said = ask("--config", agent_yaml(tmp_path, secured), "--skip", "clock")
    assert code == 1
    assert any(re.search(found, text) for text in failed(said)), said


def test_a_broker_where_ids_are_free_to_choose_is_found(tmp_path: Path, ask: Callable[..., tuple[int, Said]]) -> None:
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


def test_a_broker_that_lets_in_strangers_is_found(tmp_path: Path, ask: Callable[..., tuple[int, Said]]) -> None:
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
    os.chmod(key, 0o644)
    os.chmod(path, 0o666)
    assert main(["doctor", "--config", str(path), "--skip", "forging"]) == 1
    said = capsys.readouterr().out
    assert f"to do: chmod 0640 {key}" in said
    assert f"to do: chmod o-w {path}" in said
    assert f"to do: issue a certificate with the common name {AGENT}" in said
    assert "is not reached: [Errno 111] Connection refused" in " ".join(said.split())


@pytest.mark.parametrize(("days", "level"), [(-2, "failed"), (7, "warning")])
def test_a_certificate_that_ends_is_told_in_time(
    tmp_path: Path, secured: SecuredBroker, ask: Callable[..., tuple[int, Said]], days: int, level: str
) -> None:
    secured.authority.issue(AGENT, days=days)
    _, said = ask("--config", agent_yaml(tmp_path, secured), "--skip", "forging", "--skip", "broker")
    assert [one for check, one, _ in said if check == "certificate"] == [level]


def test_a_collector_is_examined_whole_before_its_first_start(
    tmp_path: Path, secured: SecuredBroker, ask: Callable[..., tuple[int, Said]]
) -> None:
    secured.start()
    credential = secured.credential(COLLECTOR)
    os.chmod(credential.key, 0o600)
    (tmp_path / "cmdb.yaml").write_text(chain.CMDB)
    path = tmp_path / "collector.yaml"
    files = f"ca: {credential.ca}, cert: {credential.cert}, key: {credential.key}"
    path.write_text(
        f'deployment: test\nbroker: {{url: "{secured.url}", {files}}}\n'
        f"database: sqlite:///{tmp_path}/collector.db\ncmdb: [{{kind: yaml, path: cmdb.yaml}}]\n"
        f"http: {{listen: 127.0.0.1:{free_port()}}}\n"
    )
    code, said = ask("--config", path, "--skip", "clock")
    assert (code, failed(said)) == (0, [])
    assert ("broker", "ok", "the broker lets this credential in") in said
    assert ("broker", "ok", "nobody gets in without a credential") in said
    assert any(check == "database" and "does not exist yet" in text for check, _, text in said)
    assert main(["collector", "migrate", "--config", str(path)]) == 0
    path.write_text(
        path.read_text().replace(f"127.0.0.1:{path.read_text().rsplit(':', 1)[1].strip(' }')}", "0.0.0.0:1")
    )
    (tmp_path / "cmdb.yaml").write_text("stores: 7\n")
    ask_again = ask("--config", path, "--skip", "clock")
    assert ask_again[0] == 1


def test_a_file_with_mistakes_is_told_as_its_reader_tells_it(
    tmp_path: Path, ask: Callable[..., tuple[int, Said]]
) -> None:
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
