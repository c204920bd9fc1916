"""The guides for the three readers: their commands run as they stand there, and what they show is what is shown."""

import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.desk import wording
from collector.desk.wording import Frame
from contract.units import Duration
from rules.course.incident import Affected, Incident, Reason, Sla
from rules.given import estate, policy
from tests.acceptance.sockets import Till
from tests.acceptance.stack import Stack, running, until
from tests.collector.desk.scene import CMDB
from tests.house.tracked import ROOT

GUIDES = ["install", "watching", "tickets"]
STORE = "0042"
CLIENTS = "incidents|why|stores|events"


def guide(name: str) -> str:
    return (ROOT / "docs" / f"{name}.md").read_text()


def blocks(name: str) -> list[str]:
    return re.findall(r"^```sh runnable\n(.*?)^```$", guide(name), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Store 0042 as the guides have it, with its first till dead, and a help desk in shadow mode."""
    tills = [Till(), Till()]
    lane = {"class": "pos_terminal", "store": STORE, "provides": ["checkout"], "group": "lanes"}
    cmdb = {
        "stores": [{"id": STORE, "name": "Leeds Briggate", "region": "north", "agents": ["0042-server"]}],
        "items": [{"id": f"pos-{at:02d}", **lane} for at in (1, 2)],
    }
    agent = {
        "store": STORE,
        "agent": "0042-server",
        "defaults": {"interval": "1s", "timeout": "500ms", "retry": "300ms"},
        "checks": [
            {"ci": f"pos-{at:02d}", "probe": "tcp", "target": f"127.0.0.1:{till.port}"}
            for at, till in enumerate(tills, 1)
        ],
    }
    tills[0].off()
    made = Stack(tmp_path_factory.mktemp("stack"), cmdb, agent)
    with (made.folder / "collector.yaml").open("a") as settings:
        settings.write(
            'help_desk: [{name: desk, kind: rt, url: "https://rt.invalid", token_file: none, mode: shadow}]\n'
        )
    (made.folder / "port").write_text(str(tills[1].port))
    with running(made):
        until(made.incidents, 30, made)
        yield made
    tills[1].off()


@pytest.mark.parametrize("name", GUIDES)
def test_the_commands_of_a_guide_run_as_they_stand_there(name: str, stack: Stack) -> None:
    script = "\n".join(["set -euo pipefail", *blocks(name)])
    environment = {
        **os.environ,
        "PATH": f"{commands(stack)}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "URL": stack.url,
        "PORT": (stack.folder / "port").read_text(),
        "INCIDENT": stack.incidents()[-1]["id"],
    }
    done = subprocess.run(
        ["bash", "-c", script], cwd=stack.folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def commands(stack: Stack) -> Path:
    """A folder with the installed program's stand-in; who asks a collector asks the one of `stack`."""
    folder = stack.folder / "bin"
    folder.mkdir(exist_ok=True)
    program = folder / "tillwatch"
    program.write_text(
        f'#!/bin/sh\ncase $1 in {CLIENTS}) set -- "$@" --url "$URL" ;; esac\nexec {sys.executable} -m tillwatch "$@"\n'
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return folder


def test_every_guide_has_commands_that_are_run() -> None:
    assert [name for name in GUIDES if len(blocks(name)) == 0] == []


def test_the_ticket_in_the_guide_is_one_that_would_be_written() -> None:
    """Word for word, from an incident such as the guide tells of."""
    began = 1_795_770_000.0  # 2026-11-27 09:00 UTC
    why = "stores that say acquirer-a fails while their line is healthy: 3 of 5 in north bt"
    incident = Incident(
        id="977d39e42e98f165",
        number=12,
        cause="payment_gateway:acquirer-a",
        category="payment_gateway",
        service="card_payment",
        ci="acquirer-a",
        title="Card payment: Acquirer A failing, seen from 3 stores",
        state="open",
        priority=1,
        worst_priority=1,
        started_at=began,
        learnt_at=began + 1,
        stores=("0001", "0002", "0003"),
        loss=1.0,
        affected=Affected(0, 0, ("acquirer-a",)),
        sla=Sla(began + 300, began + 3600),
        reasons=(Reason("1 evidence", "no answer from the acquirer"), Reason("13 shared", why)),
        resolver_group="payments",
        vendor="AcquirerCo",
        runbook="payment-gateway",
    )
    known = estate.made(policy.load("retail"), CMDB)
    frame = Frame(f"tillwatch:acme:{incident.id}", "https://noc.example", began + 120)
    shown = re.findall(r"^```text\n(.*?)^```$", guide("tickets"), re.MULTILINE | re.DOTALL)
    assert shown == [wording.wording(known, incident, [], frame).body + "\n"]


def test_the_priorities_in_the_guide_are_the_shipped_policys() -> None:
    shipped = policy.typed(policy.load("retail"))
    rows = re.findall(r"^\| (P[123]) \| [^|]+ \| ([^|]+) \| ([^|]+) \|$", guide("watching"), re.MULTILINE)
    expected = []
    for name in ("P1", "P2", "P3"):
        target = getattr(shipped.sla, name)
        resolve = said(target.resolve) if target.resolve else f"{target.resolve_business_days} business day"
        expected.append((name, said(target.respond), resolve))
    assert rows == expected


def said(duration: Duration) -> str:
    return f"{duration / 3600:g} h" if duration >= 3600 else f"{duration / 60:g} min"
