"""`tillwatch probe` and `tillwatch probes`, run as the command line runs them, against real ports."""

import argparse
import json
import socket
from collections.abc import Sequence
from types import ModuleType

import pytest

from probes import registry
from tests.probes.peers import closed_port
from tillwatch.commands import probe, probes


def run(command: ModuleType, arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(command.NAME)
    command.arguments(parser)
    code: int = command.run(parser.parse_args(arguments))
    return code


def test_a_device_that_answers_is_ok_and_0(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert run(probe, ["tcp", f"127.0.0.1:{port}"]) == 0
    assert capsys.readouterr().out.startswith(f"ok  tcp 127.0.0.1:{port}  connect_ms=")


def test_a_device_that_refuses_is_critical_and_1(capsys: pytest.CaptureFixture[str]) -> None:
    port = closed_port()
    assert run(probe, ["tcp", f"127.0.0.1:{port}"]) == 1
    assert capsys.readouterr().out == f"critical  tcp 127.0.0.1:{port}  refused\n"


def test_explain_shows_settings_observation_and_judgement(capsys: pytest.CaptureFixture[str]) -> None:
    url = f"http://127.0.0.1:{closed_port()}/"
    assert run(probe, ["http", url, "-s", "expect_status=[200, 204]", "-s", "warning=500ms", "--explain"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "  expect_status: [200,204]   (set)" in lines
    assert "  warning: 0.5s   (set)" in lines
    assert '  method: "GET"' in lines
    assert '  trouble: {"how":"refused","detail":""}' in lines
    assert lines[-1] == f"  critical  http {url}  refused"


def test_json_is_one_object_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(probe, ["host", "-s", "window=1ms", "-s", "processes=[{name: no-such-program}]", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["kind"], said["status"]) == ("host", "critical")
    assert said["text"] == "0 of no-such-program run, expected at least 1"
    assert said["values"]["processes[no-such-program]"] == 0
    assert said["settings"]["window"] == "0.001s"
    assert said["observation"]["counts"] == [0]


def test_a_silent_device_is_critical_when_the_time_is_over(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        target = f"127.0.0.1:{server.getsockname()[1]}"
        assert run(probe, ["tcp", target, "-s", "expect=hello", "--timeout", "100ms"]) == 1
    assert "timed out: no answer within 0.1 s" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tpc", "x"], "found 'tpc', which is no kind of probe; did you mean 'tcp'?"),
        (["tcp", "x"], "target 'x': expected host:port, with a port from 1 to 65535"),
        (["tcp", "x:1", "-s", "warnin=1s"], "settings of tcp: warnin: unknown key; did you mean 'warning'?"),
        (["tcp", "x:1", "-s", "warning"], "-s warning: expected KEY=VALUE"),
        (["tcp", "x:1", "-s", "warning=[1"], "-s warning=[1:2: not YAML"),
        (["icmp", "10.0.42.11:80"], "target '10.0.42.11:80': expected a host name or an address, without a port"),
        (["http", "http://127.1/"], "target 'http://127.1/': is not a canonical IPv4 address"),
        (["host", "elsewhere"], "target 'elsewhere': host looks at the agent's own machine"),
    ],
)
def test_what_cannot_be_asked_is_2_with_the_reason(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(probe, arguments) == 2
    said = capsys.readouterr()
    assert said.err.startswith(f"tillwatch probe: {message}")
    assert said.out == ""


def test_a_timeout_without_a_unit_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        run(probe, ["tcp", "x:1", "--timeout", "3"])
    assert leaving.value.code == 2
    assert "found '3', expected a duration such as 15s, 10m or 72h" in capsys.readouterr().err


def test_probes_lists_every_kind_with_every_setting(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(probes, []) == 0
    text = capsys.readouterr().out
    assert run(probes, ["--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [kind["kind"] for kind in listed] == list(registry.kinds())
    for kind in listed:
        assert f"{kind['kind']}  (target: {kind['target']})" in text
        for setting in kind["settings"]:
            assert setting["description"] in text


def test_probes_of_one_kind_and_of_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(probes, ["tcp"]) == 0
    assert "icmp" not in capsys.readouterr().out
    assert run(probes, ["tpc"]) == 2
    assert "did you mean 'tcp'" in capsys.readouterr().err
