"""Real input: nginx as the web shop and the payment API, mosquitto as the broker, this machine as a POS host."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.stack import Stack, running, until
from tillwatch.ports import free_port

INTERVAL = 5.0
ALLOWED = INTERVAL + 5.0
PACE = 60.0  # five minutes of stable health are five seconds

NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx-error.log; worker_processes 1; user {user};
events {{ worker_connections 64; }}
http {{
  access_log off;
  server {{ listen 127.0.0.1:{shop}; location / {{ return 200 "<h1>shop</h1>"; }} }}
  server {{
    listen 127.0.0.1:{payment}; default_type application/json;
    location / {{ return 200 '{{"status": "up"}}'; }}
  }}
}}
"""


class Nginx:
    def __init__(self, folder: Path) -> None:
        self.shop, self.payment = free_port(), free_port()
        user = "root" if os.geteuid() == 0 else "nobody"
        text = NGINX.format(folder=folder, shop=self.shop, payment=self.payment, user=user)
        (folder / "nginx.conf").write_text(text)
        program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin") or "nginx"
        self.command = [program, "-p", str(folder), "-c", str(folder / "nginx.conf")]
        self.start()

    def start(self) -> None:
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen(self.command, stdin=quiet, stdout=quiet, stderr=quiet)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[Nginx]:
    server = Nginx(tmp_path)
    yield server
    server.stop()


class Application:
    """The till's application: a process with a name of its own."""

    def __init__(self, folder: Path) -> None:
        self.program = folder / "till-app"
        shutil.copy(shutil.which("sleep") or "/bin/sleep", self.program)
        self.start()

    def start(self) -> None:
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen([str(self.program), "3600"], stdin=quiet, stdout=quiet, stderr=quiet)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def application(tmp_path: Path) -> Iterator[Application]:
    running_application = Application(tmp_path)
    yield running_application
    running_application.kill()


def _cmdb() -> dict[str, Any]:
    return {
        "stores": [{"id": "0001", "name": "Loopback Lane", "region": "north", "agents": ["0001-server"]}],
        "items": [
            {"id": "web-shop", "class": "web_shop", "name": "Web shop", "provides": ["online_shopping"]},
            {"id": "acquirer-a", "class": "payment_gateway", "vendor": "AcquirerCo", "provides": ["card_payment"]},
            {"id": "pos-01", "store": "0001", "class": "pos_terminal", "provides": ["checkout"], "group": "lanes"},
        ],
    }


def _agent(nginx: Nginx) -> dict[str, Any]:
    return {
        "store": "0001",
        "agent": "0001-server",
        "defaults": {"interval": f"{INTERVAL:g}s", "timeout": "2s", "confirm": 2},
        "checks": [
            {"ci": "web-shop", "probe": "http", "target": f"http://127.0.0.1:{nginx.shop}/"},
            {"ci": "acquirer-a", "probe": "http", "target": f"http://127.0.0.1:{nginx.payment}/", "name": "api"},
            {"ci": "pos-01", "probe": "host", "settings": {"processes": [{"name": "till-app"}]}},
        ],
    }


@pytest.mark.timeout(300)
@pytest.mark.shows(
    "1", "A real nginx and a till's process die and return: one P1 each in API, command line and console"
)
def test_nginx_and_a_process_die_and_return(
    nginx: Nginx, application: Application, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    """A stop is a P1 everywhere people look within interval + 5 s; a start restores and resolves it by itself."""
    with running(Stack(tmp_path / "stack", _cmdb(), _agent(nginx), PACE)) as stack:
        until(lambda: stack.get("/api/v1/stores/0001")["status"] == "ok", 30, stack)
        time.sleep(INTERVAL)
        assert stack.incidents() == []

        nginx.stop()
        stopped = time.monotonic()
        shop = until(lambda: _open(stack, "web-shop"), ALLOWED, stack)
        payment = until(lambda: _open(stack, "acquirer-a"), ALLOWED, stack)
        figure(f"nginx stopped: both incidents open after {time.monotonic() - stopped:.1f} s (allowed {ALLOWED:g} s)")
        for incident in (shop, payment):
            assert incident["priority"] == "P1", incident
            assert incident["service"] in ("online_shopping", "card_payment")
            assert incident["reasons"]
            assert incident["sla"]["respond_by"]
        listed = _tillwatch(stack, "incidents")
        assert "P1" in listed
        assert "web-shop" in listed
        assert "web-shop" in _console(stack)
        figure(f"on the command line and the console after {time.monotonic() - stopped:.1f} s")

        nginx.start()
        until(lambda: _resolved(stack, "web-shop") and _resolved(stack, "acquirer-a"), 60, stack)

        application.kill()
        killed = time.monotonic()
        till = until(lambda: _open(stack, "0001/pos-01"), ALLOWED, stack)
        figure(f"process killed: incident after {time.monotonic() - killed:.1f} s")
        assert till["category"] == "pos_outage"
        application.start()
        until(lambda: _resolved(stack, "0001/pos-01"), 60, stack)


def _open(stack: Stack, ci: str) -> dict[str, Any] | None:
    return next((one for one in stack.incidents() if one["ci"] == ci and one["state"] == "open"), None)


def _resolved(stack: Stack, ci: str) -> bool:
    mine = [one for one in stack.incidents() if one["ci"] == ci]
    return bool(mine) and all(one["state"] == "resolved" and one["restored_at"] for one in mine)


def _tillwatch(stack: Stack, *arguments: str) -> str:
    command = [sys.executable, "-m", "tillwatch", *arguments, "--url", stack.url]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _console(stack: Stack) -> str:
    """The console's page after its scripts ran, as a browser shows it."""
    browser = shutil.which("chromium")
    assert browser, "this test needs chromium: apt-get install chromium"
    flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
    profile = f"--user-data-dir={stack.folder / 'chromium'}"
    dump = [browser, *flags, profile, "--virtual-time-budget=3000", "--dump-dom", f"{stack.url}/"]
    return subprocess.run(dump, capture_output=True, text=True, check=True, timeout=60).stdout
