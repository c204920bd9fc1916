"""The files of agents: each is one that its agent takes, and every mistake is told of the line that a person wrote."""

from pathlib import Path

import pytest

from contract.documents import DocumentError
from edge_agent import config
from tests.tillwatch.cmdb.estates import CHAIN, chain
from tillwatch.cmdb import agents, expected
from tillwatch.cmdb.agents import AgentFile, Base

BASE = """\
broker: {url: "mqtts://broker.example:8883", username: "{agent}", password_file: "/etc/tillwatch/{store}/password"}
log: {keep: 48h}
defaults: {interval: 30s, timeout: 3s}
"""
CHECKS = """\
  pos_terminal:
    - {probe: icmp}
    - {name: pos, probe: tcp, port: 8443, interval: 1m, confirm: 3}
  payment_gateway:
    - {name: echo, probe: http, target: "https://pay.example/{store}/echo", settings: {expect_status: 200}}
  store_server:
    - {probe: host, from: host, settings: {disks: [/]}}
"""


def base(tmp_path: Path, text: str = BASE) -> Base:
    path = tmp_path / "base.yaml"
    path.write_text(text)
    return agents.read_base(path)


def made(tmp_path: Path, checks: str = CHECKS, text: str = BASE, estate: str = CHAIN) -> list[AgentFile]:
    return agents.files(chain(checks, estate), base(tmp_path, text))


def told(tmp_path: Path, checks: str, text: str = BASE, estate: str = CHAIN) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        made(tmp_path, checks, text, estate)
    return str(caught.value).replace(f"{tmp_path}/", "").splitlines()


def test_every_agent_has_a_file_that_it_takes_and_whose_hash_it_will_report(tmp_path: Path) -> None:
    files = made(tmp_path)
    assert [file.agent for file in files] == ["0001-server", "0001-spare", "0002-server", "0003-server"]
    for file in files:
        read = config.parse(file.text, file.agent)
        assert (read.document.agent, read.document.store) == (file.agent, file.store.id)
        assert read.fingerprint == file.fingerprint


def test_places_ports_and_settings_reach_the_agent(tmp_path: Path) -> None:
    files = {file.agent: config.parse(file.text, file.agent).document for file in made(tmp_path)}
    first = {f"{check.ci}/{check.name}": check for check in files["0001-server"].checks}
    assert first["pos-01/icmp"].target == "10.0.1.11"
    assert (first["pos-01/pos"].target, first["pos-01/pos"].interval, first["pos-01/pos"].confirm) == (
        "10.0.1.11:8443",
        60.0,
        3,
    )
    assert first["acquirer-a/echo"].target == "https://pay.example/0001/echo"
    assert first["acquirer-a/echo"].settings == {"expect_status": 200}
    assert (first["server-01/host"].target, first["server-01/host"].settings) == ("", {"disks": ["/"]})
    assert files["0001-server"].broker.username == "0001-server"
    assert files["0001-server"].broker.password_file == "/etc/tillwatch/0001/password"
    assert files["0001-server"].log.keep == 48 * 3600
    assert files["0001-spare"].checks == []


def test_an_ipv6_address_stands_in_brackets_only_beside_a_port(tmp_path: Path) -> None:
    second = next(file for file in made(tmp_path) if file.agent == "0002-server")
    targets = [check.target for check in config.parse(second.text, "agent.yaml").document.checks]
    assert targets == ["2001:db8::11", "[2001:db8::11]:8443"]


def test_the_files_are_the_same_every_time_and_a_store_more_changes_no_other(tmp_path: Path) -> None:
    more = CHAIN.replace("items:", '  - {id: "0005", agents: [0005-server]}\nitems:')
    assert made(tmp_path) == made(tmp_path)
    texts = {file.text for file in made(tmp_path)}
    assert texts < {file.text for file in made(tmp_path, estate=more)}


def test_expected_hashes_name_every_agent(tmp_path: Path) -> None:
    text = expected.text(made(tmp_path))
    assert all(f"{file.agent}: " in text for file in made(tmp_path))


@pytest.mark.parametrize(
    ("checks", "line"),
    [
        (
            "  pos_terminal: [{probe: tpc, port: 8443}]\n",
            "cmdb.yaml:17: checks_by_class.pos_terminal[0].probe: found 'tpc', which is no kind of probe; "
            "did you mean 'tcp'? (for 0001/pos-01)",
        ),
        (
            "  pos_terminal: [{probe: http, port: 8080}]\n",
            "cmdb.yaml:17: checks_by_class.pos_terminal[0].target: target '10.0.1.11:8080': ",
        ),
        (
            "  pos_terminal:\n    - probe: http\n      target: http://{address}\n      settings: {expect_statu: 2}\n",
            "cmdb.yaml:20: checks_by_class.pos_terminal[0].settings.expect_statu: unknown key; "
            "did you mean 'expect_status'? (for 0001/pos-01)",
        ),
        (
            "  scale: [{probe: icmp}]\n",
            "cmdb.yaml:15: items[8].address: missing; checks_by_class.scale[0] asks 0002/scale-01 with it",
        ),
        (
            '  pos_terminal: [{probe: icmp, target: "{adress}"}]\n',
            "cmdb.yaml:17: checks_by_class.pos_terminal[0].target: found {adress}; "
            "did you mean {address}? (for 0001/pos-01)",
        ),
        (
            '  scale: [{probe: icmp, target: "{attributes.host}"}]\n',
            "cmdb.yaml:15: items[8].attributes.host: missing; checks_by_class.scale[0] asks 0002/scale-01 with it",
        ),
        (
            "  pos_terminal: [{probe: icmp, timeout: 1m}]\n",
            "cmdb.yaml:17: checks_by_class.pos_terminal[0].timeout: 60s is longer than the interval of 30s",
        ),
    ],
)
def test_a_mistake_in_a_class_is_told_once_with_its_own_line(tmp_path: Path, checks: str, line: str) -> None:
    lines = told(tmp_path, checks)
    assert len(lines) == 1
    assert lines[0].startswith(line)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (BASE + "store: '0001'\n", "base.yaml:4: store: comes from the CMDB; leave it out"),
        (BASE.replace("mqtts://", "http://"), "base.yaml:1: broker.url: found 'http://broker.example:8883', expected "),
        (BASE.replace("log:", "lgo:"), "base.yaml:2: lgo: unknown key; did you mean 'log'?"),
        (BASE.replace("{store}", "{stroe}"), "base.yaml:1: broker.password_file: found {stroe}; did you mean {store}?"),
    ],
)
def test_a_mistake_in_the_base_is_told_once_with_its_line(tmp_path: Path, text: str, line: str) -> None:
    lines = told(tmp_path, CHECKS, text)
    assert len(lines) == 1
    assert lines[0].startswith(line)
