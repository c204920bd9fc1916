"""A real mosquitto on a free port of the loopback, ended by its own pid."""

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

SETTINGS = """
listener {port} 127.0.0.1
allow_anonymous true
max_queued_messages 0
max_inflight_messages 1000
set_tcp_nodelay true
persistence false
"""


@contextlib.contextmanager
def broker(folder: Path, port: int | None = None) -> Iterator[int]:
    """The port it listens on. Raises FileNotFoundError naming the package when mosquitto is missing."""
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if program is None:
        raise FileNotFoundError("mosquitto is not installed: apt-get install mosquitto")
    port = port or free_port()
    config = folder / "mosquitto.conf"
    config.write_text(SETTINGS.format(port=port))
    with (folder / "mosquitto.log").open("ab") as log:
        process = subprocess.Popen([program, "-c", config], stdout=log, stderr=log)
        try:
            _wait_ready(port)
            yield port
        finally:
            process.terminate()
            process.wait(10)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_ready(port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise TimeoutError("mosquitto did not start")
