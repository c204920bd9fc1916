"""A private mosquitto on loopback. Every setting here is one that its default loses messages by (docs/cli.md)."""

import getpass
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contract.codec import MAX_MESSAGE
from tillwatch import mqtt_ready
from tillwatch.failure import CommandFailed
from tillwatch.ports import LOOPBACK

CONFIGURATION = """\
listener {port} {address}
allow_anonymous true
user {user}
persistence true
persistence_location {state}/
autosave_interval 5
max_queued_messages 0
max_inflight_messages 1000
set_tcp_nodelay true
message_size_limit {limit}
log_dest stderr
log_type error
log_type warning
"""


def program() -> str | None:
    """Where mosquitto is. Debian puts it in /usr/sbin, which is on the PATH of root only."""
    return shutil.which("mosquitto", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]))


def configuration(state: Path, port: int, user: str) -> str:
    return CONFIGURATION.format(port=port, address=LOOPBACK, user=user, state=state, limit=2 * MAX_MESSAGE)


@contextmanager
def running(program: str, state: Path, port: int) -> Iterator[None]:
    """mosquitto on `port` with its files in `state` (made if missing), until the block is left."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    file, log = state / "mosquitto.conf", state / "mosquitto.log"
    _put_aside_zeros(state / "mosquitto.db")
    file.write_text(configuration(state.resolve(), port, getpass.getuser()))
    process = _process(program, file, log)
    try:
        if not mqtt_ready.wait(port, lambda: process.poll() is None):
            raise CommandFailed(f"mosquitto did not come up on port {port}: {_last_words(log)}")
        yield
    finally:
        _ended(process)


def _put_aside_zeros(memory: Path) -> None:
    """A power cut can leave the file with its length and nothing in it, and mosquitto refuses to start on that.

    Nothing is lost with it: agents keep what the collector has not acknowledged, and say it again.
    """
    if not memory.exists():
        return
    with memory.open("rb") as file:
        begins = file.read(16)
    if begins and not begins.strip(b"\0"):
        memory.replace(memory.with_name(f"{memory.name}.zeros"))


def _process(program: str, file: Path, log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as out:
        # Its own session, so that a Ctrl-C in the terminal reaches us first and agents can still say goodbye.
        return subprocess.Popen(
            [program, "-c", str(file)], stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )


def _ended(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _last_words(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it says nothing"
