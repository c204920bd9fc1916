"""A thousand kill -9 of agent, broker and collector: the same incidents, and every record in the journal once."""

import os
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.acceptance.killing import Kills, Outcome, play
from tests.faults.log_and_journal import differences

KILLS = int(os.environ.get("TILLWATCH_KILLS", "1000"))
SIDE_BY_SIDE = int(os.environ.get("TILLWATCH_KILL_SIDE_BY_SIDE", "4"))
EACH = Kills(least=2, most=6, pause=3.0, restart=3.0)
A_RUN = 9  # kills on the average; the last run ends beyond KILLS
# A store that is not heard for one pulse after its agent's will is unreachable, rightly. Here the chain of kills may
# last longer than that, and the script is about tills: the lease outlasts the kills.
PULSE = "2m"


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return play(tmp_path_factory.mktemp("undisturbed"), None, random.Random(0), PULSE)[0]


@pytest.mark.timeout(14_400)
@pytest.mark.shows("3.1", "kill -9 of agent, broker and collector loses no record and doubles no incident (row 1)")
def test_kills_lose_nothing_and_double_nothing(
    undisturbed: Outcome, tmp_path: Path, figure: Callable[[str], None], progress: Callable[[int, int], None]
) -> None:
    """Every run ends in the undisturbed one's incidents, and the journal holds the agent's log, each record once."""
    kills, records, seed = 0, 0, 0
    wrong: list[str] = []

    def one(seed: int) -> tuple[int, int, list[str]]:
        outcome, killed = play(tmp_path / str(seed), EACH, random.Random(seed), PULSE)
        count, found = differences(tmp_path / str(seed))
        if outcome != undisturbed:
            found.append(f"undisturbed {undisturbed}, now {outcome}")
        return killed, count, [f"seed {seed}: {text}" for text in found]

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        while kills < KILLS:
            runs = min(SIDE_BY_SIDE, max(1, -(-(KILLS - kills) // A_RUN)))
            for killed, count, found in pool.map(one, range(seed, seed + runs)):
                kills, records, wrong = kills + killed, records + count, wrong + found
            seed += runs
            progress(min(kills, KILLS), KILLS)
    figure(f"{kills} kills in {seed} runs, {records} records: {len(wrong)} lost, doubled or with other incidents")
    assert wrong == []
