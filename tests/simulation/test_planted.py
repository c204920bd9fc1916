"""That the oracle can fail: it finds each bug that is planted into the world."""

import pytest

from tests.simulation.network import Weather
from tests.simulation.planted import BUGS
from tests.simulation.sweep import tried

WITHIN = 60  # seeds
FIRST = {  # where the search begins, so that a test run is short; docs/reliability.md lists them
    "acknowledged before the commit": 21,
    "a record is deleted on PUBACK": 36,
    "a cumulative ack over backlog": 11,
    "leases by the agent's wall clock": 5,
    "the collector's own pause is silence": 145,
    "the cursor moves outside the transaction": 2,
    "the engine's position moves outside the transaction": 2,
    "no resend while connected": 4,
    "a gap is not declared": 27,
}
STORM = Weather(delay=1.0, lose_up=0.3, lose_down=0.1, twice=0.2, overtake=0.5)
WEATHER = {"a cumulative ack over backlog": STORM}  # where acks seldom have holes, it is seldom wrong


@pytest.mark.timeout(600)
@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found(bug: str) -> None:
    first = FIRST.get(bug, 0)
    seeds, weather = range(first, first + WITHIN), WEATHER.get(bug)
    found = next((outcome for seed in seeds if (outcome := tried(seed, BUGS[bug], weather)).wrong), None)
    assert found is not None, f"{bug}: not found within {WITHIN} seeds"
    assert "Traceback" not in found.wrong[0], found.wrong[0]
    assert tried(found.seed, weather=weather).wrong == [], "that world is wrong without it"
    print(f"{bug}: seed {found.seed}: {found.wrong[0]}")
