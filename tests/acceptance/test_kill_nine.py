"""kill -9 of agent, broker and collector at random moments changes nothing about what was recorded in the end."""

import os
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.sockets import Till
from tests.acceptance.stack import Stack, running, until

RUNS = int(os.environ.get("TILLWATCH_KILL_RUNS", "50"))
SIDE_BY_SIDE = int(os.environ.get("TILLWATCH_KILL_SIDE_BY_SIDE", "4"))
INTERVAL = 1.0
RESTART_WITHIN = 5.0
BACK_ON_LINE = 8.0  # a start, and the longest pause between two tries to connect
OUTLASTS = 2 * INTERVAL + BACK_ON_LINE
PACE = 100.0  # five minutes of stable health are three seconds

LANES = 8
# What fails and for how long, in order. The last failure stays, so that something open is compared too.
SCRIPT: list[tuple[list[int], bool]] = [([0], False), ([1, 2, 3, 4], False), ([5], True)]

Facts = set[tuple[str, str, str]]


def _cmdb() -> dict[str, Any]:
    till = {"class": "pos_terminal", "store": "0001", "provides": ["checkout"], "group": "lanes"}
    return {
        "stores": [{"id": "0001", "name": "Kill Street", "region": "north", "agents": ["0001-server"]}],
        "items": [{"id": f"pos-{lane:02d}", **till} for lane in range(LANES)],
    }


def _agent(tills: list[Till]) -> dict[str, Any]:
    return {
        "store": "0001",
        "agent": "0001-server",
        "defaults": {"interval": "1s", "timeout": "500ms", "confirm": 2, "retry": "300ms"},
        "checks": [
            {"ci": f"pos-{lane:02d}", "probe": "tcp", "target": f"127.0.0.1:{till.port}"}
            for lane, till in enumerate(tills)
        ],
    }


def _record(stack: Stack) -> tuple[Facts, str]:
    """{ci, category, open or resolved} and the worst priority that the store ever had."""
    incidents = stack.incidents()
    facts = [
        (one["ci"], one["category"], "resolved" if one["state"] in ("resolved", "closed") else "open")
        for one in incidents
    ]
    still_open = [ci for ci, _, state in facts if state == "open"]
    assert len(still_open) == len(set(still_open)), f"two incidents for one cause: {still_open}"
    return set(facts), min((one["worst_priority"] for one in incidents), default="")


def _kills(chance: random.Random, stack: Stack) -> None:
    """Kills one of the three at a random moment and starts it again within five seconds; once, or twice in a row.

    The failure outlasts the last restart: one that heals before it could be told is history, not an incident (rule 21).
    """
    for _ in range(chance.randint(1, 2)):
        time.sleep(chance.uniform(0.0, 4.0))
        victim = chance.choice(["agent", "broker", "collector"])
        stack.kill(victim)
        time.sleep(chance.uniform(0.0, RESTART_WITHIN - 0.5))
        stack.start(victim)
    time.sleep(OUTLASTS)


def _play(folder: Path, seed: int | None) -> tuple[Facts, str]:
    """The scripted failures, disturbed by kills when there is a seed. The record once nothing changes any more."""
    tills = [Till() for _ in range(LANES)]
    expected_open = {f"0001/pos-{lane:02d}" for lanes, stays in SCRIPT if stays for lane in lanes}
    failed = {f"0001/pos-{lane:02d}" for lanes, _ in SCRIPT for lane in lanes}
    with running(Stack(folder, _cmdb(), _agent(tills), PACE)) as stack:
        until(lambda: _watched(stack), 120, stack)
        for lanes, stays in SCRIPT:
            for lane in lanes:
                tills[lane].off()
            if seed is None:
                time.sleep(OUTLASTS)
            else:
                _kills(random.Random(seed * 100 + lanes[0]), stack)
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
        record = _record(stack)
    for till in tills:
        till.off()
    return record


def _watched(stack: Stack) -> bool:
    return bool(stack.get("/api/v1/stores/0001")["status"] == "ok")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Facts, str]:
    return _play(tmp_path_factory.mktemp("undisturbed"), None)


@pytest.mark.timeout(7200)
@pytest.mark.shows("1", "kill -9 of agent, broker and collector at random moments changes nothing in the record")
def test_kills_change_nothing_in_the_record(
    undisturbed: tuple[Facts, str], tmp_path: Path, figure: Callable[[str], None]
) -> None:
    """Every run ends in the undisturbed one's {ci, category, worst priority in the store, open or resolved}."""
    done = 0

    def one(seed: int) -> tuple[int, tuple[Facts, str]]:
        nonlocal done
        result = _play(tmp_path / str(seed), seed)
        done += 1
        print(f"run {done}/{RUNS} (seed {seed}): {'same' if result == undisturbed else 'DIFFERENT'}", flush=True)
        return seed, result

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        different = {seed: result for seed, result in pool.map(one, range(RUNS)) if result != undisturbed}
    figure(f"{RUNS} runs of {len(SCRIPT)} failures, each with one or two kills in it: {len(different)} differ")
    assert not different, f"undisturbed {undisturbed}\n{different}"
