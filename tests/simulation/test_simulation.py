"""Whatever befalls a world, its record is the one that a perfect line would have given."""

import pytest

from tests.simulation import plan, script, verdict, world
from tests.simulation.network import Weather
from tests.simulation.sweep import replay, tried

SEEDS = 300  # `./run simulate` tries as many as one has time for
WRONG_ONCE = [1206, 1357, 1955, 3281, 3905, 4318, 4750, 5099, 6610, 6905, 7929, 9429]  # the product, or the verdict
A_TEST = 20  # worlds; small enough that tests which run side by side share them


@pytest.mark.timeout(600)
@pytest.mark.parametrize("first", range(0, SEEDS, A_TEST))
def test_every_world_agrees_with_the_oracle(first: int) -> None:
    outcomes = [tried(seed) for seed in range(first, first + A_TEST)]
    wrong = [f"{replay(one.seed)}\n   " + "\n   ".join(one.wrong[:5]) for one in outcomes if one.wrong]
    assert not wrong, f"{len(wrong)} of {A_TEST} worlds are wrong:\n" + "\n".join(wrong)


@pytest.mark.parametrize("seed", WRONG_ONCE)
def test_a_world_that_was_wrong_once_stays_right(seed: int) -> None:
    assert tried(seed).wrong == []


def test_a_seed_gives_the_same_world_every_time() -> None:
    """Otherwise the command that replays a failure would replay something else."""
    assert tried(11).story == tried(11).story


def test_a_world_without_faults_has_an_incident_for_every_lasting_failure() -> None:
    """The oracle learns from the agents' logs; this is held against the devices themselves."""
    told = script.written(5)
    books = world.run(5, told, plan.CALM_PLAN)
    assert verdict.wrong(books, told, Weather()) == []
    failed = {one.device for one in told.troubles if one.status.word == "critical" and one.ends - one.begins > 60}
    named = {ci for row in books.incidents for ci in (row.ci, *row.symptoms)}
    assert failed <= named
