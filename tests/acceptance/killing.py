"""A script of failures in one store, played undisturbed or with kill -9 in it, and the record that it leaves."""

import random
import time
from pathlib import Path
from typing import Any, NamedTuple

from tests.acceptance.sockets import Till
from tests.acceptance.stack import Stack, running, until

INTERVAL = 1.0
START = 3.0  # of an agent, until its first probes
SEEN = START + 2 * INTERVAL
PACE = 100.0  # five minutes of stable health are three seconds

LANES = 8
# What fails and for how long, in order. The last failure stays, so that something open is compared too.
SCRIPT: list[tuple[list[int], bool]] = [([0], False), ([1, 2, 3, 4], False), ([5], True)]

Facts = set[tuple[str, str, str]]
Outcome = tuple[Facts, str]


class Kills(NamedTuple):
    """In each failure of the script: from `least` to `most` kills, each up to `pause` seconds after the last restart,
    which comes up to `restart` seconds after its kill.
    """

    least: int = 1
    most: int = 2
    pause: float = 4.0
    restart: float = 4.5


def play(folder: Path, kills: Kills | None, chance: random.Random, pulse: str = "15s") -> tuple[Outcome, int]:
    """The script with `kills` in it. The record once nothing changes any more, and how often something was killed."""
    tills = [Till() for _ in range(LANES)]
    expected_open = {f"0001/pos-{lane:02d}" for lanes, stays in SCRIPT if stays for lane in lanes}
    failed = {f"0001/pos-{lane:02d}" for lanes, _ in SCRIPT for lane in lanes}
    killed = 0
    with running(Stack(folder, cmdb_yaml(), agent_yaml(tills, pulse), PACE)) as stack:
        until(lambda: _watched(stack), 120, stack)
        for lanes, stays in SCRIPT:
            for lane in lanes:
                tills[lane].off()
            if kills is not None:
                killed += _kill(stack, kills, chance)
            time.sleep(SEEN)  # what nobody sees is on no record; whether it is told before it heals is chance
            if not stays:
                for lane in lanes:
                    tills[lane].on()
                time.sleep(2 * INTERVAL)

        def settled() -> bool:
            facts, _ = _record(stack)
            still_open = {ci for ci, _, state in facts if state == "open"}
            return still_open == expected_open and {ci for ci, _, _ in facts} >= failed

        until(settled, 60, stack)
        time.sleep(2)
        outcome = _record(stack)
    for till in tills:
        till.off()
    return outcome, killed


def _kill(stack: Stack, kills: Kills, chance: random.Random) -> int:
    """Kills one of the three at a random moment and starts it again, some times in a row."""
    count = chance.randint(kills.least, kills.most)
    for _ in range(count):
        time.sleep(chance.uniform(0.0, kills.pause))
        victim = chance.choice(["agent", "broker", "collector"])
        stack.kill(victim)
        time.sleep(chance.uniform(0.0, kills.restart))
        stack.start(victim)
    return count


def _record(stack: Stack) -> Outcome:
    """{ci, category, open or resolved} and the worst priority that the store ever had."""
    incidents = stack.incidents()
    facts = [
        (one["ci"], one["category"], "resolved" if one["state"] in ("resolved", "closed") else "open")
        for one in incidents
    ]
    still_open = [ci for ci, _, state in facts if state == "open"]
    assert len(still_open) == len(set(still_open)), f"two incidents for one cause: {still_open}"
    return set(facts), min((one["worst_priority"] for one in incidents), default="")


def _watched(stack: Stack) -> bool:
    return bool(stack.get("/api/v1/stores/0001")["status"] == "ok")


def cmdb_yaml() -> dict[str, Any]:
    till = {"class": "pos_terminal", "store": "0001", "provides": ["checkout"], "group": "lanes"}
    return {
        "stores": [{"id": "0001", "name": "Kill Street", "region": "north", "agents": ["0001-server"]}],
        "items": [{"id": f"pos-{lane:02d}", **till} for lane in range(LANES)],
    }


def agent_yaml(tills: list[Till], pulse: str) -> dict[str, Any]:
    return {
        "store": "0001",
        "agent": "0001-server",
        "defaults": {"interval": "1s", "timeout": "500ms", "confirm": 2, "retry": "300ms", "pulse": pulse},
        "checks": [
            {"ci": f"pos-{lane:02d}", "probe": "tcp", "target": f"127.0.0.1:{till.port}"}
            for lane, till in enumerate(tills)
        ],
    }
