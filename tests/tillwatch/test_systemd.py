"""What systemd hears of a service, over a real datagram socket."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.collector import chain, mosquitto
from tests.edge_agent.peers import Device, until
from tests.edge_agent.running import ROOT, agent_yaml
from tests.tillwatch.notify_socket import NotifySocket, listening
from tillwatch import systemd
from tillwatch.systemd import Systemd


class Signs(NamedTuple):
    sentence: str
    turns: tuple[int, ...]
    serving: bool = True


@pytest.fixture(params=["path", "abstract"])
def notify(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NotifySocket]:
    addresses = {"path": str(tmp_path / "notify"), "abstract": f"@tillwatch-test-{os.getpid()}"}
    with listening(addresses[request.param]) as notify:
        yield notify


def told(notify: NotifySocket, asked: list[Signs | Exception]) -> list[str]:
    """What is heard while `asked` is answered one after the other, the stop at the end included."""
    stop = asyncio.Event()
    answers = iter(asked)

    async def ask() -> Signs:
        answer = next(answers, None)
        if answer is None:
            stop.set()
            return asked[-1] if isinstance(asked[-1], Signs) else Signs("", ())
        if isinstance(answer, Exception):
            raise answer
        return answer

    asyncio.run(systemd.report(ask, stop, Systemd(notify.address, 0.004)))
    return notify.lines()


def test_ready_comes_once_and_the_watchdog_is_fed_with_each_sign_of_life(notify: NotifySocket) -> None:
    lines = told(notify, [Signs("starting", (1,), False), Signs("serving", (2,)), Signs("serving", (3,))])
    assert lines == [
        *("WATCHDOG=1", "STATUS=starting"),
        *("READY=1", "STATUS=serving", "WATCHDOG=1", "STATUS=serving"),
        *("WATCHDOG=1", "STATUS=serving"),
        *("STATUS=serving",),
        *("STOPPING=1", "STATUS=stopping"),
    ]


@pytest.mark.parametrize("second", [Signs("one hangs", (2, 1)), Signs("none", ()), RuntimeError("away")])
def test_what_does_not_turn_or_cannot_be_asked_starves_the_watchdog(
    notify: NotifySocket, second: Signs | Exception
) -> None:
    lines = told(notify, [Signs("both turn", (1, 1)), second])
    assert lines.count("WATCHDOG=1") == 1
    assert lines[-2:] == ["STOPPING=1", "STATUS=stopping"]


def test_what_turns_more_rarely_than_it_is_asked_feeds_the_watchdog_whenever_all_have_turned(
    notify: NotifySocket,
) -> None:
    lines = told(notify, [Signs("", turns) for turns in [(1, 1), (2, 1), (2, 2), (3, 2), (3, 2), (3, 3)]])
    assert lines.count("WATCHDOG=1") == 3


def test_a_status_is_one_line_whatever_a_broker_said() -> None:
    assert systemd.status("a\nREADY=1\x1b[2J") == b"STATUS=a READY=1 [2J"
    assert len(systemd.status("x" * 5000)) < 400


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, None),
        ({"NOTIFY_SOCKET": "vsock:2:1"}, None),
        ({"NOTIFY_SOCKET": "/run/n"}, Systemd("/run/n")),
        ({"NOTIFY_SOCKET": "@n", "WATCHDOG_USEC": "8000000"}, Systemd("@n", 8.0)),
        ({"NOTIFY_SOCKET": "@n", "WATCHDOG_USEC": "8000000", "WATCHDOG_PID": "1"}, Systemd("@n")),
        ({"NOTIFY_SOCKET": "@n", "WATCHDOG_USEC": "often"}, Systemd("@n")),
    ],
)
def test_systemd_is_found_by_its_environment(environment: dict[str, str], expected: Systemd | None) -> None:
    assert systemd.found(environment) == expected


def test_a_systemd_that_is_gone_does_no_harm(tmp_path: Path) -> None:
    systemd.send(Systemd(str(tmp_path / "nobody")), b"READY=1")


@pytest.fixture
def socket_of_one(tmp_path: Path) -> Iterator[NotifySocket]:
    with listening(str(tmp_path / "notify")) as notify:
        yield notify


def run(name: str, config: Path, notify: NotifySocket) -> subprocess.Popen[bytes]:
    environment = os.environ | {"NOTIFY_SOCKET": notify.address, "WATCHDOG_USEC": "400000", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tillwatch", name, "run", "--config", str(config)]
    return subprocess.Popen(command, env=environment, cwd=ROOT)


def test_an_agent_is_ready_without_a_broker_and_says_so(socket_of_one: NotifySocket, tmp_path: Path) -> None:
    notify, device = socket_of_one, Device()
    device.up()
    checks = [f'ci: pos-01, probe: tcp, target: "127.0.0.1:{device.port}"']
    agent = run("agent", agent_yaml(tmp_path, "mqtt://127.0.0.1:1", checks), notify)
    try:
        notify.until("READY=1")
        until(lambda: any("cannot reach mqtt://127.0.0.1:1" in line for line in notify.lines()))
        until(lambda: notify.lines().count("WATCHDOG=1") > 3)
        agent.send_signal(signal.SIGTERM)
        assert agent.wait(20) == 0
    finally:
        agent.kill()
        agent.wait()
        device.down()
    assert notify.lines()[-2:] == ["STOPPING=1", "STATUS=stopping"]


def test_a_collector_is_ready_once_it_is_subscribed(socket_of_one: NotifySocket, tmp_path: Path) -> None:
    notify = socket_of_one
    port, config = mosquitto.free_port(), tmp_path / "collector.yaml"
    config.write_text(chain.text(f"sqlite:///{tmp_path}/collector.db", port))
    (tmp_path / "cmdb.yaml").write_text(chain.CMDB)
    collector = run("collector", config, notify)
    try:
        until(lambda: any("STATUS=waiting: " in line and "refused" in line for line in notify.lines()))
        until(lambda: notify.lines().count("WATCHDOG=1") > 3)
        assert "READY=1" not in notify.lines()
        with mosquitto.broker(tmp_path, port):
            notify.until("READY=1")
            until(lambda: any("agents registered" in line for line in notify.lines()))
            collector.send_signal(signal.SIGTERM)
            assert collector.wait(20) == 0
    finally:
        collector.kill()
        collector.wait()
    assert notify.lines()[-2:] == ["STOPPING=1", "STATUS=stopping"]
