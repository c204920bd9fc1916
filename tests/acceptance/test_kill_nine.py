"""kill -9 of agent, broker and collector at random moments changes nothing about what was recorded in the end."""

import os
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.acceptance.killing import SCRIPT, Kills, Outcome, play

RUNS = int(os.environ.get("TILLWATCH_KILL_RUNS", "50"))
SIDE_BY_SIDE = int(os.environ.get("TILLWATCH_KILL_SIDE_BY_SIDE", "4"))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return play(tmp_path_factory.mktemp("undisturbed"), None, random.Random(0))[0]


@pytest.mark.timeout(7200)
@pytest.mark.shows("1", "kill -9 of agent, broker and collector at random moments changes nothing in the record")
def test_kills_change_nothing_in_the_record(
    undisturbed: Outcome, tmp_path: Path, figure: Callable[[str], None], progress: Callable[[int, int], None]
) -> None:
    """Every run ends in the undisturbed one's {ci, category, worst priority in the store, open or resolved}."""
    different: dict[int, Outcome] = {}
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        runs = pool.map(lambda seed: play(tmp_path / str(seed), Kills(), random.Random(seed))[0], range(RUNS))
        for seed, outcome in enumerate(runs):
            if outcome != undisturbed:
                different[seed] = outcome
            progress(seed + 1, RUNS)
    figure(f"{RUNS} runs of {len(SCRIPT)} failures, each with one or two kills in it: {len(different)} differ")
    assert not different, f"undisturbed {undisturbed}\n{different}"
