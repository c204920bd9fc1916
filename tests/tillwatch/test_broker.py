"""Both brokers come up, answer and go away; a port that is taken is said to be taken."""

import shutil
import socket
from pathlib import Path

import pytest

from tillwatch import broker, embedded_broker, mosquitto, mqtt_ready
from tillwatch.failure import CommandFailed
from tillwatch.ports import free_port, is_free


def test_mosquitto_answers_until_the_block_is_left(tmp_path: Path) -> None:
    with broker.running(tmp_path / "a folder") as running:
        assert running.program == "mosquitto"
        assert running.url == f"mqtt://127.0.0.1:{running.port}"
        assert mqtt_ready.answers(running.port)
    assert not mqtt_ready.answers(running.port)
    assert is_free(running.port)


def test_mosquitto_is_told_to_lose_nothing(tmp_path: Path) -> None:
    """The settings of the broker are those without which it was seen to drop messages."""
    lines = mosquitto.configuration(tmp_path, 1883, "someone").splitlines()
    assert {
        "listener 1883 127.0.0.1",
        "max_queued_messages 0",
        "max_inflight_messages 1000",
        "set_tcp_nodelay true",
        "persistence true",
        "autosave_interval 5",
    } <= set(lines)


def test_the_embedded_broker_answers_until_the_block_is_left() -> None:
    port = free_port()
    with embedded_broker.running(port):
        assert mqtt_ready.answers(port)
    assert is_free(port)


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CommandFailed, match=f"port {port} is in use"), broker.running(tmp_path, port):
            pass


def test_a_broker_that_dies_at_once_is_quoted(tmp_path: Path) -> None:
    """When mosquitto does not come up, its own last line says why."""
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin")
    assert program
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(CommandFailed, match=r"did not come up on port .*: .*ddress"),
            mosquitto.running(program, tmp_path, port),
        ):
            pass


def test_an_embedded_broker_that_cannot_listen_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CommandFailed, match="embedded broker did not come up"), embedded_broker.running(port):
            pass


def test_what_is_not_a_broker_does_not_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        assert not mqtt_ready.answers(deaf.getsockname()[1])


def test_a_memory_of_zeros_is_put_aside(tmp_path: Path) -> None:
    """What a power cut can leave; mosquitto itself refuses to start on it."""
    program = mosquitto.program()
    assert program
    (tmp_path / "mosquitto.db").write_bytes(bytes(4_096))
    port = free_port()
    with mosquitto.running(program, tmp_path, port):
        assert mqtt_ready.answers(port)
    assert (tmp_path / "mosquitto.db.zeros").read_bytes() == bytes(4_096)
