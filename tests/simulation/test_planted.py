"""That the oracle can fail: it finds each bug that is planted into the world."""

import pytest

from tests.simulation.planted import BUGS
from tests.simulation.sweep import tried

WITHIN = 60  # seeds


@pytest.mark.timeout(600)
@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found(bug: str) -> None:
    found = next((outcome for seed in range(WITHIN) if (outcome := tried(seed, BUGS[bug])).wrong), None)
    assert found is not None, f"{bug}: not found within {WITHIN} seeds"
    assert "Traceback" not in found.wrong[0], found.wrong[0]
    assert tried(found.seed).wrong == [], "that world is wrong without it"
    print(f"{bug}: seed {found.seed}: {found.wrong[0]}")
