"""A real mosquitto and a real collector on loopback, in their own processes and a throw-away folder."""

import contextlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import psutil
import yaml

from tillwatch import mosquitto
from tillwatch.ports import free_port


class Rig(NamedTuple):
    folder: Path
    broker_port: int
    http_port: int
    collector: psutil.Process

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"


@contextlib.contextmanager
def running(cmdb: dict[str, Any], policy: str = "retail", database: str = "", patience: float = 60.0) -> Iterator[Rig]:
    """Broker and collector, ready within `patience` seconds; ended by their pids.

    `database`: a URL, or a SQLite file in the rig's folder.
    """
    folder = Path(tempfile.mkdtemp(prefix="tillwatch-bench-"))
    with contextlib.ExitStack() as ending:
        ending.callback(shutil.rmtree, folder, ignore_errors=True)
        broker_port, http_port = ending.enter_context(broker(folder / "broker")), free_port()
        write_cmdb(folder, cmdb)
        config = {
            "deployment": "bench",
            "broker": {"url": f"mqtt://127.0.0.1:{broker_port}"},
            "database": database or f"sqlite:///{folder}/collector.db",
            "cmdb": [{"kind": "yaml", "path": str(folder / "cmdb.yaml")}],
            "policy": policy,
            "http": {"listen": f"127.0.0.1:{http_port}"},
        }
        (folder / "collector.yaml").write_text(yaml.safe_dump(config))
        command = [sys.executable, "-m", "tillwatch", "collector", "run", "--config", str(folder / "collector.yaml")]
        collector = ending.enter_context(_process(command, folder / "collector.log"))
        _wait_ready(f"http://127.0.0.1:{http_port}/readyz", collector, folder / "collector.log", patience)
        yield Rig(folder, broker_port, http_port, psutil.Process(collector.pid))


def write_cmdb(folder: Path, cmdb: dict[str, Any]) -> None:
    """JSON is YAML, and written in no time; a line an item, as a person's file has."""
    made = folder / "cmdb.yaml.new"
    made.write_bytes(msgspec.json.encode(cmdb).replace(b"},{", b"},\n{"))
    made.replace(folder / "cmdb.yaml")


@contextlib.contextmanager
def broker(folder: Path) -> Iterator[int]:
    """The port of a mosquitto as `tillwatch up` would run it. The embedded broker would measure something else."""
    program = mosquitto.program()
    if program is None:
        raise SystemExit("this measurement needs mosquitto on the PATH: apt-get install mosquitto")
    port = free_port()
    with mosquitto.running(program, folder, port):
        yield port


@contextlib.contextmanager
def _process(command: list[str], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_ready(url: str, process: "subprocess.Popen[bytes]", log: Path, patience: float) -> None:
    for _ in range(int(patience * 10)):
        if process.poll() is not None:
            raise SystemExit(f"the collector ended while starting:\n{log.read_text()[-3000:]}")
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310
            if answer.status == 200:
                return
        time.sleep(0.1)
    raise SystemExit(f"the collector was not ready within {patience:g} s:\n{log.read_text()[-3000:]}")
