"""Broker, collector and one agent as real processes on loopback, to be started, killed and asked from a test."""

import contextlib
import getpass
import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from rules.given import policy
from tillwatch import mosquitto
from tillwatch.ports import free_port


class Stack:
    """Three processes and their files in `folder`. `pace` divides the policy's durations; intervals are the test's."""

    def __init__(self, folder: Path, cmdb: dict[str, Any], agent: dict[str, Any], pace: float = 1.0) -> None:
        self.folder = folder
        self.broker_port, self.http_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.http_port}"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        folder.mkdir(parents=True, exist_ok=True)
        settings = mosquitto.configuration(folder, self.broker_port, getpass.getuser())
        (folder / "mosquitto.conf").write_text(settings)
        self._write("policy.yaml", policy.scaled(policy.load("retail"), pace))
        self._write("cmdb.yaml", cmdb)
        self._write(
            "collector.yaml",
            {
                "deployment": "acceptance",
                "broker": {"url": f"mqtt://127.0.0.1:{self.broker_port}"},
                "database": f"sqlite:///{folder}/collector.db",
                "cmdb": [{"kind": "yaml", "path": str(folder / "cmdb.yaml")}],
                "policy": str(folder / "policy.yaml"),
                "http": {"listen": f"127.0.0.1:{self.http_port}"},
            },
        )
        broker = {"url": f"mqtt://127.0.0.1:{self.broker_port}"}
        self._write("agent.yaml", {**agent, "broker": broker, "log": {"path": str(folder / "agent.db")}})
        tillwatch = [sys.executable, "-m", "tillwatch"]
        self.commands = {
            "broker": [mosquitto.program() or "mosquitto", "-c", str(folder / "mosquitto.conf")],
            "collector": [*tillwatch, "collector", "run", "--config", str(folder / "collector.yaml")],
            "agent": [*tillwatch, "agent", "run", "--config", str(folder / "agent.yaml")],
        }

    def _write(self, name: str, document: dict[str, Any]) -> None:
        (self.folder / name).write_text(yaml.safe_dump(document, sort_keys=False))

    def start(self, name: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                self.commands[name], stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )

    def kill(self, name: str) -> None:
        self.processes[name].send_signal(signal.SIGKILL)
        self.processes[name].wait()

    def get(self, path: str, **query: str) -> Any:
        question = f"{self.url}{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(question, timeout=10) as answer:  # noqa: S310
            return json.load(answer)

    def incidents(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.get("/api/v1/incidents", limit="500")["items"]
        return items

    def ready(self) -> bool:
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            self.get("/readyz")
            return True
        return False

    def tail(self) -> str:
        logs = (self.folder / f"{name}.log" for name in self.commands)
        return "\n".join(f"--- {log.name}\n{log.read_text()[-1500:]}" for log in logs if log.exists())


@contextlib.contextmanager
def running(stack: Stack) -> Iterator[Stack]:
    """All three started and the collector ready; all ended by their pids."""
    try:
        for name in stack.commands:
            stack.start(name)
        until(stack.ready, 120, stack)  # a busy machine takes its time to start Python
        yield stack
    finally:
        for process in reversed(stack.processes.values()):
            process.terminate()
        for process in stack.processes.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def until(condition: Callable[[], Any], seconds: float, stack: Stack) -> Any:
    """The first true answer of `condition`; AssertionError with the logs' ends when none comes in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            if answer := condition():
                return answer
        time.sleep(0.1)
    shown = "the collector does not say which incidents there are"
    with contextlib.suppress(Exception):
        shown = json.dumps(stack.incidents(), indent=1)[:6000]
    raise AssertionError(f"not so within {seconds} s\n{shown}\n{stack.tail()}")
