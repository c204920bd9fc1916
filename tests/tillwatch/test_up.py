"""`tillwatch up` runs everything in one process, keeps what it knows, and ends in order."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tillwatch import api
from tillwatch.api import Api
from tillwatch.failure import CommandFailed
from tillwatch.ports import free_port

CMDB = """\
stores: [{id: "0042", name: Leeds, agents: [0042-server]}]
items: [{id: pos-01, store: "0042", class: pos_terminal, provides: [checkout], group: lanes}]
"""
UP = """\
state: state
listen: 127.0.0.1:%(console)d
cmdb: cmdb.yaml
store: "0042"
agent: 0042-server
defaults: {interval: 500ms, timeout: 400ms, retry: 100ms, pulse: 1s}
checks: [{ci: pos-01, probe: tcp, target: "127.0.0.1:%(till)d"}]
"""


def until(ready: Callable[[], Any]) -> Any:
    """What `ready` gives, once it gives something; connection refusals only mean not yet."""
    deadline = time.monotonic() + 60
    while True:
        try:
            found = ready()
        except CommandFailed:
            found = None
        if found:
            return found
        assert time.monotonic() < deadline, "not ready within a minute"
        time.sleep(0.1)


def test_a_dead_till_is_a_p1_and_is_still_known_after_a_restart(tmp_path: Path) -> None:
    """The only till of the store refuses: P1, over HTTP and by command; after a restart the incident is the same."""
    console, till = free_port(), free_port()
    (tmp_path / "cmdb.yaml").write_text(CMDB)
    (tmp_path / "up.yaml").write_text(UP % {"console": console, "till": till})
    site = Api(f"http://127.0.0.1:{console}")
    command = [sys.executable, "-m", "tillwatch"]
    seen: list[str] = []
    for _ in range(2):
        up = subprocess.Popen(
            [*command, "up", "--config", str(tmp_path / "up.yaml")],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            incidents = until(lambda: api.get(site, "incidents", state="open")["items"])
            assert [(one["ci"], one["priority"]) for one in incidents] == [("0042/pos-01", "P1")]
            seen.append(incidents[0]["id"])
            listed = subprocess.run(
                [*command, "incidents", "--json", "--url", site.url], capture_output=True, check=True, timeout=60
            )
            assert json.loads(listed.stdout)["items"][0]["id"] == seen[0]
        finally:
            up.send_signal(signal.SIGTERM)
            told, _ = up.communicate(timeout=60)
        assert (up.returncode, "Traceback" in told, "ended" in told) == (0, False, True), told
        assert f"console   http://127.0.0.1:{console}" in told
    assert seen[0] == seen[1]
