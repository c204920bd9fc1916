"""The demo is the product end to end: sockets, probes, agent, broker, collector, rules, HTTP, and a verdict."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tillwatch import cli

DEMO = [sys.executable, "-W", "error::ResourceWarning", "-m", "tillwatch", "demo"]


@contextmanager
def running(folder: Path, *arguments: str) -> "Iterator[subprocess.Popen[str]]":
    """A demo whose temporary files are in `folder`; ended for sure."""
    environment = {**os.environ, "TMPDIR": str(folder)}
    demo = subprocess.Popen(
        [*DEMO, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    )
    try:
        yield demo
    finally:
        demo.kill()
        demo.communicate()


def told_until(demo: "subprocess.Popen[str]", words: str) -> str:
    """What it tells up to a line with `words`; fails when it ends before."""
    assert demo.stdout
    told = ""
    for line in demo.stdout:
        told += line
        if words in line:
            return told
    raise AssertionError(told)


def test_one_till_dies_and_recovers_in_a_chain_of_four_stores(tmp_path: Path) -> None:
    """The whole path in one command: P3 on the till, resolved after mending, exit 0, nothing left behind."""
    with running(tmp_path, "--scenario", "one-till", "--exit", "--stores", "3", "--port", "0") as demo:
        told, _ = demo.communicate(timeout=100)
    assert demo.returncode == 0, told
    assert "as expected: P3 pos_outage on 0001/pos-03" in told
    assert "1 of 1 as expected" in told
    assert "Traceback" not in told
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_in_order_when_it_is_interrupted(number: signal.Signals, tmp_path: Path) -> None:
    """Without --exit it goes on; a signal ends it with 0, without a stack trace and without its folder left."""
    with running(tmp_path, "--scenario", "wan-cut", "--stores", "0", "--port", "0") as demo:
        told = told_until(demo, "line is cut")
        demo.send_signal(number)
        told += demo.communicate(timeout=60)[0]
    assert demo.returncode == 0, told
    assert "Traceback" not in told
    assert list(tmp_path.iterdir()) == []


def test_a_busy_console_port_is_said_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        assert cli.main(["demo", "--port", str(port)]) == 2
    said = capsys.readouterr().err
    assert said == (
        f"tillwatch demo: cannot listen on 127.0.0.1:{port}: Address already in use; "
        "choose another with --port, or --port 0 for a free one\n"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("--scenario one-tile", "--scenario: found 'one-tile', expected one of one-till, dead-switch"),
        ("--stores 501", "argument --stores: found 501, expected 0 to 500"),
        ("--speed 0.5", "argument --speed: found 0.5, expected 1 to 600"),
        ("--speed fast", "argument --speed: found 'fast', expected a number"),
        ("--port 70000", "argument --port: found 70000, expected 0 to 65535"),
    ],
)
def test_a_mistake_is_told_before_anything_starts(
    arguments: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["demo", *arguments.split()]) == 2
    assert said in capsys.readouterr().err
